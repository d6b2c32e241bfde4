-- Memberships, rolls, decisions, draws and quotas (expand).

CREATE TYPE decision_outcome AS ENUM (
    'ineligible', 'household_cap', 'not_selected', 'waitlisted', 'selected'
);

-- One join of one wave, with what counted at that moment.
CREATE TABLE memberships (
    joined_at timestamptz NOT NULL,
    person_id uuid NOT NULL,
    kk_index uuid NOT NULL,
    sex person_sex NOT NULL,
    education education_level NOT NULL,
    wave smallint NOT NULL,
    region smallint NOT NULL,
    age smallint NOT NULL,
    entry_tag bytea NOT NULL,
    household_tag bytea NOT NULL,
    CONSTRAINT memberships_pkey PRIMARY KEY (wave, person_id),
    CONSTRAINT memberships_tags_check CHECK (length(entry_tag) = 16 AND length(household_tag) = 8)
) PARTITION BY LIST (wave);

CREATE TABLE decisions (
    decided_at timestamptz NOT NULL,
    person_id uuid NOT NULL,
    outcome decision_outcome NOT NULL,
    rank integer,
    wave smallint NOT NULL,
    reason text,
    CONSTRAINT decisions_pkey PRIMARY KEY (wave, person_id),
    CONSTRAINT decisions_reason_check CHECK ((outcome = 'ineligible') = (reason IS NOT NULL)),
    CONSTRAINT decisions_rank_check CHECK (
        (rank IS NOT NULL) = (outcome IN ('not_selected', 'waitlisted')) AND rank > 0
    )
) PARTITION BY LIST (wave);

-- The frozen roll of a wave: how many entries, and the digest of their records.
CREATE TABLE rolls (
    wave smallint PRIMARY KEY REFERENCES waves,
    entries integer NOT NULL,
    digest bytea NOT NULL,
    CONSTRAINT rolls_digest_check CHECK (length(digest) = 32)
);

-- Places a family card had left when the roll was frozen, where earlier grants had used some.
CREATE TABLE roll_places (
    wave smallint NOT NULL,
    kk_index uuid NOT NULL,
    places smallint NOT NULL,
    CONSTRAINT roll_places_pkey PRIMARY KEY (wave, kk_index),
    CONSTRAINT roll_places_places_check CHECK (places > 0)
);

CREATE TABLE quotas (
    wave smallint NOT NULL REFERENCES waves,
    region smallint NOT NULL,
    seats integer NOT NULL,
    unfilled integer NOT NULL,
    CONSTRAINT quotas_pkey PRIMARY KEY (wave, region),
    CONSTRAINT quotas_seats_check CHECK (seats >= 0 AND unfilled BETWEEN 0 AND seats)
);

-- One draw a wave, never replaced: the row is the fact.
CREATE TABLE draws (
    wave smallint PRIMARY KEY REFERENCES rolls,
    chain text NOT NULL,
    test_beacon boolean NOT NULL,
    round bigint NOT NULL,
    randomness bytea NOT NULL,
    seed bytea NOT NULL,
    roll_digest bytea NOT NULL,
    result_digest bytea NOT NULL,
    selected integer NOT NULL,
    drawn_at timestamptz NOT NULL,
    CONSTRAINT draws_seed_key UNIQUE (seed),
    CONSTRAINT draws_lengths_check CHECK (
        length(randomness) = 32 AND length(seed) = 32 AND length(roll_digest) = 32 AND length(result_digest) = 32
    )
);

-- Freed seats by the region and wave they come from, until a later wave reuses them or they return.
CREATE TABLE seat_pool (
    wave smallint NOT NULL REFERENCES waves,
    region smallint NOT NULL,
    cause text NOT NULL,
    seats integer NOT NULL,
    freed_at timestamptz NOT NULL,
    reused_by smallint REFERENCES waves,
    returned_at timestamptz,
    CONSTRAINT seat_pool_pkey PRIMARY KEY (wave, region, cause, freed_at),
    CONSTRAINT seat_pool_cause_check CHECK (cause IN ('revoked', 'unfilled')),
    CONSTRAINT seat_pool_seats_check CHECK (seats > 0),
    CONSTRAINT seat_pool_fate_check CHECK (reused_by IS NULL OR returned_at IS NULL),
    CONSTRAINT seat_pool_later_check CHECK (reused_by > wave)
);

-- Makes the partitions of one wave. Runs with the owner's rights, because the serving role owns
-- nothing; the number is formatted as an integer, so no text reaches the statement.
CREATE FUNCTION create_wave_partitions(wave_number smallint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = gelombang, pg_temp AS $$
DECLARE
    parent text;
BEGIN
    IF wave_number NOT BETWEEN 1 AND 9999 THEN
        RAISE EXCEPTION 'wave % is outside 1 to 9999', wave_number;
    END IF;
    FOREACH parent IN ARRAY ARRAY['memberships', 'decisions', 'transfers'] LOOP
        EXECUTE format(
            'CREATE TABLE IF NOT EXISTS %I PARTITION OF %I FOR VALUES IN (%s)',
            parent || '_' || wave_number, parent, wave_number
        );
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION create_wave_partitions FROM PUBLIC;
