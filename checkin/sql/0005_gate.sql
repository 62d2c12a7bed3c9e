-- Gate devices: paired once by a QR of the venue portal, revocable; they hold no list of people.
CREATE TABLE gate_device (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    checkpoint_id integer NOT NULL REFERENCES checkpoint,
    name text NOT NULL CHECK (name <> ''),
    pairing bytea UNIQUE, -- HMAC of the code on the QR; null once it was used
    pairing_until timestamptz NOT NULL,
    made_by integer NOT NULL, -- the account that answers for what this device says
    made_at timestamptz NOT NULL,
    paired_at timestamptz,
    revoked_at timestamptz
);
CREATE INDEX gate_device_checkpoint ON gate_device (checkpoint_id);

-- How many bare numbers (phones, numbers of documents) were typed there that day: anybody can type
-- anybody's and see a colour, so it is limited and kept.
CREATE TABLE gate_typed (
    gate_id integer NOT NULL REFERENCES gate_device,
    day date NOT NULL,
    numbers integer NOT NULL,
    PRIMARY KEY (gate_id, day)
);

GRANT SELECT, INSERT, UPDATE ON gate_device, gate_typed TO chot_app;
