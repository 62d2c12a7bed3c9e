-- How many documents an account of a card desk gave out cards to under another name than the record's,
-- that day: anybody's number can be typed there with a name that is tried, so it is limited and kept.
CREATE TABLE desk_typed (
    staff_id integer NOT NULL REFERENCES staff,
    day date NOT NULL,
    numbers integer NOT NULL,
    PRIMARY KEY (staff_id, day)
);
GRANT SELECT, INSERT, UPDATE ON desk_typed TO chot_app;
