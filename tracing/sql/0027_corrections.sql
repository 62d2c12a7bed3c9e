-- Another onset, sample or isolation of a case, whole: what somebody asked for, and who agreed. One that
-- makes the infectious period longer waits for a second account.
CREATE TABLE case_correction (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id bigint NOT NULL REFERENCES case_file,
    onset date,
    sampled date,
    isolated told_at,
    reason text NOT NULL CHECK (reason <> ''),
    asked_by integer NOT NULL,
    asked hour NOT NULL,
    approved boolean, -- null: nobody decided yet
    decided_by integer,
    decided hour,
    answer text NOT NULL DEFAULT '',
    CHECK (num_nonnulls(onset, sampled) >= 1),
    CHECK (num_nulls(approved, decided_by, decided) IN (0, 3))
);
CREATE INDEX case_correction_case ON case_correction (case_id, id);
CREATE UNIQUE INDEX case_correction_waits ON case_correction (case_id) WHERE approved IS NULL;

GRANT SELECT, INSERT, UPDATE ON case_correction TO chot_app;
