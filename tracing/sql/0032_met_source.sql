-- The day a case first met whoever infected it, where that is known: some rules trace cases without
-- symptoms from there. In the file, and in what was asked to be put right.
ALTER TABLE case_file ADD COLUMN met_source date;
ALTER TABLE case_correction ADD COLUMN met_source date;
