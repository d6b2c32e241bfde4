-- Persons and their sealed identities (expand).
-- Facts that statistics need stand apart from who a person is; the identity is one sealed text per
-- person under a key of its own, and equality works through keyed 128-bit indexes kept as uuid.

CREATE TYPE person_sex AS ENUM ('man', 'woman');
CREATE TYPE education_level AS ENUM (
    'none', 'primary', 'junior_high', 'senior_high', 'vocational', 'diploma', 'bachelor', 'postgraduate'
);
CREATE TYPE employment_status AS ENUM ('job_seeker', 'laid_off', 'worker', 'small_business');
CREATE TYPE check_kind AS ENUM (
    'population_register', 'citizenship', 'formal_education', 'occupation', 'social_aid', 'ability_test'
);
CREATE TYPE check_state AS ENUM (
    'not_asked', 'asked', 'confirmed', 'refuted', 'unavailable', 'expired'
);

CREATE TABLE persons (
    person_id uuid PRIMARY KEY,
    registered_at timestamptz NOT NULL,
    sex person_sex NOT NULL,
    education education_level NOT NULL,
    employment employment_status NOT NULL,
    region smallint NOT NULL,
    birth_year smallint NOT NULL,
    disability boolean NOT NULL
);

-- One person a NIK, for ever: the row outlives the erasure of the identity, because the law bars a
-- second grant. In a table of its own so that it may be distributed by the index.
CREATE TABLE person_niks (
    nik_index uuid PRIMARY KEY,
    person_id uuid NOT NULL
);

CREATE TABLE person_identities (
    person_id uuid PRIMARY KEY,
    kk_index uuid NOT NULL,
    wrapped_key bytea,
    sealed bytea,
    erased_at timestamptz,
    CONSTRAINT person_identities_erased_check CHECK (
        (wrapped_key IS NULL) = (erased_at IS NOT NULL) AND (sealed IS NULL) = (erased_at IS NOT NULL)
    )
);
-- Sealed bytes do not compress: trying costs time and gains nothing.
ALTER TABLE person_identities ALTER COLUMN sealed SET STORAGE EXTERNAL;

-- Answers of the registers. A registration is complete only when every check was confirmed; rows
-- are kept where an answer is anything else, with the detail code of the register.
CREATE TABLE registration_checks (
    person_id uuid NOT NULL,
    kind check_kind NOT NULL,
    state check_state NOT NULL,
    detail text,
    answered_at timestamptz NOT NULL,
    CONSTRAINT registration_checks_pkey PRIMARY KEY (person_id, kind)
);

-- Proof that the key ring in use is the one this database was filled with.
CREATE TABLE key_rings (
    key_id smallint PRIMARY KEY,
    check_value bytea NOT NULL,
    created_at timestamptz NOT NULL
);
