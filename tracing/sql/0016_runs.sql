-- The list of a run in one piece, sealed under the case's key. The order to work it stands in there
-- and nowhere else: it would tell when people scanned. Null: no contact's row rests on it.
ALTER TABLE run ADD COLUMN list bytea;
ALTER TABLE run ALTER COLUMN list SET STORAGE EXTERNAL;
-- What was found about a contact stands in the list of their run; here only of a contact by itself
-- (entered by hand, or listed before runs had such lists).
ALTER TABLE contact ALTER COLUMN sealed DROP NOT NULL;
