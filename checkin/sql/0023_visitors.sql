-- Who was at a venue, and was seen to leave: a trace sorts out by scans of the venue alone who had left
-- before anybody infectious came, and needs to know who said so, and which scans were amended.
-- On a database in use: this rebuilds an index of every day kept, and nobody scans meanwhile.
DROP INDEX scan_venue_at;
CREATE INDEX scan_venue_at ON scan (venue_id, at) INCLUDE (subject, way, zone_id, source);
CREATE INDEX amendment_venue ON amendment (venue_id, at) INCLUDE (subject);
