-- The list of a run in one piece, sealed under the case's key. The order to work it stands in there
-- and nowhere else: it would tell when people scanned. Null: no contact's row rests on it.
ALTER TABLE run ADD COLUMN list bytea;
ALTER TABLE run ALTER COLUMN list SET STORAGE EXTERNAL;
-- What was found about a contact stands in the list of their run; here only of a contact by itself
-- (entered by hand, or listed before runs had such lists).
ALTER TABLE contact ALTER COLUMN sealed DROP NOT NULL;
-- A run goes on beside the request that began it; whoever works on it holds the advisory lock of its
-- case. `tier`, `done`, `total`: how far it is, in days read for a tier. `why`: of a failed one.
ALTER TABLE run ADD COLUMN state text NOT NULL DEFAULT 'done'
        CHECK (state IN ('running', 'done', 'failed', 'cancelled')),
    ADD COLUMN why text NOT NULL DEFAULT '' CHECK (why IN ('', 'error', 'worker-gone')),
    ADD COLUMN tier smallint NOT NULL DEFAULT 0,
    ADD COLUMN done smallint NOT NULL DEFAULT 0,
    ADD COLUMN total smallint NOT NULL DEFAULT 0,
    ALTER COLUMN coverage DROP NOT NULL,
    ALTER COLUMN numbers DROP NOT NULL,
    ADD CHECK (state <> 'done' OR num_nulls(coverage, numbers) = 0),
    ADD CHECK ((state = 'failed') = (why <> ''));
CREATE UNIQUE INDEX run_one_at_a_time ON run (case_id) WHERE state = 'running';
