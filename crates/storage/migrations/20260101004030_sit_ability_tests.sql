-- Sittings of the basic ability test (expand): it is sat here and no longer asked of others. Rows name a person by her
-- id alone. Items and answers are written once; a sitting changes once, when it ends.

CREATE TABLE ability_sittings (
    sitting_id uuid PRIMARY KEY,
    person_id uuid NOT NULL,
    -- The first, second and so on of the person.
    number smallint NOT NULL,
    begun_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    -- SHA-256 of the bank that the items were drawn from, in hexadecimal.
    bank_digest text NOT NULL,
    pass_mark smallint,
    ended_at timestamptz,
    ended_by text,
    score smallint,
    is_completed boolean,
    CONSTRAINT ability_sittings_person_id_number_key UNIQUE (person_id, number),
    -- What answers refer to, so that none lies outside the time of its sitting.
    CONSTRAINT ability_sittings_time_key UNIQUE (sitting_id, begun_at, ends_at),
    CONSTRAINT ability_sittings_number_check CHECK (number > 0),
    CONSTRAINT ability_sittings_time_check CHECK (ends_at > begun_at AND ended_at BETWEEN begun_at AND ends_at),
    CONSTRAINT ability_sittings_bank_check CHECK (bank_digest ~ '^[0-9a-f]{64}$'),
    CONSTRAINT ability_sittings_ended_check CHECK (
        (ended_at IS NULL) = (ended_by IS NULL) AND (ended_at IS NULL) = (score IS NULL)
        AND (ended_at IS NULL) = (is_completed IS NULL)
    ),
    CONSTRAINT ability_sittings_ended_by_check CHECK (
        CASE ended_by WHEN 'person' THEN ended_at < ends_at WHEN 'time' THEN ended_at = ends_at
                      ELSE ended_by IS NULL END
    ),
    CONSTRAINT ability_sittings_score_check CHECK (score >= 0 AND pass_mark > 0)
) WITH (fillfactor = 80);
-- One at a time.
CREATE UNIQUE INDEX ability_sittings_open_key ON ability_sittings (person_id) WHERE ended_at IS NULL;

CREATE TABLE ability_items (
    sitting_id uuid NOT NULL REFERENCES ability_sittings,
    place smallint NOT NULL,
    item text NOT NULL,
    -- The choices of the bank in the order in which they are shown, such as cabd.
    shown text NOT NULL,
    -- The right choice, as the bank had it when the item was drawn.
    key text NOT NULL,
    CONSTRAINT ability_items_pkey PRIMARY KEY (sitting_id, place),
    CONSTRAINT ability_items_sitting_id_item_key UNIQUE (sitting_id, item),
    CONSTRAINT ability_items_place_check CHECK (place > 0),
    CONSTRAINT ability_items_shown_check CHECK (
        shown ~ '^[abcd]{4}$' AND shown ~ 'a' AND shown ~ 'b' AND shown ~ 'c' AND shown ~ 'd'
    ),
    CONSTRAINT ability_items_key_check CHECK (key IN ('a', 'b', 'c', 'd'))
);

CREATE TABLE ability_answers (
    sitting_id uuid NOT NULL,
    place smallint NOT NULL,
    -- The first, second and so on to this item; the last one counts.
    number smallint NOT NULL,
    choice text NOT NULL,
    answered_at timestamptz NOT NULL,
    begun_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    CONSTRAINT ability_answers_pkey PRIMARY KEY (sitting_id, place, number),
    CONSTRAINT ability_answers_place_fkey FOREIGN KEY (sitting_id, place) REFERENCES ability_items,
    CONSTRAINT ability_answers_time_fkey FOREIGN KEY (sitting_id, begun_at, ends_at)
        REFERENCES ability_sittings (sitting_id, begun_at, ends_at),
    CONSTRAINT ability_answers_time_check CHECK (answered_at >= begun_at AND answered_at < ends_at),
    CONSTRAINT ability_answers_choice_check CHECK (choice IN ('a', 'b', 'c', 'd')),
    CONSTRAINT ability_answers_number_check CHECK (number > 0)
);

GRANT SELECT, INSERT ON ability_sittings, ability_items, ability_answers TO gelombang_app;
GRANT UPDATE (ended_at, ended_by, score, is_completed) ON ability_sittings TO gelombang_app;

-- No register is asked about the test any more: whoever waited for one, or was contradicted by one, sits it here. What
-- imports said stays.
UPDATE registration_checks
SET state = 'not_asked', detail = NULL, answered_at = NULL, ask_at = NULL, tries = 0
WHERE kind = 'ability_test' AND ask_at IS NOT NULL;
ALTER TABLE registration_checks DROP CONSTRAINT registration_checks_asked_check;
ALTER TABLE registration_checks
    ADD CONSTRAINT registration_checks_asked_check
        CHECK (ask_at IS NOT NULL OR state NOT IN ('not_asked', 'asked') OR kind = 'ability_test'),
    ADD CONSTRAINT registration_checks_test_check CHECK (kind <> 'ability_test' OR ask_at IS NULL);
