-- Registers are asked by jobs, and again until they have answered (expand). A check of somebody who was
-- imported stays as it came: nobody asks about it until the statement is corrected.

ALTER TABLE registration_checks ALTER COLUMN answered_at DROP NOT NULL;
-- When the register is asked next; null if it is not.
ALTER TABLE registration_checks ADD COLUMN ask_at timestamptz;
-- Times it was asked in vain or contradicted, since the statement last changed.
ALTER TABLE registration_checks ADD COLUMN tries smallint NOT NULL DEFAULT 0;

-- Whoever registered by an account has waited for a register ever since.
UPDATE registration_checks c
SET state = 'not_asked', answered_at = NULL, ask_at = c.answered_at
FROM accounts a
WHERE a.person_id = c.person_id AND c.state = 'unavailable';

ALTER TABLE registration_checks
    ADD CONSTRAINT registration_checks_answered_check
        CHECK ((answered_at IS NULL) = (state IN ('not_asked', 'asked'))),
    ADD CONSTRAINT registration_checks_asked_check
        CHECK (ask_at IS NOT NULL OR state NOT IN ('not_asked', 'asked')),
    ADD CONSTRAINT registration_checks_confirmed_check CHECK (ask_at IS NULL OR state <> 'confirmed'),
    ADD CONSTRAINT registration_checks_tries_check CHECK (tries >= 0);
CREATE INDEX registration_checks_ask_at_idx ON registration_checks (ask_at, person_id)
    WHERE ask_at IS NOT NULL;
GRANT UPDATE (ask_at, tries) ON registration_checks TO gelombang_app;

-- Hands of a worker that a job is for: those that wait for other systems never hold up the others.
ALTER TABLE jobs ADD COLUMN lane text NOT NULL DEFAULT 'own';
ALTER TABLE jobs ADD CONSTRAINT jobs_lane_check CHECK (lane IN ('own', 'outside'));
DROP INDEX jobs_run_at_open_idx;
CREATE INDEX jobs_lane_run_at_open_idx ON jobs (lane, run_at, job_id) WHERE state IN ('queued', 'leased');
