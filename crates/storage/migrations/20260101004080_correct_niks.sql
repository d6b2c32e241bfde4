-- A mistyped NIK is stated anew while nothing rests on it (expand). Entries of a draw are computed from it at the join
-- and opened by it to auditors, grants are made out to it, and what the population register has confirmed is not
-- mistyped; so the rule is held here too.

-- The joins of a person that an entry rests on: not taken back, of a wave whose list is to come or had the person in it,
-- also under a plan that was replaced.
CREATE FUNCTION nik_joins(p_person_id uuid)
RETURNS TABLE (wave smallint, state text, closes_at timestamptz, results_at timestamptz)
LANGUAGE sql STABLE SET search_path = gelombang, pg_temp AS $$
    SELECT w.wave, w.state, w.closes_at, w.results_at
    FROM waves w
    JOIN memberships m ON m.wave = w.wave AND m.person_id = p_person_id
    WHERE NOT EXISTS (SELECT FROM withdrawals x WHERE x.wave = w.wave AND x.person_id = p_person_id)
      AND (
          w.state IN ('open', 'closed', 'frozen', 'drawn')
          OR w.frozen_at IS NOT NULL AND NOT EXISTS (
              SELECT FROM decisions d
              WHERE d.wave = w.wave AND d.person_id = p_person_id AND d.outcome = 'ineligible'
          )
          OR EXISTS (
              SELECT FROM judged_again j
              WHERE j.wave = w.wave AND j.person_id = p_person_id AND j.reason_before IS NULL
          )
      )
$$;

CREATE FUNCTION refuse_bound_nik() RETURNS trigger
LANGUAGE plpgsql SET search_path = gelombang, pg_temp AS $$
BEGIN
    IF NEW.person_id <> OLD.person_id
       OR EXISTS (SELECT FROM beneficiaries b WHERE b.person_id = OLD.person_id)
       OR EXISTS (SELECT FROM nik_joins(OLD.person_id))
       -- No row of the check: it was confirmed.
       OR NOT EXISTS (
           SELECT FROM registration_checks c
           WHERE c.person_id = OLD.person_id AND c.kind = 'population_register' AND c.state <> 'confirmed'
       )
    THEN
        RAISE EXCEPTION 'something rests on the NIK of person %', OLD.person_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'person_niks_bound_check', TABLE = 'person_niks';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER person_niks_bound BEFORE UPDATE ON person_niks FOR EACH ROW EXECUTE FUNCTION refuse_bound_nik();

GRANT UPDATE (nik_index) ON person_niks TO gelombang_app;
