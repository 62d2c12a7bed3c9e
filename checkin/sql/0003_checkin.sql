-- The hot table: facts only, append-only, one row and two index entries a scan, a partition a service day.
-- No person id, no receipt time: a subject is the pseudonym of one person on one day.
CREATE TABLE scan (
    subject uuid NOT NULL,
    at timestamptz(3) NOT NULL,
    venue_id integer NOT NULL,
    zone_id integer,
    checkpoint_id integer,
    way smallint NOT NULL CHECK (way BETWEEN 1 AND 3),
    party smallint NOT NULL CHECK (party BETWEEN 0 AND 20),
    late smallint NOT NULL CHECK (late BETWEEN 0 AND 5), -- class: < 10 min, < 1 h, < 6 h, < 24 h, < 72 h, imported
    source smallint NOT NULL CHECK (source BETWEEN 1 AND 9),
    flags smallint NOT NULL,
    PRIMARY KEY (subject, at, venue_id)
) PARTITION BY RANGE (at);
CREATE INDEX scan_venue_at ON scan (venue_id, at) INCLUDE (subject, way, zone_id);

-- Undo of a scan, a citizen's correction, what an interview finds; same natural key as the scan.
CREATE TABLE amendment (
    subject uuid NOT NULL,
    at timestamptz(3) NOT NULL,
    venue_id integer NOT NULL,
    seq smallint NOT NULL,
    void boolean NOT NULL,
    left_at timestamptz(3),
    by_staff integer, -- null: the citizen
    reason text NOT NULL,
    PRIMARY KEY (subject, at, venue_id, seq),
    CHECK (void OR left_at > at)
);

CREATE TABLE person (
    id person_ref PRIMARY KEY,
    sealed bytea NOT NULL, -- AES-256-GCM, person id as associated data
    key_id smallint NOT NULL,
    birth_year smallint,
    sex smallint CHECK (sex IN (1, 2)), -- 1 male, 2 female; null not told
    area text NOT NULL DEFAULT '',
    guardian_id person_ref REFERENCES person,
    created hour NOT NULL
);
CREATE INDEX person_guardian ON person (guardian_id) WHERE guardian_id IS NOT NULL;

-- kind: 1 phone, 2 cccd, 3 cmnd, 4 passport, 5 bhyt, 6 national qr id, 7 row of an import
CREATE TABLE identifier (
    kind smallint NOT NULL CHECK (kind BETWEEN 1 AND 7),
    hmac bytea NOT NULL,
    person_id person_ref NOT NULL REFERENCES person,
    verified boolean NOT NULL DEFAULT false,
    PRIMARY KEY (kind, hmac, person_id)
);
CREATE INDEX identifier_person ON identifier (person_id);
-- A typed phone never joins an existing person; a document somebody saw, and a row of an import, name one.
CREATE UNIQUE INDEX identifier_verified ON identifier (kind, hmac) WHERE verified AND kind <> 1;

-- The same human being; reversible.
CREATE TABLE person_link (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id person_ref NOT NULL REFERENCES person,
    same_as person_ref NOT NULL REFERENCES person,
    by_staff integer,
    reason text NOT NULL,
    made hour NOT NULL,
    undone hour,
    CHECK (person_id < same_as)
);
CREATE UNIQUE INDEX person_link_live ON person_link (person_id, same_as) WHERE undone IS NULL;
CREATE INDEX person_link_same_as ON person_link (same_as);

CREATE TABLE card (
    hmac bytea PRIMARY KEY,
    person_id person_ref REFERENCES person, -- null: printed, not yet handed out
    revoked hour
);
CREATE INDEX card_person ON card (person_id);

-- Append-only: a correction is a new row. Random id: a sequence would order people within the hour.
CREATE TABLE declaration (
    id bigint PRIMARY KEY,
    person_id person_ref NOT NULL REFERENCES person,
    sealed bytea NOT NULL,
    key_id smallint NOT NULL,
    verdict smallint NOT NULL CHECK (verdict BETWEEN 1 AND 3), -- green, amber, red
    policy text NOT NULL,
    made hour NOT NULL,
    valid_until hour NOT NULL
);
CREATE INDEX declaration_person ON declaration (person_id, made);

-- What the door may know. Own verdict and the authority's hold in separate columns: one never overwrites the other.
-- token_generation: tokens of an older generation are revoked (a time would have to be finer than the hour).
CREATE TABLE standing (
    person_id person_ref PRIMARY KEY REFERENCES person,
    own smallint CHECK (own BETWEEN 1 AND 3),
    own_until hour,
    hold smallint CHECK (hold BETWEEN 2 AND 3),
    hold_until hour,
    hold_case bigint,
    hold_approved_by integer,
    token_generation smallint NOT NULL DEFAULT 0,
    CHECK ((own IS NULL) = (own_until IS NULL)),
    CHECK (hold IS NULL OR (hold_case IS NOT NULL AND hold_approved_by IS NOT NULL))
);

-- A venue's own people stay a shift, not a visitor's typical stay.
CREATE TABLE venue_staff (
    venue_id integer NOT NULL,
    person_id person_ref NOT NULL REFERENCES person,
    shift_minutes smallint NOT NULL CHECK (shift_minutes BETWEEN 1 AND 1440),
    PRIMARY KEY (venue_id, person_id)
);
CREATE INDEX venue_staff_person ON venue_staff (person_id);

GRANT SELECT, INSERT ON scan, amendment, declaration TO chot_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON person, identifier, person_link, card, standing, venue_staff TO chot_app;
GRANT DELETE ON declaration TO chot_app;
