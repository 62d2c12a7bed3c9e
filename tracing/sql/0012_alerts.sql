-- Alerts of the desk: scans of people whom a hold turns red. They are read from the scans, so there is
-- no table of them; this one says who saw which. An alert's name is an HMAC of its scan's key: nothing
-- here leads a thief to the scan, nor from the scan to the case and its people.
CREATE TABLE alert_seen (
    alert bytea PRIMARY KEY,
    day date NOT NULL, -- of the scan, with which it goes
    seen_by integer NOT NULL,
    seen hour NOT NULL
);
CREATE INDEX alert_seen_day ON alert_seen (day);

GRANT SELECT, INSERT ON alert_seen TO chot_app;
