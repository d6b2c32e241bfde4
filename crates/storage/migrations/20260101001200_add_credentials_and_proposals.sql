-- Officers who can be told apart by what they hold, their roles, and acts that wait for a second officer
-- (expand). Officers of a replay have no credential and cannot act.

ALTER TABLE officers ADD COLUMN retired_at timestamptz;

CREATE TABLE officer_roles (
    officer_id uuid NOT NULL REFERENCES officers,
    role text NOT NULL,
    granted_at timestamptz NOT NULL,
    CONSTRAINT officer_roles_pkey PRIMARY KEY (officer_id, role),
    CONSTRAINT officer_roles_role_check CHECK (role IN ('administrator', 'policy', 'operator', 'approver'))
);

-- The secret is 256 random bits, so a plain digest of it cannot be guessed back.
CREATE TABLE officer_credentials (
    officer_id uuid NOT NULL REFERENCES officers,
    secret_sha256 bytea NOT NULL,
    issued_at timestamptz NOT NULL,
    ended_at timestamptz,
    CONSTRAINT officer_credentials_pkey PRIMARY KEY (officer_id, secret_sha256),
    CONSTRAINT officer_credentials_length_check CHECK (length(secret_sha256) = 32)
);
CREATE UNIQUE INDEX officer_credentials_officer_id_key ON officer_credentials (officer_id)
    WHERE ended_at IS NULL;

CREATE TABLE proposals (
    proposal_id uuid PRIMARY KEY,
    act text NOT NULL,
    subject text NOT NULL,
    -- What the act is to be done with: counts, ids, digests, names of officers; never data of a citizen.
    parameters jsonb NOT NULL,
    reason text NOT NULL,
    proposed_by uuid NOT NULL REFERENCES officers,
    proposed_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'open',
    decided_by uuid REFERENCES officers,
    decided_at timestamptz,
    decision_reason text,
    CONSTRAINT proposals_reason_check CHECK (length(trim(reason)) > 0),
    CONSTRAINT proposals_state_check CHECK (
        state IN ('open', 'approved', 'rejected', 'withdrawn', 'expired')
    ),
    CONSTRAINT proposals_decided_check CHECK (
        (decided_at IS NULL) = (state = 'open') AND (decision_reason IS NULL) = (state = 'open')
        AND (decided_by IS NULL) = (state IN ('open', 'expired'))
    ),
    CONSTRAINT proposals_two_persons_check CHECK (
        state NOT IN ('approved', 'rejected') OR decided_by <> proposed_by
    )
);
CREATE UNIQUE INDEX proposals_act_subject_open_key ON proposals (act, subject) WHERE state = 'open';

-- What concerns a wave happens once; power is given as often as two agree on it.
ALTER TABLE approvals ADD COLUMN number smallint NOT NULL DEFAULT 1;
ALTER TABLE approvals DROP CONSTRAINT approvals_pkey;
ALTER TABLE approvals ADD CONSTRAINT approvals_pkey PRIMARY KEY (act, subject, number);
ALTER TABLE approvals ADD CONSTRAINT approvals_number_check CHECK (
    number = 1 OR (number > 1 AND act = 'empower')
);

GRANT SELECT, INSERT ON officer_roles, officer_credentials, proposals TO gelombang_app;
GRANT UPDATE (retired_at) ON officers TO gelombang_app;
GRANT UPDATE (ended_at) ON officer_credentials TO gelombang_app;
GRANT UPDATE (state, decided_by, decided_at, decision_reason) ON proposals TO gelombang_app;
