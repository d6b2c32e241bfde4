-- Decrees, beneficiaries, places of a household and first purchases (expand).

CREATE TYPE beneficiary_state AS ENUM ('appointed', 'active', 'revoked');
CREATE TYPE revocation_reason AS ENUM ('purchase_deadline_missed');

CREATE TABLE decrees (
    decree_id uuid PRIMARY KEY,
    number text NOT NULL,
    wave smallint NOT NULL REFERENCES draws,
    signed_on date NOT NULL,
    signed_at timestamptz NOT NULL,
    appointments integer NOT NULL,
    amount_rupiah bigint NOT NULL,
    result_digest bytea NOT NULL,
    CONSTRAINT decrees_number_key UNIQUE (number),
    CONSTRAINT decrees_wave_key UNIQUE (wave),
    CONSTRAINT decrees_amount_check CHECK (appointments >= 0 AND amount_rupiah >= 0)
);

CREATE TABLE beneficiaries (
    person_id uuid NOT NULL,
    card_number bigint NOT NULL,
    appointed_at timestamptz NOT NULL,
    purchase_due_at timestamptz NOT NULL,
    activated_at timestamptz,
    revoked_at timestamptz,
    state beneficiary_state NOT NULL DEFAULT 'appointed',
    revocation revocation_reason,
    wave smallint NOT NULL,
    region smallint NOT NULL,
    CONSTRAINT beneficiaries_pkey PRIMARY KEY (person_id, wave),
    CONSTRAINT beneficiaries_card_number_key UNIQUE (card_number),
    CONSTRAINT beneficiaries_card_number_check CHECK (
        card_number BETWEEN 1000000000000000 AND 9999999999999999
    ),
    CONSTRAINT beneficiaries_due_check CHECK (purchase_due_at > appointed_at),
    CONSTRAINT beneficiaries_active_check CHECK ((state = 'active') <= (activated_at IS NOT NULL)),
    CONSTRAINT beneficiaries_revoked_check CHECK (
        (revoked_at IS NOT NULL) = (state = 'revoked') AND (revocation IS NOT NULL) = (state = 'revoked')
    )
) WITH (fillfactor = 75);
-- No person with two live grants. On revoked_at, which a purchase does not touch, so that the
-- update at a purchase stays within its page.
CREATE UNIQUE INDEX beneficiaries_person_id_live_key ON beneficiaries (person_id) WHERE revoked_at IS NULL;
CREATE INDEX beneficiaries_wave_idx ON beneficiaries (wave);

-- A live grant holds a place of its family card. The cap is that of the policy of the grant; NULL
-- where the policy had none.
CREATE TABLE household_slots (
    kk_index uuid NOT NULL,
    person_id uuid NOT NULL,
    wave smallint NOT NULL,
    slot smallint NOT NULL,
    cap smallint,
    CONSTRAINT household_slots_pkey PRIMARY KEY (kk_index, slot),
    CONSTRAINT household_slots_person_id_key UNIQUE (person_id),
    CONSTRAINT household_slots_cap_check CHECK (slot >= 1 AND (cap IS NULL OR slot <= cap))
);

CREATE TABLE training_orders (
    person_id uuid NOT NULL,
    paid_at timestamptz NOT NULL,
    price_rupiah bigint NOT NULL,
    wave smallint NOT NULL,
    order_no smallint NOT NULL,
    CONSTRAINT training_orders_pkey PRIMARY KEY (person_id, wave, order_no),
    CONSTRAINT training_orders_price_check CHECK (price_rupiah > 0),
    CONSTRAINT training_orders_order_no_check CHECK (order_no >= 1)
);
