-- Accounts by which people sign in, and their sessions (expand). The address is kept as a keyed index and
-- nowhere in clear; a token is kept as its digest, so that a copy of the database opens no session.

CREATE TABLE accounts (
    account_id uuid PRIMARY KEY,
    email_index uuid NOT NULL,
    person_id uuid,
    password_hash text NOT NULL,
    opened_at timestamptz NOT NULL,
    tries smallint NOT NULL DEFAULT 0,
    locked_until timestamptz,
    CONSTRAINT accounts_email_index_key UNIQUE (email_index),
    CONSTRAINT accounts_person_id_key UNIQUE (person_id),
    CONSTRAINT accounts_password_hash_check CHECK (password_hash LIKE '$argon2id$%'),
    CONSTRAINT accounts_tries_check CHECK (tries BETWEEN 0 AND 5),
    CONSTRAINT accounts_locked_check CHECK ((tries = 5) = (locked_until IS NOT NULL))
) WITH (fillfactor = 80);

CREATE TABLE sessions (
    token_digest bytea PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts,
    opened_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    CONSTRAINT sessions_token_digest_check CHECK (length(token_digest) = 32),
    CONSTRAINT sessions_expires_check CHECK (expires_at > opened_at)
);
CREATE INDEX sessions_account_id_idx ON sessions (account_id);

GRANT SELECT, INSERT ON accounts, sessions TO gelombang_app;
GRANT UPDATE (person_id, tries, locked_until) ON accounts TO gelombang_app;
GRANT UPDATE (revoked_at) ON sessions TO gelombang_app;
