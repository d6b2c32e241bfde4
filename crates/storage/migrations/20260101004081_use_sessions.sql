-- A session that nobody uses ends (expand). Null: not used since it was opened, as far as is written down, which it is
-- every few minutes only.

ALTER TABLE sessions
    ADD COLUMN used_at timestamptz,
    ADD CONSTRAINT sessions_used_check CHECK (used_at > opened_at AND used_at < expires_at);

GRANT UPDATE (used_at) ON sessions TO gelombang_app;
