-- What accounts left and nobody needs any more (expand), by functions of the owner as before: each removes only what is
-- over by the server's own clock too, a day short of what is promised, and a bounded number at once.

-- How codes stood, once they count no more, which is two hours after the last one; and the code itself with where it was
-- to go, which lies sealed. A row without a code was only ever looked at.
CREATE INDEX codes_sent_at_idx ON codes (sent_at);
CREATE FUNCTION forget_codes(before timestamptz, most integer) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = gelombang, pg_temp SET enable_seqscan = off SET enable_sort = off AS $$
    WITH gone AS (
        DELETE FROM codes WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM codes
            WHERE greatest(coalesce(sent_at, '-infinity'), expires_at, locked_until) < least(before, now() - interval '1 day')
            ORDER BY sent_at
            LIMIT least(most, 10000)
            FOR UPDATE SKIP LOCKED
        ))
        RETURNING account_id, purpose
    ),
    sealed AS (
        DELETE FROM account_secrets s USING gone
        WHERE s.account_id = gone.account_id AND s.kind = 'code_' || gone.purpose
    )
    SELECT count(*) FROM gone
$$;

CREATE INDEX account_secrets_kept_at_idx ON account_secrets (kind, kept_at);
CREATE FUNCTION forget_drafts(before timestamptz, most integer) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = gelombang, pg_temp AS $$
    WITH gone AS (
        DELETE FROM account_secrets WHERE secret_id = ANY (ARRAY(
            SELECT s.secret_id FROM account_secrets s
            JOIN accounts a ON a.account_id = s.account_id AND a.person_id IS NULL
            WHERE s.kind = 'draft' AND s.kept_at < least(before, now() - interval '364 days')
            ORDER BY s.kept_at, s.secret_id
            LIMIT least(most, 10000)
            FOR UPDATE OF s SKIP LOCKED
        ))
        RETURNING 1
    )
    SELECT count(*) FROM gone
$$;

CREATE INDEX known_devices_ends_at_idx ON known_devices (ends_at);
CREATE FUNCTION forget_known_devices(before timestamptz, most integer) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = gelombang, pg_temp SET enable_seqscan = off SET enable_sort = off AS $$
    WITH gone AS (
        DELETE FROM known_devices WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM known_devices
            WHERE ends_at < least(before, now() - interval '29 days')
            ORDER BY ends_at
            LIMIT least(most, 10000)
            FOR UPDATE SKIP LOCKED
        ))
        RETURNING 1
    )
    SELECT count(*) FROM gone
$$;

-- The words of both sides; the complaint stays, without them.
CREATE INDEX complaints_answered_at_idx ON complaints (answered_at);
CREATE FUNCTION forget_complaint_texts(before timestamptz, most integer) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = gelombang, pg_temp AS $$
    WITH gone AS (
        DELETE FROM complaint_texts WHERE text_id = ANY (ARRAY(
            SELECT t.text_id FROM complaints c
            JOIN complaint_texts t ON t.complaint_id = c.complaint_id
            WHERE c.answered_at < least(before, now() - interval '1824 days')
            ORDER BY c.answered_at, t.text_id
            LIMIT least(most, 10000)
            FOR UPDATE OF t SKIP LOCKED
        ))
        RETURNING 1
    )
    SELECT count(*) FROM gone
$$;

-- As before, but a registration that is never confirmed keeps no picture for ever either: the time is the same for all.
CREATE OR REPLACE FUNCTION forget_account_secrets(before timestamptz, most integer) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = gelombang, pg_temp AS $$
    WITH gone AS (
        DELETE FROM account_secrets WHERE secret_id = ANY (ARRAY(
            SELECT s.secret_id FROM account_secrets s
            JOIN accounts a ON a.account_id = s.account_id
            WHERE s.kind IN ('identity_photo', 'face_photo')
              AND (s.kept_at < least(before, now() - interval '89 days')
                   OR a.person_id IS NOT NULL
                      AND NOT EXISTS (SELECT FROM registration_checks c
                                      WHERE c.person_id = a.person_id AND c.state <> 'confirmed'))
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

REVOKE ALL ON FUNCTION forget_codes, forget_drafts, forget_known_devices, forget_complaint_texts FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_codes, forget_drafts, forget_known_devices, forget_complaint_texts TO gelombang_app;
