-- What stays of a case whose file's time was over, so that the audit can still say which one an act was
-- about, and whose area it was in. Nobody can be found by it.
CREATE TABLE case_gone (
    case_id bigint PRIMARY KEY,
    number text NOT NULL,
    area text NOT NULL,
    gone hour NOT NULL
);
CREATE INDEX case_gone_number ON case_gone (number);
GRANT SELECT ON case_gone TO chot_app;
