-- Codes that prove an address or a number, and devices that an account is signed in from (expand). A code itself is
-- sealed among the account's secrets; here is only how often one was sent and tried. The owner is the keyed index of
-- an address, or an account that is signed in: of an address without an account the rows look the same, so that
-- nobody learns which addresses have one.

CREATE TABLE codes (
    owner uuid NOT NULL,
    purpose text NOT NULL,
    account_id uuid REFERENCES accounts ON DELETE CASCADE,
    channel text NOT NULL DEFAULT 'email',
    sent smallint NOT NULL DEFAULT 0,
    tries smallint NOT NULL DEFAULT 0,
    sent_at timestamptz,
    expires_at timestamptz,
    locked_until timestamptz,
    CONSTRAINT codes_pkey PRIMARY KEY (owner, purpose),
    CONSTRAINT codes_purpose_check CHECK (
        purpose IN ('confirm_email', 'sign_in', 'reset_password', 'confirm_phone', 'change_email', 'change_phone')
    ),
    CONSTRAINT codes_channel_check CHECK (channel IN ('email', 'sms')),
    CONSTRAINT codes_sent_check CHECK (sent BETWEEN 0 AND 6 AND (sent = 0) = (sent_at IS NULL)),
    CONSTRAINT codes_tries_check CHECK (tries BETWEEN 0 AND 5 AND (tries = 5) = (locked_until IS NOT NULL)),
    CONSTRAINT codes_expires_check CHECK (expires_at IS NULL OR (expires_at > sent_at AND locked_until IS NULL))
) WITH (fillfactor = 70);
CREATE INDEX codes_account_id_idx ON codes (account_id);

-- A device is known by the keyed index of a random value in its cookie.
CREATE TABLE known_devices (
    device_index uuid NOT NULL,
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    known_at timestamptz NOT NULL,
    used_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    CONSTRAINT known_devices_pkey PRIMARY KEY (account_id, device_index),
    CONSTRAINT known_devices_ends_check CHECK (known_at <= used_at AND used_at < ends_at)
);

-- When a code has come back from the address; null for an account of the API, which asks for none.
ALTER TABLE accounts ADD COLUMN email_confirmed_at timestamptz;

GRANT SELECT, INSERT ON codes TO gelombang_app;
GRANT UPDATE (account_id, channel, sent, tries, sent_at, expires_at, locked_until) ON codes TO gelombang_app;
GRANT SELECT, INSERT, DELETE ON known_devices TO gelombang_app;
GRANT UPDATE (used_at, ends_at) ON known_devices TO gelombang_app;
GRANT UPDATE (email_index, password_hash, email_confirmed_at) ON accounts TO gelombang_app;
