-- Cards, passes and the authority's entry holds.
SELECT 1;
