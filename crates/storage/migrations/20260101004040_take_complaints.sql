-- What people write to the programme and what it answers (expand). The words may name anybody, so they stand apart from
-- the state, each under a key of its own: deleting a row erases them and leaves the count of complaints as it was.

CREATE TABLE complaints (
    -- Random and not ordered by time, since its page is named by it.
    complaint_id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts,
    topic text NOT NULL,
    state text NOT NULL DEFAULT 'filed',
    filed_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    taken_at timestamptz,
    answered_at timestamptz,
    closed_at timestamptz,
    CONSTRAINT complaints_topic_check CHECK (topic ~ '^[a-z_]+$'),
    CONSTRAINT complaints_state_check CHECK (state IN ('filed', 'in_progress', 'answered', 'closed')),
    CONSTRAINT complaints_due_check CHECK (due_at > filed_at),
    CONSTRAINT complaints_instants_check CHECK (
        (state <> 'filed' OR taken_at IS NULL)
        AND (state <> 'in_progress' OR taken_at IS NOT NULL)
        AND (answered_at IS NOT NULL) = (state IN ('answered', 'closed'))
        AND (closed_at IS NOT NULL) = (state = 'closed')
        AND taken_at >= filed_at AND answered_at >= filed_at AND closed_at >= answered_at
    )
) WITH (fillfactor = 80);
CREATE INDEX complaints_account_id_idx ON complaints (account_id, filed_at);
CREATE INDEX complaints_due_at_open_idx ON complaints (due_at, complaint_id) WHERE state IN ('filed', 'in_progress');

CREATE TABLE complaint_texts (
    text_id uuid PRIMARY KEY,
    complaint_id uuid NOT NULL REFERENCES complaints,
    part text NOT NULL,
    wrapped_key bytea NOT NULL,
    sealed bytea NOT NULL,
    CONSTRAINT complaint_texts_complaint_id_part_key UNIQUE (complaint_id, part),
    CONSTRAINT complaint_texts_part_check CHECK (part IN ('complaint', 'answer'))
);
-- Sealed bytes do not compress: trying costs time and gains nothing.
ALTER TABLE complaint_texts ALTER COLUMN sealed SET STORAGE EXTERNAL;

GRANT SELECT, INSERT ON complaints TO gelombang_app;
GRANT UPDATE (state, taken_at, answered_at, closed_at) ON complaints TO gelombang_app;
GRANT SELECT, INSERT, DELETE ON complaint_texts TO gelombang_app;
GRANT UPDATE (wrapped_key) ON complaint_texts TO gelombang_app;
