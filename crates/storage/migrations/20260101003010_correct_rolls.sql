-- The list of a published wave can be corrected while everybody looks at it: each correction is a new plan with a later
-- draw (selection.md sections 3, 4 and 16.8; expand).

-- How often that was done, and the seconds by which it has moved draw and announcement; `results_at` is moved already.
ALTER TABLE waves
    ADD COLUMN corrections smallint NOT NULL DEFAULT 0,
    ADD COLUMN moved_s integer NOT NULL DEFAULT 0,
    ADD CONSTRAINT waves_corrections_check CHECK (
        corrections BETWEEN 0 AND 254 AND moved_s >= 0 AND (corrections > 0) = (moved_s > 0)
    );

-- The plan that a version of list, seats or plan belongs to; every other file is of the first.
ALTER TABLE public_files
    ADD COLUMN plan smallint NOT NULL DEFAULT 1,
    ADD CONSTRAINT public_files_plan_check CHECK (plan >= 1),
    DROP CONSTRAINT public_files_pkey,
    ADD CONSTRAINT public_files_pkey PRIMARY KEY (wave, name, plan, digest);

-- Plans that a correction has replaced, as they were.
CREATE TABLE replaced_plans (
    wave smallint NOT NULL REFERENCES public_policies,
    plan smallint NOT NULL,
    entries integer NOT NULL,
    ineligible integer NOT NULL,
    seats integer NOT NULL,
    unfilled integer NOT NULL,
    digest bytea NOT NULL,
    results_at timestamptz NOT NULL,
    replaced_at timestamptz NOT NULL,
    CONSTRAINT replaced_plans_pkey PRIMARY KEY (wave, plan),
    CONSTRAINT replaced_plans_plan_check CHECK (plan >= 1),
    CONSTRAINT replaced_plans_digest_check CHECK (length(digest) = 32)
);

-- Whom a correction judged again, and the rule that kept each out under the replaced plan and since; null is in the list.
CREATE TABLE judged_again (
    wave smallint NOT NULL,
    plan smallint NOT NULL,
    person_id uuid NOT NULL,
    reason_before text,
    reason_after text,
    CONSTRAINT judged_again_pkey PRIMARY KEY (wave, plan, person_id),
    CONSTRAINT judged_again_plan_fkey FOREIGN KEY (wave, plan) REFERENCES replaced_plans
);

-- Plans follow each other one by one, between freeze and draw, and the plan before is kept.
CREATE FUNCTION refuse_skipped_plan() RETURNS trigger
LANGUAGE plpgsql SET search_path = gelombang, pg_temp AS $$
BEGIN
    IF NEW.corrections <> OLD.corrections + 1 OR OLD.state <> 'frozen' OR NEW.state <> 'frozen'
       OR NOT EXISTS (SELECT FROM replaced_plans p WHERE p.wave = OLD.wave AND p.plan = NEW.corrections)
    THEN
        RAISE EXCEPTION 'wave % cannot have plan % now', OLD.wave, NEW.corrections + 1
            USING ERRCODE = 'check_violation', CONSTRAINT = 'waves_corrections_step_check', TABLE = 'waves';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER waves_corrections_step BEFORE UPDATE ON waves
    FOR EACH ROW
    WHEN (NEW.corrections IS DISTINCT FROM OLD.corrections OR NEW.moved_s IS DISTINCT FROM OLD.moved_s)
    EXECUTE FUNCTION refuse_skipped_plan();

-- A list that was drawn is the same for ever.
CREATE FUNCTION refuse_drawn_roll() RETURNS trigger
LANGUAGE plpgsql SET search_path = gelombang, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM draws d WHERE d.wave = OLD.wave) THEN
        RAISE EXCEPTION 'the list of wave % is drawn', OLD.wave
            USING ERRCODE = 'check_violation', CONSTRAINT = 'rolls_undrawn_check', TABLE = 'rolls';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER rolls_undrawn BEFORE UPDATE ON rolls FOR EACH ROW EXECUTE FUNCTION refuse_drawn_roll();

-- Nothing is drawn before the instant that the calendar and the corrections fix: half way between close and announcement
-- as planned, and so much later, which is (closes + results + moved) / 2. Half a microsecond is cut off.
CREATE FUNCTION refuse_early_draw() RETURNS trigger
LANGUAGE plpgsql SET search_path = gelombang, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM waves w
        WHERE w.wave = NEW.wave
          AND 2 * extract(epoch FROM NEW.drawn_at) + 0.000001
              < extract(epoch FROM w.closes_at) + extract(epoch FROM w.results_at) + w.moved_s
    ) THEN
        RAISE EXCEPTION 'wave % cannot be drawn yet', NEW.wave
            USING ERRCODE = 'check_violation', CONSTRAINT = 'draws_time_check', TABLE = 'draws';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER draws_time BEFORE INSERT ON draws FOR EACH ROW EXECUTE FUNCTION refuse_early_draw();

