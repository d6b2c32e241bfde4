-- Failed claims of a person are counted apart from what the person tries herself, and up to another bound: all of
-- them up to 100 a day, those from one network up to 25 (expand). A holder is an account, a person, or a keyed digest
-- of a person, or of a person and a network, that cannot be read back.
ALTER TABLE statement_tries DROP CONSTRAINT statement_tries_taken_check;
ALTER TABLE statement_tries ADD CONSTRAINT statement_tries_taken_check CHECK (taken BETWEEN 1 AND 100);
