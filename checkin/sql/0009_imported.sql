-- Rows that a big import stored already lie in a random order, so the hourly shuffle need not move them.
ALTER TABLE person ADD shuffled boolean NOT NULL DEFAULT false;
ALTER TABLE identifier ADD shuffled boolean NOT NULL DEFAULT false;
