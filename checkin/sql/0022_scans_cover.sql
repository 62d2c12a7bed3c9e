-- A trace reads all scans of thousands of subjects, a few each; what it needs of them stands in the
-- key's index, so that none is looked up in the table, whose pages are a day's scans of everybody.
-- On a database in use: this rebuilds the index of every day kept, and nobody scans meanwhile.
ALTER TABLE scan DROP CONSTRAINT scan_pkey,
    ADD PRIMARY KEY (subject, at, venue_id) INCLUDE (zone_id, way, source, flags);
