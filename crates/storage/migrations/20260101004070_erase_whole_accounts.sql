-- What an erasure takes away beyond the rows that the serving role may delete itself (expand). These functions delete
-- nothing of an account or a person that is not erased, whatever they are asked for.

-- Notices that wait would be sent to nobody, and those that were sent say what was told when; sessions and answers under
-- keys serve nobody who can sign in.
CREATE FUNCTION erase_rows_of_account(account uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = gelombang, pg_temp AS $$
    DELETE FROM notices n USING accounts a
    WHERE a.account_id = account AND a.erased_at IS NOT NULL AND n.account_id = account;
    DELETE FROM sessions s USING accounts a
    WHERE a.account_id = account AND a.erased_at IS NOT NULL AND s.account_id = account;
    DELETE FROM client_keys k USING accounts a
    WHERE a.account_id = account AND a.erased_at IS NOT NULL AND k.actor_id = account;
    DELETE FROM statement_tries t USING accounts a
    WHERE a.account_id = account AND a.erased_at IS NOT NULL AND t.holder_id = account;
$$;

-- What was chosen in the ability test is a likeness of the person; that it was passed stays with the checks.
CREATE FUNCTION erase_rows_of_person(person uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = gelombang, pg_temp AS $$
    DELETE FROM ability_answers WHERE sitting_id IN (
        SELECT s.sitting_id FROM ability_sittings s JOIN person_identities i ON i.person_id = s.person_id
        WHERE s.person_id = person AND i.erased_at IS NOT NULL
    );
    DELETE FROM ability_items WHERE sitting_id IN (
        SELECT s.sitting_id FROM ability_sittings s JOIN person_identities i ON i.person_id = s.person_id
        WHERE s.person_id = person AND i.erased_at IS NOT NULL
    );
    DELETE FROM ability_sittings s USING person_identities i
    WHERE i.person_id = person AND i.erased_at IS NOT NULL AND s.person_id = person;
    DELETE FROM statement_tries t USING person_identities i
    WHERE i.person_id = person AND i.erased_at IS NOT NULL AND t.holder_id = person;
$$;

REVOKE ALL ON FUNCTION erase_rows_of_account, erase_rows_of_person FROM PUBLIC;
GRANT EXECUTE ON FUNCTION erase_rows_of_account, erase_rows_of_person TO gelombang_app;

-- A request that was under way when its account was erased must not leave anything behind either. The lock waits for an
-- erasure that is not committed yet, and reads what it has left.
CREATE FUNCTION refuse_erased_account() RETURNS trigger LANGUAGE plpgsql SET search_path = gelombang, pg_temp AS $$
DECLARE
    gone_at timestamptz;
BEGIN
    SELECT erased_at INTO gone_at FROM accounts WHERE account_id = NEW.account_id FOR KEY SHARE;
    IF gone_at IS NOT NULL THEN
        RAISE EXCEPTION 'account % is erased', NEW.account_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'accounts_erased_stays_empty_check', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER account_contacts_erased BEFORE INSERT ON account_contacts
    FOR EACH ROW EXECUTE FUNCTION refuse_erased_account();
CREATE TRIGGER account_secrets_erased BEFORE INSERT ON account_secrets
    FOR EACH ROW EXECUTE FUNCTION refuse_erased_account();
CREATE TRIGGER codes_erased BEFORE INSERT OR UPDATE OF account_id ON codes
    FOR EACH ROW WHEN (NEW.account_id IS NOT NULL) EXECUTE FUNCTION refuse_erased_account();
CREATE TRIGGER complaints_erased BEFORE INSERT ON complaints
    FOR EACH ROW EXECUTE FUNCTION refuse_erased_account();
CREATE TRIGGER face_checks_erased BEFORE INSERT ON face_checks
    FOR EACH ROW EXECUTE FUNCTION refuse_erased_account();
CREATE TRIGGER known_devices_erased BEFORE INSERT ON known_devices
    FOR EACH ROW EXECUTE FUNCTION refuse_erased_account();
CREATE TRIGGER sessions_erased BEFORE INSERT ON sessions
    FOR EACH ROW EXECUTE FUNCTION refuse_erased_account();
