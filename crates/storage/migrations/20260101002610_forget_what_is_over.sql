-- What is over and old is removed by a daily job (expand). The serving role gets no right to delete from these tables:
-- each function removes only rows that are over by the server's own clock too, whatever instant it is given, and at most
-- so many at once. Its plans are made without knowing the bound, so they are told to go by the indexes.

-- The oldest first, so that each batch finds its rows at one end. None of these columns changes after the insert, save
-- that of tries, which are rare, and of proposals, which are few and have no index.
CREATE INDEX notices_created_at_idx ON notices (created_at);
CREATE INDEX sessions_expires_at_idx ON sessions (expires_at);
CREATE INDEX client_keys_recorded_at_idx ON client_keys (recorded_at);
CREATE INDEX statement_tries_since_idx ON statement_tries (since);

CREATE FUNCTION forget_notices(before timestamptz, most integer) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = gelombang, pg_temp SET enable_seqscan = off SET enable_sort = off AS $$
    WITH gone AS (
        DELETE FROM notices WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM notices
            WHERE created_at < least(before, now() - interval '30 days') AND useless_at < before
              AND coalesce(ended_at, useless_at) < before AND state <> 'sending'
            ORDER BY created_at
            LIMIT most
            FOR UPDATE SKIP LOCKED
        ))
        RETURNING 1
    )
    SELECT count(*) FROM gone
$$;

CREATE FUNCTION forget_sessions(before timestamptz, most integer) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = gelombang, pg_temp SET enable_seqscan = off SET enable_sort = off AS $$
    WITH gone AS (
        DELETE FROM sessions WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM sessions
            WHERE expires_at < least(before, now())
            ORDER BY expires_at
            LIMIT most
            FOR UPDATE SKIP LOCKED
        ))
        RETURNING 1
    )
    SELECT count(*) FROM gone
$$;

CREATE FUNCTION forget_client_keys(before timestamptz, most integer) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = gelombang, pg_temp SET enable_seqscan = off SET enable_sort = off AS $$
    WITH gone AS (
        DELETE FROM client_keys WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM client_keys
            WHERE recorded_at < least(before, now() - interval '30 days')
            ORDER BY recorded_at
            LIMIT most
            FOR UPDATE SKIP LOCKED
        ))
        RETURNING 1
    )
    SELECT count(*) FROM gone
$$;

CREATE FUNCTION forget_proposals(before timestamptz, most integer) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = gelombang, pg_temp SET enable_seqscan = off SET enable_sort = off AS $$
    WITH gone AS (
        DELETE FROM proposals WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM proposals
            WHERE state <> 'open' AND decided_at < before
            ORDER BY decided_at
            LIMIT most
            FOR UPDATE SKIP LOCKED
        ))
        RETURNING 1
    )
    SELECT count(*) FROM gone
$$;

CREATE FUNCTION forget_statement_tries(before timestamptz, most integer) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = gelombang, pg_temp SET enable_seqscan = off SET enable_sort = off AS $$
    WITH gone AS (
        DELETE FROM statement_tries WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM statement_tries
            WHERE since < least(before, now() - interval '1 day')
            ORDER BY since
            LIMIT most
            FOR UPDATE SKIP LOCKED
        ))
        RETURNING 1
    )
    SELECT count(*) FROM gone
$$;

CREATE FUNCTION forget_jobs(before timestamptz, most integer) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = gelombang, pg_temp SET enable_seqscan = off SET enable_sort = off AS $$
    WITH gone AS (
        DELETE FROM jobs WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM jobs
            WHERE state = 'done' AND finished_at < before
            ORDER BY finished_at
            LIMIT most
            FOR UPDATE SKIP LOCKED
        ))
        RETURNING 1
    )
    SELECT count(*) FROM gone
$$;

REVOKE ALL ON FUNCTION forget_notices, forget_sessions, forget_client_keys, forget_proposals, forget_statement_tries,
    forget_jobs FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_notices, forget_sessions, forget_client_keys, forget_proposals,
    forget_statement_tries, forget_jobs TO gelombang_app;
