-- What outside parties give to the seed of a published wave (selection.md section 5; expand).

-- What each party that the rules name has committed itself to, by its own signature. No row ever changes.
CREATE TABLE contributions (
    wave smallint NOT NULL REFERENCES public_policies,
    name text NOT NULL,
    commitment bytea NOT NULL,
    signature bytea NOT NULL,
    committed_at timestamptz NOT NULL,
    CONSTRAINT contributions_pkey PRIMARY KEY (wave, name),
    CONSTRAINT contributions_commitment_key UNIQUE (wave, name, commitment),
    CONSTRAINT contributions_lengths_check CHECK (length(commitment) = 32 AND length(signature) = 64)
);

-- What was revealed of it: only a value that opens the commitment (T("contrib") || party || value).
CREATE TABLE contribution_reveals (
    wave smallint NOT NULL,
    name text NOT NULL,
    commitment bytea NOT NULL,
    value bytea NOT NULL,
    revealed_at timestamptz NOT NULL,
    CONSTRAINT contribution_reveals_pkey PRIMARY KEY (wave, name),
    CONSTRAINT contribution_reveals_commitment_fkey FOREIGN KEY (wave, name, commitment)
        REFERENCES contributions (wave, name, commitment),
    CONSTRAINT contribution_reveals_value_check CHECK (length(value) = 32),
    CONSTRAINT contribution_reveals_opening_check CHECK (
        commitment = sha256('selection/v1/contrib'::bytea || '\x00'::bytea || convert_to(name, 'UTF8') || value)
    )
);

-- Since when no more is revealed of a wave: what is there then is published.
CREATE TABLE reveals_closed (
    wave smallint NOT NULL REFERENCES public_policies,
    closed_at timestamptz NOT NULL,
    CONSTRAINT reveals_closed_pkey PRIMARY KEY (wave)
);

GRANT SELECT, INSERT ON contributions, contribution_reveals, reveals_closed TO gelombang_app;
