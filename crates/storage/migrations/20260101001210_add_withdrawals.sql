-- Joins taken back (expand). A row of its own: the membership stays on record.

CREATE TABLE withdrawals (
    wave smallint NOT NULL,
    person_id uuid NOT NULL,
    withdrawn_at timestamptz NOT NULL,
    CONSTRAINT withdrawals_pkey PRIMARY KEY (wave, person_id)
);

GRANT SELECT, INSERT ON withdrawals TO gelombang_app;
