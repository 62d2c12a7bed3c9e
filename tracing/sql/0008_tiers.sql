-- How far a run looked: F1 to F`max_tier`.
ALTER TABLE run ADD COLUMN max_tier smallint NOT NULL DEFAULT 1 CHECK (max_tier >= 1);
-- Why a row is no longer on the list: '' while it is.
ALTER TABLE contact ADD COLUMN off_list text NOT NULL DEFAULT '';
