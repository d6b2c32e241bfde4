-- The queue is counted up to a bound, since the status page asks for it and a national wave queues a million questions
-- to registers (expand).
CREATE INDEX jobs_state_open_idx ON jobs (state) WHERE state <> 'done';

-- Jobs of each state that is not done, counted up to `most`. The plan must go along the index and stop there, however
-- rows lie: neither a scan of the table nor a bitmap of all rows of a state stops.
CREATE FUNCTION queue_counts(most integer, OUT queued bigint, OUT leased bigint, OUT dead bigint)
LANGUAGE sql STABLE SET enable_seqscan = off SET enable_bitmapscan = off AS $$
    SELECT (SELECT count(*) FROM (SELECT FROM jobs WHERE state = 'queued' LIMIT most) q),
           (SELECT count(*) FROM (SELECT FROM jobs WHERE state = 'leased' LIMIT most) l),
           (SELECT count(*) FROM (SELECT FROM jobs WHERE state = 'dead' LIMIT most) d)
$$;
