-- Codes on screens, and how full a venue is.

-- A screen at a door. Its token is stored as an HMAC only; its secret is made from the key directory and its id, so a
-- stolen database shows nobody to be at any door.
CREATE TABLE display (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    checkpoint_id integer NOT NULL REFERENCES checkpoint,
    hmac bytea NOT NULL UNIQUE,
    paired_at timestamptz NOT NULL,
    paired_by integer,
    revoked_at timestamptz -- a scan is judged at its own time, so what the screen showed until then still counts
);
CREATE INDEX display_checkpoint ON display (checkpoint_id, paired_at);

-- From then on a check-in by the bare code of the poster is marked: a photo of it is enough for that one.
ALTER TABLE checkpoint ADD COLUMN presence_since timestamptz;

-- «Crowded, busy, quiet» for everybody: only where the venue is on public lists, too, and wants it.
ALTER TABLE venue ADD COLUMN crowd_shown boolean NOT NULL DEFAULT false;

GRANT SELECT, INSERT, UPDATE ON display TO chot_app;
