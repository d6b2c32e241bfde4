-- People behind records of a draw are opened to auditors by two officers, as often as two agree on it (expand).

ALTER TABLE approvals DROP CONSTRAINT approvals_number_check;
ALTER TABLE approvals ADD CONSTRAINT approvals_number_check CHECK (
    number = 1 OR (number > 1 AND act IN ('empower', 'release_account', 'open_to_auditors'))
);
