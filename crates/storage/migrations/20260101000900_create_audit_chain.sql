-- The audit chain: each audit event in one order for ever, under signed checkpoints (expand).

-- Which transaction wrote an event, so that the sealer can tell what no open transaction can still
-- precede. The rows that are there get the number of this migration.
ALTER TABLE audit_events ADD COLUMN transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX audit_events_transaction_id_idx ON audit_events (transaction_id, event_id);

-- A link: position, event, and two digests. No reference to the event: a foreign key would lock rows that
-- writers insert, and the chain must outlive a deleted event to name it.
CREATE TABLE audit_chain (
    position bigint PRIMARY KEY,
    event_id uuid NOT NULL,
    event_digest bytea NOT NULL,
    chain_digest bytea NOT NULL,
    CONSTRAINT audit_chain_event_id_key UNIQUE (event_id),
    CONSTRAINT audit_chain_position_check CHECK (position > 0),
    CONSTRAINT audit_chain_digests_check CHECK (length(event_digest) = 32 AND length(chain_digest) = 32)
);

-- A checkpoint a batch. Every event of a transaction below the horizon is in the chain by then.
CREATE TABLE audit_checkpoints (
    number bigint PRIMARY KEY,
    position bigint NOT NULL,
    chain bytea NOT NULL,
    head bytea NOT NULL,
    horizon xid8 NOT NULL,
    sealed_at timestamptz NOT NULL,
    public_key bytea NOT NULL,
    signature bytea NOT NULL,
    CONSTRAINT audit_checkpoints_position_key UNIQUE (position),
    CONSTRAINT audit_checkpoints_number_check CHECK (number > 0 AND position > 0),
    CONSTRAINT audit_checkpoints_lengths_check CHECK (
        length(chain) = 32 AND length(head) = 32 AND length(public_key) = 32 AND length(signature) = 64
    )
);

GRANT SELECT, INSERT ON audit_chain, audit_checkpoints TO gelombang_app;
-- The number of the transaction is not for the writer to say.
REVOKE INSERT ON audit_events FROM gelombang_app;
GRANT INSERT (
    event_id, occurred_at, actor, act, subject, from_state, to_state, reason, request_id, detail
) ON audit_events TO gelombang_app;
