-- What is still to be published of a wave that is over must be as it was decided (expand): classes and commitments stay
-- until the draw is out, and the class of somebody who was granted an appeal until the corrections are. Otherwise as
-- before.

CREATE OR REPLACE FUNCTION forget_member_classes(before timestamptz, most integer) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = gelombang, pg_temp AS $$
    WITH ended AS (
        SELECT w.wave, coalesce(w.settled_at, w.cancelled_at) < least(before, now() - interval '399 days') AS old
        FROM waves w
        WHERE w.state = 'cancelled'
           OR w.state = 'settled'
              AND (NOT EXISTS (SELECT FROM public_policies p WHERE p.wave = w.wave)
                   OR EXISTS (SELECT FROM public_files f WHERE f.wave = w.wave AND f.name = 'result.json'))
    ), unpublished AS (
        SELECT k.wave, k.person_id FROM corrections k JOIN public_policies p ON p.wave = k.wave
        WHERE NOT EXISTS (SELECT FROM public_files f WHERE f.wave = k.wave AND f.name = 'corrections.json')
    ), gone AS (
        DELETE FROM member_classes WHERE ctid = ANY (ARRAY(
            SELECT c.ctid FROM ended e JOIN member_classes c ON c.wave = e.wave
            WHERE e.old AND (c.wave, c.person_id) NOT IN (TABLE unpublished)
            UNION ALL
            SELECT c.ctid FROM person_identities i CROSS JOIN ended e
            JOIN member_classes c ON c.wave = e.wave AND c.person_id = i.person_id
            WHERE i.erased_at IS NOT NULL AND NOT e.old AND (c.wave, c.person_id) NOT IN (TABLE unpublished)
            LIMIT least(most, 10000)
        ))
        RETURNING 1
    )
    SELECT count(*) FROM gone
$$;

CREATE OR REPLACE FUNCTION forget_roll_commitments(before timestamptz, most integer) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = gelombang, pg_temp AS $$
    WITH ended AS (
        SELECT w.wave, coalesce(w.settled_at, w.cancelled_at) < least(before, now() - interval '399 days') AS old
        FROM waves w
        WHERE w.state = 'cancelled'
           OR w.state = 'settled'
              AND (NOT EXISTS (SELECT FROM public_policies p WHERE p.wave = w.wave)
                   OR EXISTS (SELECT FROM public_files f WHERE f.wave = w.wave AND f.name = 'result.json'))
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
