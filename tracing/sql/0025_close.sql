-- Who counts as a close contact (F1, F2 …): listed with the minimum reached, or confirmed by a verifier
-- whatever a run finds; never who was rejected. Said here once, for counters, clock, lists and files.
ALTER TABLE contact ADD COLUMN close boolean NOT NULL GENERATED ALWAYS AS (
    state = 'confirmed' OR listed AND NOT brief AND state = 'candidate'
) STORED;
