-- Seats that a draw sets apart for classes of people: who belongs to which, the seats of each pool and guarantee, and
-- what the draw made of them (expand).

-- What a member counted as when the wave was frozen. Who belongs to no class and is entered once has no row.
CREATE TABLE member_classes (
    wave smallint NOT NULL,
    person_id uuid NOT NULL,
    mask smallint NOT NULL,
    weight smallint NOT NULL,
    CONSTRAINT member_classes_pkey PRIMARY KEY (wave, person_id),
    CONSTRAINT member_classes_values_check CHECK (
        mask >= 0 AND weight BETWEEN 1 AND 16 AND (mask > 0 OR weight > 1)
    )
);

-- Commitments of the entries of a roll to person and class, in waves whose policy asks for them.
CREATE TABLE roll_commitments (
    wave smallint NOT NULL,
    person_id uuid NOT NULL,
    commitment bytea NOT NULL,
    CONSTRAINT roll_commitments_pkey PRIMARY KEY (wave, person_id),
    CONSTRAINT roll_commitments_commitment_check CHECK (length(commitment) = 32)
);

-- People in play; not known of waves frozen before this was kept.
ALTER TABLE quotas
    ADD COLUMN in_play integer,
    ADD CONSTRAINT quotas_in_play_check CHECK (in_play >= seats - unfilled);

-- Names of the classes by their bits in a mask.
CREATE TABLE quota_classes (
    wave smallint NOT NULL REFERENCES waves,
    bit smallint NOT NULL,
    name text NOT NULL,
    CONSTRAINT quota_classes_pkey PRIMARY KEY (wave, bit),
    CONSTRAINT quota_classes_name_key UNIQUE (wave, name),
    CONSTRAINT quota_classes_bit_check CHECK (bit BETWEEN 0 AND 14)
);

-- Pools of a region in the order in which they are drawn.
CREATE TABLE quota_pools (
    wave smallint NOT NULL,
    region smallint NOT NULL,
    pool smallint NOT NULL,
    name text NOT NULL,
    seats integer NOT NULL,
    CONSTRAINT quota_pools_pkey PRIMARY KEY (wave, region, pool),
    CONSTRAINT quota_pools_quota_fkey FOREIGN KEY (wave, region) REFERENCES quotas,
    CONSTRAINT quota_pools_name_key UNIQUE (wave, region, name),
    CONSTRAINT quota_pools_values_check CHECK (pool BETWEEN 0 AND 7 AND seats >= 0)
);
INSERT INTO quota_pools SELECT wave, region, 0, 'open', seats - unfilled FROM quotas;

-- Guarantees within a pool in the order of precedence, and why one gives fewer seats than its share.
CREATE TABLE quota_guarantees (
    wave smallint NOT NULL,
    region smallint NOT NULL,
    pool smallint NOT NULL,
    place smallint NOT NULL,
    bit smallint NOT NULL,
    asked integer NOT NULL,
    seats integer NOT NULL,
    lowered text,
    CONSTRAINT quota_guarantees_pkey PRIMARY KEY (wave, region, pool, place),
    CONSTRAINT quota_guarantees_pool_fkey FOREIGN KEY (wave, region, pool) REFERENCES quota_pools,
    CONSTRAINT quota_guarantees_class_fkey FOREIGN KEY (wave, bit) REFERENCES quota_classes,
    CONSTRAINT quota_guarantees_bit_key UNIQUE (wave, region, pool, bit),
    CONSTRAINT quota_guarantees_seats_check CHECK (place BETWEEN 0 AND 7 AND seats BETWEEN 0 AND asked),
    CONSTRAINT quota_guarantees_lowered_check CHECK (
        (lowered IS NULL) = (seats = asked) AND lowered IN ('people', 'seats')
    )
);

-- Guarantees over all regions together.
CREATE TABLE quota_national (
    wave smallint NOT NULL,
    place smallint NOT NULL,
    bit smallint NOT NULL,
    asked bigint NOT NULL,
    placed bigint NOT NULL,
    CONSTRAINT quota_national_pkey PRIMARY KEY (wave, place),
    CONSTRAINT quota_national_class_fkey FOREIGN KEY (wave, bit) REFERENCES quota_classes,
    CONSTRAINT quota_national_bit_key UNIQUE (wave, bit),
    CONSTRAINT quota_national_placed_check CHECK (placed BETWEEN 0 AND asked)
);

-- What the draw made of each pool: `short` guaranteed seats found nobody, and the largest ticket drawn by ticket.
CREATE TABLE draw_pools (
    wave smallint NOT NULL REFERENCES draws,
    region smallint NOT NULL,
    pool smallint NOT NULL,
    filled integer NOT NULL,
    short integer NOT NULL,
    cutoff bytea,
    CONSTRAINT draw_pools_pkey PRIMARY KEY (wave, region, pool),
    CONSTRAINT draw_pools_pool_fkey FOREIGN KEY (wave, region, pool) REFERENCES quota_pools,
    CONSTRAINT draw_pools_values_check CHECK (filled >= 0 AND short >= 0 AND length(cutoff) = 32)
);

-- People of one mask before a pool, and the largest ticket drawn on a guaranteed seat. All masks that are not published
-- stand together as 65535, without their limit.
CREATE TABLE draw_classes (
    wave smallint NOT NULL,
    region smallint NOT NULL,
    pool smallint NOT NULL,
    mask integer NOT NULL,
    people integer NOT NULL,
    selected integer NOT NULL,
    guaranteed integer NOT NULL,
    close bytea,
    CONSTRAINT draw_classes_pkey PRIMARY KEY (wave, region, pool, mask),
    CONSTRAINT draw_classes_pool_fkey FOREIGN KEY (wave, region, pool) REFERENCES draw_pools,
    CONSTRAINT draw_classes_counts_check CHECK (
        mask BETWEEN 0 AND 65535 AND selected BETWEEN 0 AND people AND guaranteed BETWEEN 0 AND selected
    ),
    CONSTRAINT draw_classes_close_check CHECK (
        (close IS NOT NULL) = (guaranteed > 0 AND mask < 65535) AND length(close) = 32
    )
);

-- The seat of a selected member: its pool, and whether it was a guaranteed one; not known of waves drawn before this
-- was kept. Who was not selected has a reason where people differ by class.
ALTER TABLE decisions
    ADD COLUMN pool smallint,
    ADD COLUMN guaranteed boolean,
    ADD CONSTRAINT decisions_seat_check CHECK (
        (pool IS NULL) = (guaranteed IS NULL) AND (pool IS NULL OR outcome = 'selected')
    ),
    DROP CONSTRAINT decisions_reason_check,
    ADD CONSTRAINT decisions_reason_check CHECK (
        CASE outcome
            WHEN 'ineligible' THEN reason IS NOT NULL
            WHEN 'not_selected' THEN true
            ELSE reason IS NULL
        END
    );

GRANT SELECT, INSERT ON
    member_classes, roll_commitments, quota_classes, quota_pools, quota_guarantees, quota_national, draw_pools,
    draw_classes
TO gelombang_app;
