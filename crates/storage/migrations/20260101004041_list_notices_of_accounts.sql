-- What an account was told, newest first (expand).
CREATE INDEX notices_account_id_created_at_idx ON notices (account_id, created_at DESC);
