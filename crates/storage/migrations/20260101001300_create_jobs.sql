-- The queue of jobs, and how far schedules have been looked at (expand). Undistributed on Citus, which
-- cannot skip locked rows across shards.

CREATE TABLE jobs (
    job_id uuid PRIMARY KEY,
    kind text NOT NULL,
    subject text NOT NULL,
    -- Ids only; never personal data.
    payload jsonb NOT NULL,
    state text NOT NULL DEFAULT 'queued',
    run_at timestamptz NOT NULL,
    attempts smallint NOT NULL DEFAULT 0,
    leased_by uuid,
    leased_until timestamptz,
    -- A code, never a text from outside.
    last_error text,
    -- The request or run that caused the job.
    request_id text NOT NULL,
    created_at timestamptz NOT NULL,
    finished_at timestamptz,
    CONSTRAINT jobs_state_check CHECK (state IN ('queued', 'leased', 'done', 'dead')),
    CONSTRAINT jobs_attempts_check CHECK (attempts >= 0),
    CONSTRAINT jobs_lease_check CHECK (
        (leased_by IS NOT NULL) = (state = 'leased') AND (leased_until IS NOT NULL) = (state = 'leased')
    ),
    CONSTRAINT jobs_finished_check CHECK ((finished_at IS NOT NULL) = (state IN ('done', 'dead'))),
    CONSTRAINT jobs_payload_check CHECK (jsonb_typeof(payload) = 'object')
);

-- A schedule that looks twice enqueues once; a dead job keeps its place until somebody has looked at it.
CREATE UNIQUE INDEX jobs_kind_subject_open_key ON jobs (kind, subject) WHERE state <> 'done';
-- What can be claimed, oldest first. The state is not a condition of the index alone, so that a lease that
-- ends finds the job here too.
CREATE INDEX jobs_run_at_open_idx ON jobs (run_at, job_id) WHERE state IN ('queued', 'leased');
CREATE INDEX jobs_finished_at_idx ON jobs (finished_at, job_id) WHERE state IN ('done', 'dead');

-- Up to which instant schedules were looked at.
CREATE TABLE schedule_marks (
    only_one boolean PRIMARY KEY DEFAULT true,
    looked_at timestamptz NOT NULL,
    CONSTRAINT schedule_marks_only_one_check CHECK (only_one)
);

GRANT SELECT, INSERT, DELETE ON jobs TO gelombang_app;
GRANT UPDATE (state, run_at, attempts, leased_by, leased_until, last_error, finished_at)
    ON jobs TO gelombang_app;
GRANT SELECT, INSERT ON schedule_marks TO gelombang_app;
GRANT UPDATE (looked_at) ON schedule_marks TO gelombang_app;
