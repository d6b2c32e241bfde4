-- What people counted as in a draw tells of disability among others, and the random bytes open what their entries commit
-- to (expand). Both serve the wave's appeals and audits, and go when these are over; those of an erased person go as soon
-- as the wave is over. As before, each function removes only that, by the server's own clock too.

CREATE INDEX person_identities_erased_idx ON person_identities (person_id) WHERE erased_at IS NOT NULL;

CREATE FUNCTION forget_member_classes(before timestamptz, most integer) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = gelombang, pg_temp SET enable_seqscan = off SET enable_sort = off AS $$
    WITH ended AS (
        SELECT wave, coalesce(settled_at, cancelled_at) < least(before, now() - interval '399 days') AS old
        FROM waves
        WHERE state IN ('settled', 'cancelled')
    ), gone AS (
        DELETE FROM member_classes WHERE ctid = ANY (ARRAY(
            SELECT c.ctid FROM ended e JOIN member_classes c ON c.wave = e.wave
            WHERE e.old
            UNION ALL
            SELECT c.ctid FROM person_identities i CROSS JOIN ended e
            JOIN member_classes c ON c.wave = e.wave AND c.person_id = i.person_id
            WHERE i.erased_at IS NOT NULL AND NOT e.old
            LIMIT least(most, 10000)
        ))
        RETURNING 1
    )
    SELECT count(*) FROM gone
$$;

CREATE FUNCTION forget_roll_commitments(before timestamptz, most integer) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = gelombang, pg_temp SET enable_seqscan = off SET enable_sort = off AS $$
    WITH ended AS (
        SELECT wave, coalesce(settled_at, cancelled_at) < least(before, now() - interval '399 days') AS old
        FROM waves
        WHERE state IN ('settled', 'cancelled')
    ), gone AS (
        DELETE FROM roll_commitments WHERE ctid = ANY (ARRAY(
            SELECT c.ctid FROM ended e JOIN roll_commitments c ON c.wave = e.wave
            WHERE e.old
            UNION ALL
            SELECT c.ctid FROM person_identities i CROSS JOIN ended e
            JOIN roll_commitments c ON c.wave = e.wave AND c.person_id = i.person_id
            WHERE i.erased_at IS NOT NULL AND NOT e.old
            LIMIT least(most, 10000)
        ))
        RETURNING 1
    )
    SELECT count(*) FROM gone
$$;

REVOKE ALL ON FUNCTION forget_member_classes, forget_roll_commitments FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_member_classes, forget_roll_commitments TO gelombang_app;
