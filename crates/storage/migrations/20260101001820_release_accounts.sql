-- Persons whose account two officers have taken away, because somebody else's NIK was registered with it (expand).
-- Until somebody claims the person again, the next account that registers the NIK has it and states it anew; the
-- account that was taken away never has it again.

CREATE TABLE account_releases (
    person_id uuid NOT NULL,
    account_id uuid NOT NULL REFERENCES accounts,
    released_at timestamptz NOT NULL,
    claimed_at timestamptz,
    CONSTRAINT account_releases_pkey PRIMARY KEY (person_id, account_id),
    CONSTRAINT account_releases_claimed_check CHECK (claimed_at >= released_at)
);
CREATE UNIQUE INDEX account_releases_person_id_open_key ON account_releases (person_id) WHERE claimed_at IS NULL;

-- A person may be taken from one account after another.
ALTER TABLE approvals DROP CONSTRAINT approvals_number_check;
ALTER TABLE approvals ADD CONSTRAINT approvals_number_check CHECK (
    number = 1 OR (number > 1 AND act IN ('empower', 'release_account'))
);

GRANT SELECT, INSERT ON account_releases TO gelombang_app;
GRANT UPDATE (claimed_at) ON account_releases TO gelombang_app;
