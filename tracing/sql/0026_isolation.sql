-- An officer enters when a contact was isolated, from a case, and takes it back; both stay. Whoever was
-- isolated carries nobody meanwhile, in the trace of any case.
ALTER TABLE isolation ADD COLUMN case_id bigint REFERENCES case_file, ADD COLUMN made_by integer,
    ADD COLUMN made hour, ADD COLUMN taken_back_by integer, ADD COLUMN taken_back hour,
    ADD CHECK ((taken_back IS NULL) = (taken_back_by IS NULL));
CREATE UNIQUE INDEX isolation_once ON isolation (person_id, starts, ends) WHERE taken_back IS NULL;
