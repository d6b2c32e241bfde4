-- What people ask of the programme about their data (expand): UU 27/2022 has each answered within 3 x 24 hours. An account
-- that was erased stays as an empty row, which the requests and consents hang on; its address is free again.

CREATE TABLE rights_requests (
    request_id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts,
    kind text NOT NULL,
    state text NOT NULL,
    received_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    -- When an erasure is done, unless it is taken back before.
    run_at timestamptz,
    answered_at timestamptz,
    -- A code, never a text.
    refusal text,
    CONSTRAINT rights_requests_kind_check CHECK (kind IN ('access', 'correction', 'withdrawal', 'erasure')),
    CONSTRAINT rights_requests_state_check CHECK (state IN ('received', 'done', 'refused', 'taken_back')),
    CONSTRAINT rights_requests_due_check CHECK (due_at > received_at),
    CONSTRAINT rights_requests_run_check CHECK (
        (run_at IS NOT NULL) = (kind = 'erasure') AND run_at >= received_at AND run_at < due_at
    ),
    CONSTRAINT rights_requests_answered_check CHECK (
        (answered_at IS NOT NULL) = (state <> 'received') AND answered_at >= received_at
    ),
    CONSTRAINT rights_requests_refusal_check CHECK (
        (refusal IS NOT NULL) = (state = 'refused') AND refusal ~ '^[a-z_]+$'
    )
) WITH (fillfactor = 80);
CREATE INDEX rights_requests_account_id_idx ON rights_requests (account_id, received_at);
CREATE INDEX rights_requests_due_at_open_idx ON rights_requests (due_at) WHERE state = 'received';
-- One that waits of each kind.
CREATE UNIQUE INDEX rights_requests_open_key ON rights_requests (account_id, kind) WHERE state = 'received';

GRANT SELECT, INSERT ON rights_requests TO gelombang_app;
GRANT UPDATE (state, answered_at, refusal) ON rights_requests TO gelombang_app;

ALTER TABLE accounts ADD COLUMN erased_at timestamptz;
ALTER TABLE accounts ADD CONSTRAINT accounts_erased_check CHECK (erased_at IS NULL OR person_id IS NULL);
GRANT UPDATE (erased_at) ON accounts TO gelombang_app;
-- How often codes were sent to an address is forgotten with it.
GRANT DELETE ON codes TO gelombang_app;

-- What happened to somebody's data is told on request; acts of sets, which name nobody, stay out of it.
CREATE INDEX audit_events_subject_idx ON audit_events (subject)
    WHERE subject LIKE 'person:%' OR subject LIKE 'account:%';
