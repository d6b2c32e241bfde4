-- Whom a notice is about (expand): two officers can take a person from an account, and then nothing about that person
-- may go there any more, while the account is told of its next one. Null where it is about the account alone.
ALTER TABLE notices ADD COLUMN person_id uuid;
-- What may still be sent is about the person whom its account has now.
UPDATE notices n
SET person_id = a.person_id
FROM accounts a
WHERE a.account_id = n.account_id
  AND n.state IN ('queued', 'sending', 'unknown', 'failed')
  AND n.template NOT IN ('account_opened', 'sign_in_locked', 'released');
