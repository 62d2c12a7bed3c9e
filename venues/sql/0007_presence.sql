-- Codes on screens, and how full a venue is.
SELECT 1;
