-- A notice that is no longer so when its turn comes is not sent and says so (expand).
ALTER TABLE notices DROP CONSTRAINT notices_state_check;
ALTER TABLE notices ADD CONSTRAINT notices_state_check CHECK (
    state IN ('queued', 'sending', 'unknown', 'accepted', 'delivered', 'undeliverable', 'failed', 'void')
);
ALTER TABLE notices DROP CONSTRAINT notices_ended_check;
ALTER TABLE notices ADD CONSTRAINT notices_ended_check CHECK (
    (ended_at IS NOT NULL) = (state IN ('accepted', 'delivered', 'undeliverable', 'failed', 'void'))
);
