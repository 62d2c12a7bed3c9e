-- How many people a list had when a second account agreed to it: it may not leave with more. Null: not agreed.
ALTER TABLE release ADD COLUMN people integer;

-- Who opens or approves a case is told of others under its laboratory reference.
CREATE INDEX case_file_reference ON case_file (lower(lab_reference));
