-- A second account agrees that a list with names leaves a case, or that an account reads more names than
-- its quota: asked by one, decided by another, with both reasons. No person is named here.
CREATE TABLE release (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id bigint NOT NULL REFERENCES case_file,
    what text NOT NULL, -- a format, or 'more-names'
    purpose text NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    asked_by integer NOT NULL,
    asked_at timestamptz NOT NULL,
    approved boolean, -- null: nobody decided yet
    decided_by integer,
    decided_at timestamptz,
    answer text NOT NULL DEFAULT '', -- what the second person checked, or why not
    used_at timestamptz, -- the first file made of it
    CHECK (num_nulls(approved, decided_by, decided_at) IN (0, 3)),
    CHECK (decided_by <> asked_by), -- a second account
    CHECK (used_at IS NULL OR approved)
);
CREATE INDEX release_case ON release (case_id, id);
CREATE INDEX release_waiting ON release (asked_at) WHERE approved IS NULL;
CREATE INDEX release_more_names ON release (asked_by, decided_at) WHERE approved AND what = 'more-names';

-- The names that an account read one by one: those of a list that was let go say so in their facts.
CREATE INDEX audit_names ON audit (staff_id, at) INCLUDE (about) WHERE act = 'reveal-name' AND facts = '{}';

GRANT SELECT, INSERT, UPDATE ON release TO chot_app;
