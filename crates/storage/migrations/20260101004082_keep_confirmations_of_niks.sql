-- A NIK that the population register has confirmed stays, also while something else that was corrected is asked about
-- again (expand): a correction of a name sets the check back, so the check alone does not tell any more.

-- The register had confirmed the NIK when something else was corrected.
ALTER TABLE person_identities ADD COLUMN nik_confirmed boolean NOT NULL DEFAULT false;

-- As before, with that.
CREATE OR REPLACE FUNCTION refuse_bound_nik() RETURNS trigger
LANGUAGE plpgsql SET search_path = gelombang, pg_temp AS $$
BEGIN
    IF NEW.person_id <> OLD.person_id
       OR EXISTS (SELECT FROM beneficiaries b WHERE b.person_id = OLD.person_id)
       OR EXISTS (SELECT FROM nik_joins(OLD.person_id))
       OR EXISTS (SELECT FROM person_identities i WHERE i.person_id = OLD.person_id AND i.nik_confirmed)
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

GRANT UPDATE (nik_confirmed) ON person_identities TO gelombang_app;
