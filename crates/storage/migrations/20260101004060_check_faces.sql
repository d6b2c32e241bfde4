-- The face check of an account (expand): whether who sends the picture of her face is who the identity card shows. It
-- comes before there is a person, so it hangs on the account. The pictures lie in account_secrets; that of the face
-- only until there is an answer. No row: no picture of a face was ever sent.

CREATE TABLE face_checks (
    account_id uuid PRIMARY KEY REFERENCES accounts,
    state check_state NOT NULL,
    -- Why it was refuted.
    fault text,
    -- When the picture of the face came that is or was asked about.
    sent_at timestamptz,
    -- When an answer came, or when it was clear that none comes for now.
    answered_at timestamptz,
    -- Times that this picture was asked about in vain.
    silent smallint NOT NULL DEFAULT 0,
    -- Pictures of a face that were sent on one day in Jakarta: so many, and which day.
    sent_count smallint NOT NULL DEFAULT 0,
    sent_on date,
    CONSTRAINT face_checks_fault_check
        CHECK (CASE WHEN state = 'refuted' THEN fault IS NOT NULL AND fault IN ('mismatch', 'unclear', 'no_face')
                    ELSE fault IS NULL END),
    CONSTRAINT face_checks_sent_check CHECK (sent_at IS NOT NULL OR state = 'not_asked'),
    CONSTRAINT face_checks_answered_check
        CHECK (answered_at IS NOT NULL OR state IN ('not_asked', 'asked')),
    CONSTRAINT face_checks_counts_check
        CHECK (silent >= 0 AND sent_count >= 0 AND (sent_count = 0 OR sent_on IS NOT NULL))
);

GRANT SELECT, INSERT, DELETE ON face_checks TO gelombang_app;
GRANT UPDATE (state, fault, sent_at, answered_at, silent, sent_count, sent_on) ON face_checks TO gelombang_app;

-- Faces are compared by hands of their own: not every worker has somebody to ask, and the pictures are large.
ALTER TABLE jobs DROP CONSTRAINT jobs_lane_check;
ALTER TABLE jobs ADD CONSTRAINT jobs_lane_check CHECK (lane IN ('own', 'outside', 'folders', 'faces'));

-- Pictures are forgotten at most so many at a time: that of an identity card once its registration is decided, which is
-- when every register has confirmed; all of them if nobody has registered with them since `before`, and then the check
-- that they were of counts no more.
CREATE FUNCTION forget_account_secrets(before timestamptz, most integer) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = gelombang, pg_temp AS $$
    WITH gone AS (
        DELETE FROM account_secrets WHERE secret_id = ANY (ARRAY(
            SELECT s.secret_id FROM account_secrets s
            JOIN accounts a ON a.account_id = s.account_id
            WHERE s.kind IN ('identity_photo', 'face_photo')
              AND CASE WHEN a.person_id IS NULL THEN s.kept_at < least(before, now() - interval '89 days')
                       ELSE NOT EXISTS (SELECT FROM registration_checks c
                                        WHERE c.person_id = a.person_id AND c.state <> 'confirmed') END
            ORDER BY s.kept_at, s.secret_id
            LIMIT least(most, 10000)
            FOR UPDATE OF s SKIP LOCKED
        ))
        RETURNING account_id
    ),
    too_old AS (
        UPDATE face_checks f SET state = 'expired', fault = NULL
        FROM gone JOIN accounts a ON a.account_id = gone.account_id
        WHERE f.account_id = gone.account_id AND a.person_id IS NULL AND f.state IN ('confirmed', 'refuted')
    )
    SELECT count(*) FROM gone
$$;
REVOKE ALL ON FUNCTION forget_account_secrets FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_account_secrets TO gelombang_app;
