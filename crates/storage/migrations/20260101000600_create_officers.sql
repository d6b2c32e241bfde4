-- Officers, two-person approvals and the audit trail (expand).

CREATE TABLE officers (
    officer_id uuid PRIMARY KEY,
    name text NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT officers_name_key UNIQUE (name)
);

-- What two officers agreed on. The same act on the same subject happens once.
CREATE TABLE approvals (
    act text NOT NULL,
    subject text NOT NULL,
    prepared_by uuid NOT NULL REFERENCES officers,
    approved_by uuid NOT NULL REFERENCES officers,
    reason text NOT NULL,
    approved_at timestamptz NOT NULL,
    CONSTRAINT approvals_pkey PRIMARY KEY (act, subject),
    CONSTRAINT approvals_two_persons_check CHECK (prepared_by <> approved_by),
    CONSTRAINT approvals_reason_check CHECK (length(trim(reason)) > 0)
);

CREATE TABLE audit_events (
    event_id uuid PRIMARY KEY,
    occurred_at timestamptz NOT NULL,
    actor text NOT NULL,
    act text NOT NULL,
    subject text NOT NULL,
    from_state text,
    to_state text,
    reason text NOT NULL,
    request_id text NOT NULL,
    detail jsonb NOT NULL
);

-- The replay that filled this database, so that an interrupted one goes on and another is refused.
CREATE TABLE simulations (
    only_one boolean PRIMARY KEY DEFAULT true,
    parameters jsonb NOT NULL,
    started_at timestamptz NOT NULL,
    finished boolean NOT NULL DEFAULT false,
    CONSTRAINT simulations_only_one_check CHECK (only_one)
);
