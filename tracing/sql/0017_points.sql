-- A point is sealed whole under its case's key: a ward in the clear would say where somebody was. It
-- is bound to its own number, which is therefore drawn before the row is written.
ALTER TABLE point DROP COLUMN area;
GRANT USAGE ON SEQUENCE point_id_seq TO chot_app;
-- Withdrawn, it counts no more and stays in the file; why is sealed with the rest.
ALTER TABLE point ADD COLUMN voided_by integer, ADD COLUMN voided hour,
    ADD CHECK ((voided IS NULL) = (voided_by IS NULL));
