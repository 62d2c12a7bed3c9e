-- Dated, versioned rules; a list names the policy and version it was made under. Minutes unless said.
CREATE TABLE policy (
    name text NOT NULL,
    version smallint NOT NULL,
    disease text NOT NULL,
    in_force daterange NOT NULL,
    days_before_symptomatic smallint NOT NULL,
    days_before_asymptomatic smallint NOT NULL,
    asymptomatic_from_source boolean NOT NULL,
    days_after smallint, -- end of the period after the anchor where nobody isolated; null = until isolation or now
    min_minutes_masked smallint NOT NULL,
    min_minutes_unmasked smallint NOT NULL,
    metres numeric(3, 1) NOT NULL,
    tail smallint NOT NULL,
    cumulative boolean NOT NULL,
    latency smallint NOT NULL,
    look_back_from smallint NOT NULL, -- days
    look_back_to smallint NOT NULL,
    max_tier smallint NOT NULL,
    source text NOT NULL,
    PRIMARY KEY (name, version)
);

CREATE TABLE quarantine_rule (
    policy text NOT NULL,
    version smallint NOT NULL,
    tier smallint NOT NULL,
    vaccinated boolean NOT NULL,
    days smallint NOT NULL,
    home_days smallint NOT NULL,
    in_force daterange NOT NULL,
    PRIMARY KEY (policy, version, tier, vaccinated),
    FOREIGN KEY (policy, version) REFERENCES policy
);

-- What a case knows of places and paths is sealed under a key of its own and lives as long as the file.
CREATE TABLE case_file (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number text NOT NULL UNIQUE,
    national_number text,
    disease text NOT NULL,
    lab_reference text NOT NULL CHECK (lab_reference <> ''),
    onset date,
    sampled date,
    isolated told_at,
    area text NOT NULL,
    policy text NOT NULL,
    policy_version smallint NOT NULL,
    purpose text NOT NULL,
    person_id person_ref REFERENCES person, -- null: somebody not in the system
    sealed bytea,
    source_case_id bigint REFERENCES case_file,
    status text NOT NULL CHECK (status IN ('opened', 'approved', 'refused', 'closed')),
    opened_by integer, -- null: the operator's command line
    opened hour NOT NULL,
    decided_by integer,
    decided hour,
    closed hour,
    FOREIGN KEY (policy, policy_version) REFERENCES policy,
    CHECK (num_nonnulls(onset, sampled) >= 1),
    CHECK (decided_by IS NULL OR opened_by IS NULL OR decided_by <> opened_by), -- a second account
    CHECK (status <> 'approved' OR decided_by IS NOT NULL)
);
CREATE INDEX case_file_area ON case_file (area text_pattern_ops, id);
CREATE INDEX case_file_person ON case_file (person_id);

-- The other people records under which the same human being is known to this case.
CREATE TABLE case_person (
    case_id bigint NOT NULL REFERENCES case_file,
    person_id person_ref NOT NULL REFERENCES person,
    PRIMARY KEY (case_id, person_id)
);
CREATE INDEX case_person_person ON case_person (person_id);

CREATE TABLE point (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id bigint NOT NULL REFERENCES case_file,
    sealed bytea NOT NULL,
    area text NOT NULL,
    made_by integer,
    made hour NOT NULL
);
CREATE INDEX point_case ON point (case_id);

CREATE TABLE contact (
    case_id bigint NOT NULL REFERENCES case_file,
    person_id person_ref NOT NULL REFERENCES person,
    tier smallint NOT NULL CHECK (tier >= 1),
    state text NOT NULL CHECK (state IN ('candidate', 'confirmed', 'rejected')),
    rank text NOT NULL CHECK (rank IN ('high', 'medium', 'low')),
    listed boolean NOT NULL DEFAULT true, -- false: no longer on the list, kept because people worked on it
    sealed bytea NOT NULL, -- exposures and path, under the case key
    masked boolean, -- from the interview; null = as the venue kind says
    physical boolean,
    relation text,
    tracer integer,
    verifier integer,
    reason text NOT NULL DEFAULT '',
    area text NOT NULL DEFAULT '',
    run_id bigint NOT NULL,
    PRIMARY KEY (case_id, person_id)
);
CREATE INDEX contact_person ON contact (person_id);
CREATE INDEX contact_area ON contact (area text_pattern_ops);

CREATE TABLE isolation (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id person_ref NOT NULL REFERENCES person,
    starts told_at NOT NULL,
    ends told_at NOT NULL,
    place text NOT NULL DEFAULT '',
    order_number text NOT NULL DEFAULT '',
    source text NOT NULL,
    CHECK (ends > starts)
);
CREATE INDEX isolation_person ON isolation (person_id);

CREATE TABLE run (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id bigint NOT NULL REFERENCES case_file,
    policy text NOT NULL,
    policy_version smallint NOT NULL,
    moment timestamptz NOT NULL, -- nothing after it was looked at
    mode text NOT NULL,
    coverage text NOT NULL, -- JSON, no personal data
    numbers text NOT NULL,
    by_staff integer,
    FOREIGN KEY (policy, policy_version) REFERENCES policy
);
CREATE INDEX run_case ON run (case_id, id);

GRANT SELECT ON policy, quarantine_rule TO chot_app;
GRANT INSERT, UPDATE ON policy, quarantine_rule TO chot_app;
GRANT SELECT, INSERT, UPDATE ON case_file, point, contact, isolation, run TO chot_app;
GRANT SELECT, INSERT, DELETE ON case_person TO chot_app;
