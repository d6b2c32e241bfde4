-- Places lost for cause (expand).

ALTER TYPE revocation_reason ADD VALUE 'ineligible';
ALTER TYPE revocation_reason ADD VALUE 'false_identity';
ALTER TYPE revocation_reason ADD VALUE 'proxy';
ALTER TYPE revocation_reason ADD VALUE 'tampering';
ALTER TYPE revocation_reason ADD VALUE 'terms_broken';

-- Appeals against the decision of a wave. A choice and no free text, so nothing personal is in it.
CREATE TABLE appeals (
    appeal_id uuid PRIMARY KEY,
    wave smallint NOT NULL REFERENCES decrees (wave),
    person_id uuid NOT NULL,
    ground text NOT NULL,
    filed_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    answer text,
    answered_at timestamptz,
    CONSTRAINT appeals_ground_check CHECK (
        ground IN ('register_wrong', 'family_card_wrong', 'register_silent')
    ),
    CONSTRAINT appeals_due_check CHECK (due_at > filed_at),
    CONSTRAINT appeals_answer_check CHECK (
        answer IN ('granted', 'decision_stands', 'ticket_behind', 'no_seat')
    ),
    CONSTRAINT appeals_answered_check CHECK (
        (answer IS NULL) = (answered_at IS NULL) AND answered_at >= filed_at
    )
);
CREATE UNIQUE INDEX appeals_wave_person_id_open_key ON appeals (wave, person_id) WHERE answer IS NULL;
CREATE UNIQUE INDEX appeals_wave_person_id_granted_key ON appeals (wave, person_id)
    WHERE answer = 'granted';
CREATE INDEX appeals_person_id_idx ON appeals (person_id);

-- Somebody appointed beside the draw, because an appeal was granted: the decision and the quota table stay as
-- they are, and this row says what is right. Its seat is one of those that waited in the pool of the region.
CREATE TABLE corrections (
    wave smallint NOT NULL REFERENCES decrees (wave),
    person_id uuid NOT NULL,
    appeal_id uuid NOT NULL REFERENCES appeals,
    region smallint NOT NULL,
    number text NOT NULL,
    amount_rupiah bigint NOT NULL,
    corrected_at timestamptz NOT NULL,
    seat_wave smallint NOT NULL,
    seat_cause text NOT NULL,
    seat_freed_at timestamptz NOT NULL,
    CONSTRAINT corrections_pkey PRIMARY KEY (wave, person_id),
    CONSTRAINT corrections_appeal_id_key UNIQUE (appeal_id),
    CONSTRAINT corrections_number_key UNIQUE (number),
    CONSTRAINT corrections_amount_check CHECK (amount_rupiah > 0),
    CONSTRAINT corrections_seat_fkey FOREIGN KEY (seat_wave, region, seat_cause, seat_freed_at)
        REFERENCES seat_pool (wave, region, cause, freed_at)
);
CREATE INDEX corrections_seat_idx ON corrections (seat_wave, region, seat_cause, seat_freed_at);

-- The pool, with how many seats of each row corrections have taken.
CREATE VIEW pool_seats AS
SELECT p.wave, p.region, p.cause, p.seats, p.freed_at, p.reused_by, p.returned_at,
       (SELECT count(*) FROM corrections c
        WHERE c.seat_wave = p.wave AND c.region = p.region AND c.seat_cause = p.cause
          AND c.seat_freed_at = p.freed_at)::integer AS corrected
FROM seat_pool p;

GRANT SELECT, INSERT ON appeals, corrections TO gelombang_app;
GRANT UPDATE (answer, answered_at) ON appeals TO gelombang_app;
GRANT SELECT ON pool_seats TO gelombang_app;
