-- Tries at passwords of addresses without an account are counted as those of accounts are (expand), so that a lock does not
-- tell which have one. A known device has tries of its own, so that nobody else locks it out. A day after the last try
-- none counts any more, or the fifth would tell of an account once the row of an address without one is forgotten.

ALTER TABLE accounts ADD COLUMN tried_at timestamptz;

ALTER TABLE known_devices
    ADD COLUMN tries smallint NOT NULL DEFAULT 0,
    ADD COLUMN tried_at timestamptz,
    ADD COLUMN locked_until timestamptz,
    ADD CONSTRAINT known_devices_tries_check CHECK (tries BETWEEN 0 AND 5 AND (tries = 5) = (locked_until IS NOT NULL));

CREATE TABLE unknown_tries (
    email_index uuid NOT NULL,
    tries smallint NOT NULL DEFAULT 0,
    tried_at timestamptz NOT NULL,
    locked_until timestamptz,
    CONSTRAINT unknown_tries_pkey PRIMARY KEY (email_index),
    CONSTRAINT unknown_tries_tries_check CHECK (tries BETWEEN 0 AND 5 AND (tries = 5) = (locked_until IS NOT NULL))
);

CREATE INDEX unknown_tries_tried_at_idx ON unknown_tries (tried_at);
CREATE FUNCTION forget_unknown_tries(before timestamptz, most integer) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = gelombang, pg_temp SET enable_seqscan = off SET enable_sort = off AS $$
    WITH gone AS (
        DELETE FROM unknown_tries WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM unknown_tries
            WHERE tried_at < least(before, now() - interval '1 day')
            ORDER BY tried_at
            LIMIT least(most, 10000)
            FOR UPDATE SKIP LOCKED
        ))
        RETURNING 1
    )
    SELECT count(*) FROM gone
$$;

REVOKE ALL ON FUNCTION forget_unknown_tries FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_unknown_tries TO gelombang_app;
GRANT UPDATE (tried_at) ON accounts TO gelombang_app;
GRANT UPDATE (tries, tried_at, locked_until) ON known_devices TO gelombang_app;
GRANT SELECT, INSERT ON unknown_tries TO gelombang_app;
GRANT UPDATE (tries, tried_at, locked_until) ON unknown_tries TO gelombang_app;
