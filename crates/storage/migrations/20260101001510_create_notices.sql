-- What accounts are told (expand): an outbox, written in the transaction of the act that causes it. Rows hold
-- nothing personal; address and words are put together when one is sent. Undistributed on Citus, which cannot
-- skip locked rows across shards.

CREATE TABLE notices (
    -- From what makes the notice the one of its act, so that telling twice is the same row, and the id under
    -- which a provider can drop a double.
    notice_id uuid GENERATED ALWAYS AS (
        encode(
            substr(sha256(uuid_send(account_id) || (template || ' ' || subject || ' ' || channel)::bytea), 1, 16),
            'hex'
        )::uuid
    ) STORED,
    account_id uuid NOT NULL,
    template text NOT NULL,
    subject text NOT NULL,
    channel text NOT NULL,
    wave smallint,
    at timestamptz,
    code text,
    state text NOT NULL DEFAULT 'queued',
    run_at timestamptz NOT NULL,
    useless_at timestamptz NOT NULL,
    tries smallint NOT NULL DEFAULT 0,
    leased_by uuid,
    leased_until timestamptz,
    -- Which provider answered last.
    provider text,
    -- A code, never a text from outside.
    fault text,
    -- The request or run that caused it.
    request_id text NOT NULL,
    created_at timestamptz NOT NULL,
    ended_at timestamptz,
    CONSTRAINT notices_pkey PRIMARY KEY (notice_id),
    CONSTRAINT notices_channel_check CHECK (channel IN ('email', 'sms')),
    CONSTRAINT notices_state_check CHECK (
        state IN ('queued', 'sending', 'unknown', 'accepted', 'delivered', 'undeliverable', 'failed')
    ),
    -- Nothing that could be an address, a name or an escape.
    CONSTRAINT notices_words_check CHECK (
        template ~ '^[a-z_]+$' AND subject ~ '^[a-z0-9_:]+$' AND (code IS NULL OR code ~ '^[a-z0-9_:]+$')
        AND (fault IS NULL OR fault ~ '^[a-z_]+$')
    ),
    CONSTRAINT notices_tries_check CHECK (tries >= 0),
    CONSTRAINT notices_lease_check CHECK (
        (leased_by IS NOT NULL) = (state = 'sending') AND (leased_until IS NOT NULL) = (state = 'sending')
    ),
    CONSTRAINT notices_ended_check CHECK (
        (ended_at IS NOT NULL) = (state IN ('accepted', 'delivered', 'undeliverable', 'failed'))
    )
) WITH (fillfactor = 70);

-- What can be claimed, oldest first; a lease that ends finds its notice here too.
CREATE INDEX notices_run_at_open_idx ON notices (channel, run_at, notice_id)
    WHERE state IN ('queued', 'sending', 'unknown');
-- Short texts whose receipt is still to be asked for; run_at is when, and infinity once nobody asks any more.
CREATE INDEX notices_run_at_receipt_idx ON notices (run_at, notice_id) WHERE state = 'accepted' AND channel = 'sms';
CREATE INDEX notices_failed_idx ON notices (ended_at, notice_id) WHERE state = 'failed';

GRANT SELECT, INSERT ON notices TO gelombang_app;
GRANT UPDATE (state, run_at, tries, leased_by, leased_until, provider, fault, ended_at)
    ON notices TO gelombang_app;
