-- An edition is replaced once, and a listing begins once: of two officers who change the same entry
-- at the same time, one is told to look again.
ALTER TABLE epidemic_area ADD replaces integer UNIQUE REFERENCES epidemic_area;
CREATE UNIQUE INDEX epidemic_area_begins ON epidemic_area (area, since) WHERE replaces IS NULL;

-- What a declaration comes to: dated, and a change is a new version. Hours that a verdict holds;
-- the colour of each answer; the days for which an epidemic area counts after somebody left it.
CREATE TABLE declaration_policy (
    name text NOT NULL CHECK (name <> ''),
    version smallint NOT NULL CHECK (version > 0),
    in_force_from date NOT NULL,
    green_hours smallint NOT NULL CHECK (green_hours BETWEEN 1 AND 672),
    amber_hours smallint NOT NULL CHECK (amber_hours BETWEEN 1 AND 672),
    red_hours smallint NOT NULL CHECK (red_hours BETWEEN 1 AND 672),
    symptoms smallint NOT NULL CHECK (symptoms BETWEEN 1 AND 3),
    met_case smallint NOT NULL CHECK (met_case BETWEEN 1 AND 3),
    met_sick smallint NOT NULL CHECK (met_sick BETWEEN 1 AND 3),
    elsewhere smallint NOT NULL CHECK (elsewhere BETWEEN 1 AND 3), -- an outbreak that is not listed
    area_days smallint NOT NULL CHECK (area_days BETWEEN 1 AND 28),
    source text NOT NULL CHECK (source <> ''),
    made_by integer, -- null: came with the program
    made_at timestamptz NOT NULL,
    PRIMARY KEY (name, version)
);

GRANT SELECT, INSERT ON declaration_policy TO chot_app;
