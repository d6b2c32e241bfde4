-- Addresses of accounts, so that something can be sent to them (expand). Sealed under a key of its own like an
-- identity; equality goes on through the keyed index. An account from before has none.

CREATE TABLE account_contacts (
    account_id uuid PRIMARY KEY REFERENCES accounts,
    language text NOT NULL,
    wrapped_key bytea NOT NULL,
    sealed bytea NOT NULL,
    CONSTRAINT account_contacts_language_check CHECK (language IN ('id', 'en'))
);
-- Sealed bytes do not compress: trying costs time and gains nothing.
ALTER TABLE account_contacts ALTER COLUMN sealed SET STORAGE EXTERNAL;

GRANT SELECT, INSERT, DELETE ON account_contacts TO gelombang_app;
