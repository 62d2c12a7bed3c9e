-- Cards, passes and the authority's entry holds.

-- Who printed a sheet of cards and for which desk: only that desk binds or revokes them.
CREATE TABLE card_batch (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation_id integer,
    venue_id integer,
    area text,
    printed_by integer NOT NULL,
    printed_at timestamptz NOT NULL,
    CHECK (num_nonnulls(organisation_id, venue_id, area) = 1)
);
ALTER TABLE card ADD batch_id integer REFERENCES card_batch, ADD bound hour;

-- A person may not enter: proposed by one account for one person of a confirmed case, approved by another.
-- The reason is sealed like everything that is said of a person; the door sees only the colour in `standing`.
CREATE TABLE entry_hold (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id person_ref NOT NULL REFERENCES person,
    case_id bigint NOT NULL, -- no foreign key: it belongs to a package above
    colour smallint NOT NULL CHECK (colour IN (2, 3)), -- amber, red
    reason text NOT NULL CHECK (reason IN ('confirmed-case', 'close-contact')),
    sealed bytea NOT NULL, -- what the citizen is told beside the reason
    key_id smallint NOT NULL,
    until hour NOT NULL,
    proposed_by integer NOT NULL,
    proposed hour NOT NULL,
    approved boolean, -- null: nobody decided yet
    decided_by integer,
    decided hour,
    ended_by integer,
    ended hour, -- null: lasts until `until`
    CHECK (until > proposed),
    CHECK (num_nulls(approved, decided_by, decided) IN (0, 3)),
    CHECK (decided_by <> proposed_by),
    CHECK (num_nulls(ended, ended_by) IN (0, 2))
);
CREATE INDEX entry_hold_person ON entry_hold (person_id);
CREATE INDEX entry_hold_case ON entry_hold (case_id, id);
CREATE INDEX entry_hold_proposed ON entry_hold (proposed_by, proposed);
CREATE INDEX entry_hold_decided ON entry_hold (decided_by, decided);

-- Which hold stands behind the colour at the door; it stands on every record of the same human being.
ALTER TABLE standing ADD hold_id bigint REFERENCES entry_hold;
CREATE INDEX standing_hold ON standing (hold_id) WHERE hold_id IS NOT NULL;

CREATE TABLE objection (
    id bigint PRIMARY KEY, -- random: a sequence would order the citizens who object
    hold_id bigint NOT NULL REFERENCES entry_hold,
    sealed bytea NOT NULL, -- the citizen's words
    key_id smallint NOT NULL,
    made hour NOT NULL,
    answer bytea, -- sealed too
    answer_key_id smallint,
    upheld boolean, -- the hold was lifted
    answered_by integer,
    answered hour,
    CHECK (num_nulls(answer, answer_key_id, upheld, answered_by, answered) IN (0, 5))
);
CREATE INDEX objection_hold ON objection (hold_id);
CREATE UNIQUE INDEX objection_open ON objection (hold_id) WHERE answered IS NULL;

-- Where an outbreak was and when, as the authority listed it; append-only, the last edition of (area, since) holds.
CREATE TABLE epidemic_area (
    edition integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    area text NOT NULL CHECK (area <> ''),
    since date NOT NULL,
    until date, -- its last day; null: goes on
    verdict smallint NOT NULL CHECK (verdict IN (2, 3)), -- amber, red
    withdrawn boolean NOT NULL,
    source text NOT NULL CHECK (source <> ''), -- the decision it rests on
    listed_by integer NOT NULL,
    listed_at timestamptz NOT NULL,
    CHECK (until >= since)
);

-- What the tracing desk is told of: red people who went in or were turned away. Usual scans leave no entry here.
CREATE INDEX scan_alert ON scan (at, venue_id) INCLUDE (subject, way, flags) WHERE flags & 1 = 1 OR way = 3;

GRANT SELECT, INSERT ON card_batch, epidemic_area TO chot_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON entry_hold, objection TO chot_app;
