-- Joins as they come in one by one, as functions that keep the plans of their statements (expand). A statement over
-- lists is planned anew at each call, which for a single join costs more than its rows. The plans are made once a
-- connection and may be made while tables are small, so they must go by indexes whatever the sizes are then.

-- What a join is decided on. A close of the wave and a correction of the person's statement that are under way are
-- waited for (`p_lock_class` and `p_statement_key` name the locks), and each query sees what was committed until then.
-- Small queries by one key each: starting one statement that joins all of them costs more.
-- An unknown wave has no kind; nobody of this id, an erased person, and one whom the asking account (null: none asks)
-- has lost, have no kk_index.
CREATE FUNCTION join_read(
    p_lock_class integer, p_wave smallint, p_count_joins boolean, p_person_id uuid, p_client_key text,
    p_account_id uuid, p_statement_key bigint,
    OUT wave smallint, OUT kind text, OUT policy_id text, OUT opens_at timestamptz, OUT closes_at timestamptz,
    OUT results_at timestamptz, OUT base_seats integer, OUT draw_key bytea, OUT state text, OUT policy_digest bytea,
    OUT state_at timestamptz,
    OUT request_index uuid, OUT answer text, OUT region smallint, OUT sex text, OUT education text, OUT kk_index uuid,
    OUT wrapped_key bytea, OUT sealed bytea, OUT standing bigint, OUT revoked bigint, OUT taken bigint,
    OUT joins_before bigint, OUT withdrawn boolean
)
LANGUAGE plpgsql COST 1 SET enable_seqscan = off AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(p_lock_class, p_wave), pg_advisory_xact_lock_shared(p_statement_key);
    SELECT w.wave, w.kind, w.policy_id, w.opens_at, w.closes_at, w.results_at, w.base_seats, w.draw_key, w.state,
           (SELECT v.digest FROM policy_versions v WHERE v.policy_id = w.policy_id),
           coalesce(w.cancelled_at, w.settled_at, w.appointed_at, w.drawn_at, w.frozen_at, w.closed_at, w.opened_at,
                    w.opens_at)
    INTO wave, kind, policy_id, opens_at, closes_at, results_at, base_seats, draw_key, state, policy_digest, state_at
    FROM waves w
    WHERE w.wave = p_wave;
    SELECT k.request_index, k.answer INTO request_index, answer
    FROM client_keys k
    WHERE k.actor_id = p_person_id AND k.client_key = p_client_key;
    SELECT p.region, p.sex, p.education INTO region, sex, education
    FROM persons p
    WHERE p.person_id = p_person_id;
    SELECT i.kk_index, i.wrapped_key, i.sealed INTO kk_index, wrapped_key, sealed
    FROM person_identities i
    WHERE i.person_id = p_person_id AND i.erased_at IS NULL
      AND (
          p_account_id IS NULL
          OR EXISTS (SELECT FROM accounts h WHERE h.account_id = p_account_id AND h.person_id = p_person_id)
      );
    -- Grants are not held off, so a grant and its place of the family card are seen together or not at all.
    SELECT count(*) FILTER (WHERE b.revoked_at IS NULL), count(*) FILTER (WHERE b.revoked_at IS NOT NULL),
           (SELECT count(*) FROM household_slots s WHERE s.kk_index = join_read.kk_index)
    INTO standing, revoked, taken
    FROM beneficiaries b
    WHERE b.person_id = p_person_id;
    withdrawn := EXISTS (SELECT FROM withdrawals x WHERE x.wave = p_wave AND x.person_id = p_person_id);
    joins_before := 0;
    -- Counting joins opens every partition, so it is left out where the policy has no such rule.
    IF p_count_joins THEN
        SELECT (SELECT count(*) FROM memberships o WHERE o.person_id = p_person_id)
             - (SELECT count(*) FROM withdrawals o WHERE o.person_id = p_person_id)
        INTO joins_before;
    END IF;
END
$$;

-- Writes a join that was decided: the membership with its audit event and receipt, and the answer under the client's
-- key. An answer that is given (`p_answer`) is kept without a membership. True if a membership was added; one that was
-- not was there before.
CREATE FUNCTION join_write(
    p_wave smallint, p_now timestamptz, p_template text, p_subject text, p_channels text[], p_useless_at timestamptz,
    p_urgency text, p_person_id uuid, p_client_key text, p_request_index uuid, p_answer text, p_event_id uuid,
    p_actor text, p_request_id text, p_joined_at timestamptz, p_kk_index uuid, p_sex person_sex,
    p_education education_level, p_region smallint, p_age smallint, p_entry_tag bytea, p_household_tag bytea
) RETURNS boolean
LANGUAGE plpgsql COST 1 SET enable_seqscan = off AS $$
DECLARE
    is_added boolean := false;
    told uuid;
BEGIN
    IF p_answer IS NULL THEN
        INSERT INTO memberships (joined_at, person_id, kk_index, sex, education, wave, region, age, entry_tag,
                                 household_tag)
        VALUES (p_joined_at, p_person_id, p_kk_index, p_sex, p_education, p_wave, p_region, p_age, p_entry_tag,
                p_household_tag)
        ON CONFLICT DO NOTHING;
        is_added := FOUND;
    END IF;
    INSERT INTO client_keys (actor_id, client_key, act, request_index, answer, recorded_at)
    VALUES (p_person_id, p_client_key, 'wave_join', p_request_index,
            coalesce(p_answer, CASE WHEN is_added THEN 'joined' ELSE 'member' END), p_now);
    IF is_added THEN
        INSERT INTO audit_events (event_id, occurred_at, actor, act, subject, from_state, to_state, reason, request_id,
                                  detail)
        VALUES (p_event_id, p_now, p_actor, 'wave_join', 'wave:' || p_wave, NULL, NULL, 'request of the person',
                p_request_id, '{}');
        -- Asked for apart: an insert that adds nothing costs as much as one that does.
        SELECT t.account_id INTO told FROM accounts t WHERE t.person_id = p_person_id;
        IF told IS NOT NULL THEN
            INSERT INTO notices (account_id, template, subject, channel, wave, run_at, useless_at, request_id,
                                 created_at, urgency, person_id)
            SELECT told, p_template, p_subject || ':' || replace(p_person_id::text, '-', ''), c.channel, p_wave, p_now,
                   p_useless_at, p_request_id, p_now, p_urgency, p_person_id
            FROM unnest(p_channels) AS c (channel)
            ON CONFLICT DO NOTHING;
        END IF;
    END IF;
    RETURN is_added;
END
$$;
