-- How many people came where on a day to which nothing is added any more, whoever they are: looking for
-- clusters compares cases with the footfall of their wards. One row of arrays a day, which goes with it.
CREATE TABLE footfall (
    day date PRIMARY KEY,
    venues integer[] NOT NULL,
    zones integer[] NOT NULL, -- 0: of no zone
    people integer[] NOT NULL,
    CHECK (cardinality(venues) = cardinality(zones) AND cardinality(venues) = cardinality(people))
);

GRANT SELECT ON footfall TO chot_app;
