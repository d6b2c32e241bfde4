-- The ledger (expand). A transfer debits one account and credits another by the same amount, so a
-- set of books that does not balance cannot be written down. Append-only by the grants below.

CREATE TYPE ledger_account AS ENUM (
    'appropriation', 'programme_fund', 'training_balance', 'job_search_incentive', 'survey_incentive',
    'platform_payable', 'state_treasury'
);
CREATE TYPE transfer_reason AS ENUM (
    'allocation', 'training_commitment', 'incentive_commitment', 'survey_commitment', 'purchase',
    'training_return', 'incentive_return', 'survey_return', 'fund_return'
);

-- The key is made by the caller from the act: a retried posting meets itself. A transfer of no
-- single person carries the nil UUID. Shared accounts are split by wave, personal ones by person.
CREATE TABLE transfers (
    posted_at timestamptz NOT NULL,
    amount_rupiah bigint NOT NULL,
    person_id uuid NOT NULL,
    reason transfer_reason NOT NULL,
    debit ledger_account NOT NULL,
    credit ledger_account NOT NULL,
    wave smallint NOT NULL,
    number smallint NOT NULL,
    CONSTRAINT transfers_pkey PRIMARY KEY (wave, person_id, reason, number),
    CONSTRAINT transfers_amount_check CHECK (amount_rupiah > 0 AND amount_rupiah <= 1000000000000000),
    CONSTRAINT transfers_accounts_check CHECK (debit <> credit),
    CONSTRAINT transfers_number_check CHECK (number >= 1),
    CONSTRAINT transfers_rule_check CHECK (
        CASE reason
            WHEN 'allocation' THEN debit = 'appropriation' AND credit = 'programme_fund'
            WHEN 'training_commitment' THEN debit = 'programme_fund' AND credit = 'training_balance'
            WHEN 'incentive_commitment' THEN debit = 'programme_fund' AND credit = 'job_search_incentive'
            WHEN 'survey_commitment' THEN debit = 'programme_fund' AND credit = 'survey_incentive'
            WHEN 'purchase' THEN debit = 'training_balance' AND credit = 'platform_payable'
            WHEN 'training_return' THEN debit = 'training_balance' AND credit IN ('programme_fund', 'state_treasury')
            WHEN 'incentive_return' THEN debit = 'job_search_incentive' AND credit IN ('programme_fund', 'state_treasury')
            WHEN 'survey_return' THEN debit = 'survey_incentive' AND credit IN ('programme_fund', 'state_treasury')
            WHEN 'fund_return' THEN debit = 'programme_fund' AND credit = 'state_treasury'
        END
    ),
    CONSTRAINT transfers_person_check CHECK (
        (reason IN ('allocation', 'fund_return')) = (person_id = '00000000-0000-0000-0000-000000000000')
    )
) PARTITION BY LIST (wave);

-- Both sides of every transfer, signed: debits positive, credits negative.
CREATE VIEW entries AS
SELECT wave, person_id, reason, number, posted_at, debit AS account, amount_rupiah FROM transfers
UNION ALL
SELECT wave, person_id, reason, number, posted_at, credit AS account, -amount_rupiah FROM transfers;