-- Puts plan `p_plan` in the place of the one before: keeps that one's figures, moves draw and announcement, writes the
-- decisions of those judged again (`p_reasons` beside `p_persons`; null is in the list), and takes away what the caller
-- then writes anew: classes of those persons, commitments of entries that change (`p_changed`), places of family cards
-- (`p_cards`), the quota table and the seats that nobody can take. The serving role may change none of these by itself.
-- What the published rules say of number and time of a plan, the approval of two officers, and how many members are
-- judged are held to here again.
CREATE FUNCTION replace_plan(
    p_wave smallint, p_plan smallint, p_moved_s integer, p_entries integer, p_digest bytea, p_persons uuid[],
    p_reasons text[], p_changed uuid[], p_cards uuid[], p_now timestamptz
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = gelombang, pg_temp AS $$
DECLARE
    held waves;
    rules jsonb;
BEGIN
    SELECT * INTO held FROM waves w WHERE w.wave = p_wave FOR UPDATE;
    SELECT convert_from(p.document, 'UTF8')::jsonb INTO rules FROM public_policies p WHERE p.wave = p_wave;
    IF (held.state = 'frozen' AND p_plan = held.corrections + 2
        AND p_plan <= (rules ->> 'max_corrections')::integer + 1
        AND p_moved_s = (p_plan - 1) * (rules ->> 'correction_shift')::bigint
        AND extract(epoch FROM p_now)
            < (rules -> 'times' ->> 't4')::bigint + held.moved_s - (rules ->> 'margin')::bigint
        AND EXISTS (
            SELECT FROM public_files f WHERE f.wave = p_wave AND f.name = 'plan.json' AND f.plan = p_plan - 1
        )
        AND EXISTS (
            SELECT FROM approvals a
            WHERE a.act = 'correct_roll' AND a.subject = 'plan:' || p_wave || ':' || p_plan
        )
        AND cardinality(p_persons) BETWEEN 1 AND 1000
        AND NOT EXISTS (
            SELECT FROM unnest(p_persons) AS n (person_id)
            WHERE NOT EXISTS (
                SELECT FROM memberships m WHERE m.wave = p_wave AND m.person_id = n.person_id
            )
        )) IS NOT TRUE
    THEN
        RAISE EXCEPTION 'wave % cannot have plan % now', p_wave, p_plan
            USING ERRCODE = 'check_violation', CONSTRAINT = 'replaced_plans_rules_check', TABLE = 'replaced_plans';
    END IF;

    INSERT INTO replaced_plans (wave, plan, entries, ineligible, seats, unfilled, digest, results_at, replaced_at)
    SELECT p_wave, p_plan - 1, r.entries,
           (SELECT count(*) FROM decisions d WHERE d.wave = p_wave AND d.outcome = 'ineligible'),
           coalesce(q.seats, 0), coalesce(q.unfilled, 0), r.digest, held.results_at, p_now
    FROM rolls r
    CROSS JOIN (SELECT sum(seats) AS seats, sum(unfilled) AS unfilled FROM quotas WHERE wave = p_wave) q
    WHERE r.wave = p_wave;
    INSERT INTO judged_again (wave, plan, person_id, reason_before, reason_after)
    SELECT p_wave, p_plan - 1, n.person_id, d.reason, n.reason
    FROM unnest(p_persons, p_reasons) AS n (person_id, reason)
    LEFT JOIN decisions d ON d.wave = p_wave AND d.person_id = n.person_id;
    DELETE FROM decisions d
    USING judged_again j
    WHERE (j.wave, j.plan) = (p_wave, p_plan - 1) AND (d.wave, d.person_id) = (p_wave, j.person_id)
      AND d.outcome = 'ineligible' AND j.reason_after IS DISTINCT FROM d.reason;
    INSERT INTO decisions (decided_at, person_id, outcome, wave, reason)
    SELECT p_now, j.person_id, 'ineligible', p_wave, j.reason_after
    FROM judged_again j
    WHERE (j.wave, j.plan) = (p_wave, p_plan - 1) AND j.reason_after IS DISTINCT FROM j.reason_before
      AND j.reason_after IS NOT NULL;

    DELETE FROM member_classes WHERE wave = p_wave AND person_id = ANY (p_persons);
    DELETE FROM roll_commitments WHERE wave = p_wave AND person_id = ANY (p_changed);
    DELETE FROM roll_places WHERE wave = p_wave AND kk_index = ANY (p_cards);
    DELETE FROM quota_national WHERE wave = p_wave;
    DELETE FROM quota_guarantees WHERE wave = p_wave;
    DELETE FROM quota_pools WHERE wave = p_wave;
    DELETE FROM quotas WHERE wave = p_wave;
    DELETE FROM quota_classes WHERE wave = p_wave;
    -- No other wave is frozen while this one waits for its decree, so none has taken them.
    DELETE FROM seat_pool WHERE wave = p_wave AND cause = 'unfilled' AND reused_by IS NULL AND returned_at IS NULL;

    UPDATE rolls SET entries = p_entries, digest = p_digest WHERE wave = p_wave;
    UPDATE waves
    SET corrections = p_plan - 1, moved_s = p_moved_s,
        results_at = results_at + (p_moved_s - held.moved_s) * interval '1 second'
    WHERE wave = p_wave;
END
$$;

REVOKE ALL ON FUNCTION replace_plan FROM PUBLIC;
GRANT EXECUTE ON FUNCTION replace_plan TO gelombang_app;
GRANT SELECT ON replaced_plans, judged_again TO gelombang_app;
