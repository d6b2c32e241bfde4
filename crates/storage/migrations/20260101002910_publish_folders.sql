-- Waves whose draw everybody can recompute from a published folder (selection.md sections 2 and 16; expand).

-- The rules of such a wave as published, word for word. Tags, commitments and seed are tied to their digest, which stands
-- with the wave too: every join reads it.
ALTER TABLE waves
    ADD COLUMN public_digest bytea,
    ADD CONSTRAINT waves_public_digest_check CHECK (length(public_digest) = 32),
    ADD CONSTRAINT waves_public_digest_key UNIQUE (wave, public_digest);
CREATE TABLE public_policies (
    wave smallint NOT NULL,
    document bytea NOT NULL,
    digest bytea NOT NULL,
    CONSTRAINT public_policies_pkey PRIMARY KEY (wave),
    CONSTRAINT public_policies_wave_fkey FOREIGN KEY (wave, digest) REFERENCES waves (wave, public_digest),
    CONSTRAINT public_policies_digest_check CHECK (digest = sha256(document))
);

-- Files that enough witnesses have seen announced, and when the last of them that counts did.
CREATE TABLE public_files (
    wave smallint NOT NULL REFERENCES public_policies,
    name text NOT NULL,
    digest bytea NOT NULL,
    witnessed_at timestamptz NOT NULL,
    CONSTRAINT public_files_pkey PRIMARY KEY (wave, name, digest),
    CONSTRAINT public_files_digest_check CHECK (length(digest) = 32)
);

-- Signatures of a beacon's rounds, as fetched and verified.
CREATE TABLE beacon_rounds (
    chain_hash bytea NOT NULL,
    round bigint NOT NULL,
    signature bytea NOT NULL,
    fetched_at timestamptz NOT NULL,
    CONSTRAINT beacon_rounds_pkey PRIMARY KEY (chain_hash, round),
    CONSTRAINT beacon_rounds_lengths_check CHECK (length(chain_hash) = 32 AND length(signature) = 48)
);

-- What the seed of a published draw was made from.
ALTER TABLE draws
    ADD COLUMN signature bytea,
    ADD CONSTRAINT draws_signature_check CHECK (length(signature) = 48);

-- Revoked seats that a published wave takes over are published by their wave in batches, each whole and for ever.
ALTER TABLE seat_pool
    ADD COLUMN batch smallint,
    ADD CONSTRAINT seat_pool_batch_check CHECK (batch IS NULL OR (batch > 0 AND cause = 'revoked'));

CREATE FUNCTION refuse_other_batch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'seats of wave % are published in another batch', OLD.wave
        USING ERRCODE = 'check_violation', CONSTRAINT = 'seat_pool_batch_once_check', TABLE = 'seat_pool';
END
$$;
CREATE TRIGGER seat_pool_batch_once BEFORE UPDATE ON seat_pool
    FOR EACH ROW WHEN (OLD.batch IS NOT NULL AND NEW.batch IS DISTINCT FROM OLD.batch)
    EXECUTE FUNCTION refuse_other_batch();

GRANT SELECT, INSERT ON public_policies, public_files, beacon_rounds TO gelombang_app;
GRANT UPDATE (batch) ON seat_pool TO gelombang_app;

-- Folders are written by whoever has them on its disk.
ALTER TABLE jobs DROP CONSTRAINT jobs_lane_check;
ALTER TABLE jobs ADD CONSTRAINT jobs_lane_check CHECK (lane IN ('own', 'outside', 'folders'));

-- As before, with the digest of the published rules: another result cannot take the place of a function.
DROP FUNCTION join_read(integer, smallint, boolean, uuid, text, uuid, bigint);
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
    OUT public_digest bytea, OUT state_at timestamptz,
    OUT request_index uuid, OUT answer text, OUT region smallint, OUT sex text, OUT education text, OUT kk_index uuid,
    OUT wrapped_key bytea, OUT sealed bytea, OUT standing bigint, OUT revoked bigint, OUT taken bigint,
    OUT joins_before bigint, OUT withdrawn boolean
)
LANGUAGE plpgsql COST 1 SET enable_seqscan = off AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(p_lock_class, p_wave), pg_advisory_xact_lock_shared(p_statement_key);
    SELECT w.wave, w.kind, w.policy_id, w.opens_at, w.closes_at, w.results_at, w.base_seats, w.draw_key, w.state,
           (SELECT v.digest FROM policy_versions v WHERE v.policy_id = w.policy_id), w.public_digest,
           coalesce(w.cancelled_at, w.settled_at, w.appointed_at, w.drawn_at, w.frozen_at, w.closed_at, w.opened_at,
                    w.opens_at)
    INTO wave, kind, policy_id, opens_at, closes_at, results_at, base_seats, draw_key, state, policy_digest, public_digest,
         state_at
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
