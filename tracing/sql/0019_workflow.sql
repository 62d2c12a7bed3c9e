-- What people do about a contact. Rows are only added, an undo is one too; the columns of `contact`
-- say what the rows that nobody took back say, so that lists can be chosen and counted by them. `brief`
-- and `first_run` are of the run (the first that listed them); `given_to` is the area whose tracers
-- work on the contact, '' while nobody's do.
ALTER TABLE contact
    ADD COLUMN brief boolean NOT NULL DEFAULT false,
    ADD COLUMN first_run bigint NOT NULL DEFAULT 0,
    ADD COLUMN given_to text NOT NULL DEFAULT '',
    ADD COLUMN reached boolean NOT NULL DEFAULT false,
    ADD COLUMN tries smallint NOT NULL DEFAULT 0,
    ADD COLUMN test text NOT NULL DEFAULT '' CHECK (test IN ('', 'awaiting', 'positive', 'negative')),
    ADD COLUMN vaccinated boolean; -- null: nobody asked
CREATE INDEX contact_given_to ON contact (given_to text_pattern_ops) WHERE given_to <> '';

CREATE TABLE contact_event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id bigint NOT NULL,
    person_id person_ref NOT NULL,
    act text NOT NULL,
    sealed bytea, -- in words, under the case's key
    undoes bigint UNIQUE REFERENCES contact_event,
    made_by integer NOT NULL,
    made hour NOT NULL,
    FOREIGN KEY (case_id, person_id) REFERENCES contact
);
CREATE INDEX contact_event_contact ON contact_event (case_id, person_id, id);

-- What officers tell each other about a case, sealed under its key. `for_staff`: who takes it over.
CREATE TABLE case_note (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id bigint NOT NULL REFERENCES case_file,
    kind text NOT NULL CHECK (kind IN ('note', 'hand-over', 'closing', 'reopening')),
    sealed bytea NOT NULL,
    for_staff integer,
    made_by integer NOT NULL,
    made hour NOT NULL,
    CHECK ((kind = 'hand-over') = (for_staff IS NOT NULL))
);
CREATE INDEX case_note_case ON case_note (case_id, id);
CREATE INDEX case_note_for ON case_note (for_staff, id) WHERE for_staff IS NOT NULL;

-- The last event, note and run of a case that an officer said to have seen.
CREATE TABLE case_seen (
    case_id bigint NOT NULL REFERENCES case_file,
    staff_id integer NOT NULL,
    event bigint NOT NULL,
    note bigint NOT NULL,
    run bigint NOT NULL,
    PRIMARY KEY (case_id, staff_id)
);

GRANT SELECT, INSERT ON contact_event, case_note TO chot_app;
GRANT SELECT, INSERT, UPDATE ON case_seen TO chot_app;
