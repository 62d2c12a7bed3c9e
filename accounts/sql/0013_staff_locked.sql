-- Guesses are slowed down in memory, by login and address; nobody is locked out by the guesses of another.
ALTER TABLE staff DROP COLUMN locked_until;
