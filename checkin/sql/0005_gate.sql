-- Gate devices: paired once by a QR of the venue portal, revocable; they hold no list of people.
SELECT 1;
