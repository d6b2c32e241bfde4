-- Whom a notice is about (expand): two officers can take a person from an account, and then nothing about that person
-- may go there any more, while the account is told of its next one. Null where it is about the account alone, and in
-- what was told before, which goes out as it did.
ALTER TABLE notices ADD COLUMN person_id uuid;
