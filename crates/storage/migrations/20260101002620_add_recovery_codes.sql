-- By the code that an administrator keeps on paper, the administrator can propose the replacement of the own lost
-- credential (expand). The code is 128 random bits, so a plain digest of it cannot be guessed back.
CREATE TABLE recovery_codes (
    officer_id uuid PRIMARY KEY REFERENCES officers,
    code_sha256 bytea NOT NULL,
    made_at timestamptz NOT NULL,
    CONSTRAINT recovery_codes_length_check CHECK (length(code_sha256) = 32)
);

-- A code ends with the credential that it was made under.
GRANT SELECT, INSERT, DELETE ON recovery_codes TO gelombang_app;
