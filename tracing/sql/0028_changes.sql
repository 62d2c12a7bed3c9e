-- How often something a trace goes by was changed (points, interviews, isolations, verdicts), and how
-- many of these changes a run knew of: a list is as old as the difference.
ALTER TABLE case_file ADD COLUMN changes integer NOT NULL DEFAULT 0;
ALTER TABLE run ADD COLUMN changes integer NOT NULL DEFAULT 0;
