-- The key under which an account was opened stands by the keyed index of its address, with the account as its answer: an
-- erasure left it, and so which address the account had (expand). The address may have changed since, so it is found by
-- the answer.
CREATE INDEX client_keys_account_open_idx ON client_keys (answer) WHERE act = 'account_open';

CREATE OR REPLACE FUNCTION erase_rows_of_account(account uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = gelombang, pg_temp AS $$
    DELETE FROM notices n USING accounts a
    WHERE a.account_id = account AND a.erased_at IS NOT NULL AND n.account_id = account;
    DELETE FROM sessions s USING accounts a
    WHERE a.account_id = account AND a.erased_at IS NOT NULL AND s.account_id = account;
    DELETE FROM client_keys k USING accounts a
    WHERE a.account_id = account AND a.erased_at IS NOT NULL AND k.actor_id = account;
    DELETE FROM client_keys k USING accounts a
    WHERE a.account_id = account AND a.erased_at IS NOT NULL
      AND k.act = 'account_open' AND k.answer = account::text;
    DELETE FROM statement_tries t USING accounts a
    WHERE a.account_id = account AND a.erased_at IS NOT NULL AND t.holder_id = account;
$$;

DELETE FROM client_keys k USING accounts a
WHERE a.erased_at IS NOT NULL AND k.act = 'account_open' AND k.answer = a.account_id::text;
