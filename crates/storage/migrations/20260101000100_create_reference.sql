-- Regions, policy versions and waves: what everything else points to (expand).

CREATE TABLE region_versions (
    version text PRIMARY KEY,
    loaded_at timestamptz NOT NULL
);

CREATE TABLE regions (
    version text NOT NULL REFERENCES region_versions,
    region smallint NOT NULL,
    province smallint NOT NULL,
    name text NOT NULL,
    -- Weight of the region when a quota is split, with its source; NULL for a province.
    quota_weight bigint,
    quota_weight_source text,
    CONSTRAINT regions_pkey PRIMARY KEY (version, region),
    CONSTRAINT regions_weight_check CHECK (quota_weight > 0),
    CONSTRAINT regions_weight_source_check CHECK ((quota_weight IS NULL) = (quota_weight_source IS NULL))
);

-- A policy is kept as the bytes that were loaded; their digest is what a draw commits to.
CREATE TABLE policy_versions (
    policy_id text PRIMARY KEY,
    document text NOT NULL,
    digest bytea NOT NULL,
    loaded_at timestamptz NOT NULL,
    CONSTRAINT policy_versions_digest_key UNIQUE (digest),
    CONSTRAINT policy_versions_digest_check CHECK (digest = sha256(convert_to(document, 'UTF8')))
);

CREATE TABLE waves (
    wave smallint PRIMARY KEY,
    kind text NOT NULL,
    policy_id text NOT NULL REFERENCES policy_versions,
    region_version text NOT NULL REFERENCES region_versions,
    opens_at timestamptz NOT NULL,
    closes_at timestamptz NOT NULL,
    results_at timestamptz NOT NULL,
    base_seats integer NOT NULL,
    -- Secret of the draw (selection.md section 1), sealed under the key ring.
    draw_key bytea NOT NULL,
    state text NOT NULL DEFAULT 'draft',
    opened_at timestamptz,
    closed_at timestamptz,
    frozen_at timestamptz,
    drawn_at timestamptz,
    appointed_at timestamptz,
    settled_at timestamptz,
    cancelled_at timestamptz,
    CONSTRAINT waves_wave_check CHECK (wave BETWEEN 1 AND 9999),
    CONSTRAINT waves_kind_check CHECK (kind IN ('regular', 'recovery')),
    CONSTRAINT waves_calendar_check CHECK (opens_at < closes_at AND closes_at <= results_at),
    CONSTRAINT waves_base_seats_check CHECK (base_seats >= 0 AND (kind = 'regular' OR base_seats = 0)),
    CONSTRAINT waves_state_check CHECK (
        state IN ('draft', 'open', 'closed', 'frozen', 'drawn', 'appointed', 'settled', 'cancelled')
    ),
    CONSTRAINT waves_state_times_check CHECK (
        state = 'cancelled'
        OR (
            (opened_at IS NOT NULL) = (state <> 'draft')
            AND (closed_at IS NOT NULL) = (state NOT IN ('draft', 'open'))
            AND (frozen_at IS NOT NULL) = (state NOT IN ('draft', 'open', 'closed'))
            AND (drawn_at IS NOT NULL) = (state IN ('drawn', 'appointed', 'settled'))
            AND (appointed_at IS NOT NULL) = (state IN ('appointed', 'settled'))
            AND (settled_at IS NOT NULL) = (state = 'settled')
        )
    ),
    CONSTRAINT waves_cancelled_check CHECK ((cancelled_at IS NOT NULL) = (state = 'cancelled'))
);
