-- What people agreed to and declared (expand): the kind, and the version of the words they saw. Rows stay when a consent
-- is withdrawn, so that it can be shown what held when; the serving role writes nothing else of them afterwards.

CREATE TABLE consents (
    account_id uuid NOT NULL REFERENCES accounts,
    kind text NOT NULL,
    version smallint NOT NULL,
    given_at timestamptz NOT NULL,
    withdrawn_at timestamptz,
    CONSTRAINT consents_pkey PRIMARY KEY (account_id, kind, given_at),
    CONSTRAINT consents_kind_check CHECK (
        kind IN ('terms', 'privacy', 'registry_checks', 'photo_and_face', 'truth', 'sms_contact')
    ),
    CONSTRAINT consents_version_check CHECK (version > 0),
    CONSTRAINT consents_withdrawn_check CHECK (withdrawn_at >= given_at),
    -- What somebody was told, or has declared, cannot be taken back.
    CONSTRAINT consents_basis_check CHECK (withdrawn_at IS NULL OR kind NOT IN ('registry_checks', 'truth'))
) WITH (fillfactor = 80);
-- One that holds of each version.
CREATE UNIQUE INDEX consents_held_key ON consents (account_id, kind, version) WHERE withdrawn_at IS NULL;

GRANT SELECT, INSERT ON consents TO gelombang_app;
GRANT UPDATE (withdrawn_at) ON consents TO gelombang_app;
