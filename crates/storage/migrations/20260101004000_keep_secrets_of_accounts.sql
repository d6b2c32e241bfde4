-- What an account gives before or beside a registration (expand): a draft, a number, a photo. Each is sealed under a key
-- of its own, as identities are, so deleting the row erases it.

CREATE TABLE account_secrets (
    secret_id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts,
    kind text NOT NULL,
    wrapped_key bytea NOT NULL,
    sealed bytea NOT NULL,
    kept_at timestamptz NOT NULL,
    CONSTRAINT account_secrets_account_id_kind_key UNIQUE (account_id, kind),
    CONSTRAINT account_secrets_kind_check CHECK (kind ~ '^[a-z_]+$')
) WITH (fillfactor = 70);
-- Sealed bytes do not compress: trying costs time and gains nothing.
ALTER TABLE account_secrets ALTER COLUMN sealed SET STORAGE EXTERNAL;

GRANT SELECT, INSERT, DELETE ON account_secrets TO gelombang_app;
GRANT UPDATE (secret_id, wrapped_key, sealed, kept_at) ON account_secrets TO gelombang_app;
