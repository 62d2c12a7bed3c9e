-- A person in the vault: random, 63 bits, never a sequence (a sequence would tell the order of sign-ups).
CREATE DOMAIN person_ref AS bigint CHECK (VALUE > 0);

-- The only clock that may stand beside a person: finer times could be matched with those of `scan`.
CREATE DOMAIN hour AS timestamptz(0) CHECK (date_trunc('hour', VALUE, 'UTC') = VALUE);

-- A time an officer was told (an isolation began at 14:30), to the minute; no device acted at it.
CREATE DOMAIN told_at AS timestamptz(0) CHECK (date_trunc('minute', VALUE, 'UTC') = VALUE);

CREATE TABLE staff (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    login text NOT NULL UNIQUE CHECK (login = lower(login)),
    name text NOT NULL,
    password text NOT NULL,
    language text NOT NULL DEFAULT 'vi' CHECK (language IN ('vi', 'en')),
    demo boolean NOT NULL DEFAULT false,
    failures smallint NOT NULL DEFAULT 0,
    locked_until timestamptz,
    created_at timestamptz NOT NULL,
    disabled_at timestamptz
);

-- A role in exactly one scope. Ids of organisations and venues carry no foreign key: they belong to a package above.
-- An area is a path ('2021/92/'); the whole country is the empty path.
CREATE TABLE staff_grant (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    staff_id integer NOT NULL REFERENCES staff,
    role text NOT NULL CHECK (role IN ('venue_staff', 'coordinator', 'investigator', 'tracer', 'verifier', 'auditor', 'admin')),
    organisation_id integer,
    venue_id integer,
    area text,
    granted_by integer REFERENCES staff,
    granted_at timestamptz NOT NULL,
    revoked_at timestamptz,
    CHECK (num_nonnulls(organisation_id, venue_id, area) = 1)
);
CREATE INDEX staff_grant_staff ON staff_grant (staff_id) WHERE revoked_at IS NULL;

-- The token itself is never stored, only its HMAC.
CREATE TABLE session (
    hmac bytea PRIMARY KEY,
    staff_id integer NOT NULL REFERENCES staff,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE INDEX session_staff ON session (staff_id);

-- Chain-ready: each row's MAC covers the previous one's, so a removed or changed row is found.
-- `about` is an HMAC of the person, so the audit outlives the vault without personal data.
CREATE TABLE audit (
    seq bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    staff_id integer,
    act text NOT NULL,
    purpose text,
    case_id bigint,
    about bytea,
    facts text NOT NULL DEFAULT '{}',
    previous bytea NOT NULL,
    mac bytea NOT NULL
);
CREATE INDEX audit_case ON audit (case_id, seq);
CREATE INDEX audit_about ON audit (about, seq) WHERE about IS NOT NULL;

-- One row; its lock orders the chain.
CREATE TABLE audit_head (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    seq bigint NOT NULL,
    mac bytea NOT NULL
);
INSERT INTO audit_head (seq, mac) VALUES (0, '\x');

GRANT SELECT, INSERT, UPDATE ON staff, staff_grant, session TO chot_app;
GRANT DELETE ON session TO chot_app;
GRANT SELECT, INSERT ON audit TO chot_app;
GRANT SELECT, UPDATE ON audit_head TO chot_app;
