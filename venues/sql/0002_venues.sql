CREATE TABLE organisation (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (name <> ''),
    created_at timestamptz NOT NULL
);

-- Minutes a person usually stays; whether masks come off there; whether it is indoors; whether it is small enough
-- that everyone inside shares the same air. Chosen for tracing, editable.
CREATE TABLE venue_kind (
    kind text PRIMARY KEY,
    typical_stay smallint NOT NULL CHECK (typical_stay BETWEEN 1 AND 720),
    masks_off boolean NOT NULL,
    indoor boolean NOT NULL,
    small boolean NOT NULL
);
INSERT INTO venue_kind (kind, typical_stay, masks_off, indoor, small) VALUES
    ('market', 45, false, false, false), ('supermarket', 40, false, true, false), ('convenience', 10, false, true, true),
    ('restaurant', 60, true, true, false), ('cafe', 60, true, true, true), ('bar', 120, true, true, true),
    ('karaoke', 120, true, true, true), ('office', 480, false, true, false), ('factory', 540, false, true, false),
    ('school', 300, false, true, false), ('hospital', 120, false, true, false), ('clinic', 45, false, true, true),
    ('pharmacy', 10, false, true, true), ('bank', 25, false, true, false), ('government', 45, false, true, false),
    ('worship', 60, false, true, false), ('gym', 90, true, true, false), ('cinema', 120, false, true, false),
    ('hotel', 600, true, true, false), ('transport_hub', 40, false, true, false), ('salon', 60, true, true, true),
    ('park', 60, false, false, false), ('residence', 600, true, true, true), ('event', 150, false, true, false),
    ('other', 60, false, true, false);

CREATE TABLE venue (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation_id integer NOT NULL REFERENCES organisation,
    name text NOT NULL CHECK (name <> ''),
    kind text NOT NULL REFERENCES venue_kind,
    address text NOT NULL,
    area text NOT NULL DEFAULT '', -- path of the ward in its unit system; '' = not known
    latitude double precision CHECK (latitude BETWEEN -90 AND 90),
    longitude double precision CHECK (longitude BETWEEN -180 AND 180),
    opening text NOT NULL DEFAULT '', -- '08:00-22:00', may pass midnight; '' = not known
    indoor boolean, -- these four: null = as its kind
    masks_off boolean,
    small boolean,
    typical_stay smallint CHECK (typical_stay BETWEEN 1 AND 720),
    area_m2 integer CHECK (area_m2 > 0),
    capacity integer CHECK (capacity > 0),
    listed boolean NOT NULL DEFAULT false, -- shelters exist: no public list unless the venue wants one
    demands_declaration boolean NOT NULL DEFAULT false,
    contact_name text NOT NULL DEFAULT '',
    contact_phone text NOT NULL DEFAULT '',
    natural_key text NOT NULL, -- folded name and address as registered: an import run twice finds its rows
    search text NOT NULL DEFAULT '', -- name, address and organisation in plain letters, for people who type without marks
    created_at timestamptz NOT NULL,
    closed_at timestamptz,
    UNIQUE (organisation_id, natural_key),
    CHECK ((latitude IS NULL) = (longitude IS NULL))
);
CREATE INDEX venue_area ON venue (area text_pattern_ops);
CREATE INDEX venue_name ON venue (lower(name), id);

CREATE TABLE zone (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    venue_id integer NOT NULL REFERENCES venue,
    name text NOT NULL CHECK (name <> ''),
    UNIQUE (venue_id, name),
    UNIQUE (venue_id, id)
);

-- Direction and zone never change: a moved door is closed and made anew, so old scans keep their meaning.
CREATE TABLE checkpoint (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    venue_id integer NOT NULL REFERENCES venue,
    zone_id integer,
    name text NOT NULL CHECK (name <> ''),
    direction text NOT NULL CHECK (direction IN ('in', 'out', 'both')),
    created_at timestamptz NOT NULL,
    closed_at timestamptz,
    FOREIGN KEY (venue_id, zone_id) REFERENCES zone (venue_id, id)
);
CREATE INDEX checkpoint_venue ON checkpoint (venue_id);
-- Two doors of one name cannot be told apart on a list; a closed one frees its name.
CREATE UNIQUE INDEX checkpoint_name ON checkpoint (venue_id, name) WHERE closed_at IS NULL;

CREATE TABLE code (
    code text PRIMARY KEY CHECK (code ~ '^[0-9A-HJKMNP-TV-Z]{13}$'),
    checkpoint_id integer NOT NULL REFERENCES checkpoint,
    valid_from timestamptz NOT NULL,
    valid_to timestamptz, -- a scan is judged at its own time, so a late upload of an old poster still counts
    reason text NOT NULL DEFAULT '', -- why it was replaced
    issued_by integer,
    CHECK (valid_to IS NULL OR valid_to >= valid_from)
);
CREATE UNIQUE INDEX code_live ON code (checkpoint_id) WHERE valid_to IS NULL;
CREATE INDEX code_checkpoint ON code (checkpoint_id);

CREATE TABLE print_log (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL REFERENCES code,
    staff_id integer,
    at timestamptz NOT NULL,
    format text NOT NULL,
    language text NOT NULL
);
CREATE INDEX print_log_code ON print_log (code, at);

GRANT SELECT ON venue_kind TO chot_app;
GRANT SELECT, INSERT, UPDATE ON organisation, venue, zone, checkpoint, code TO chot_app;
GRANT SELECT, INSERT ON print_log TO chot_app;
