-- Notices to a whole wave must not delay those that answer one person (expand). What waits already, and what a program
-- of the version before adds, goes in its order as before.
ALTER TABLE notices ADD COLUMN urgency text NOT NULL DEFAULT 'bulk';
ALTER TABLE notices ADD CONSTRAINT notices_urgency_check CHECK (urgency IN ('urgent', 'prompt', 'bulk'));
CREATE INDEX notices_urgency_run_at_open_idx ON notices (channel, urgency, run_at, notice_id)
    WHERE state IN ('queued', 'sending', 'unknown');
DROP INDEX notices_run_at_open_idx;
