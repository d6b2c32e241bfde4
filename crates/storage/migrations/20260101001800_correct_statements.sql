-- People correct what they stated (expand). A membership keeps what counted at the join, so it must be told when
-- somebody has stated something else since.

-- When family card, birth date or region, by which a draw goes, were last corrected.
ALTER TABLE person_identities ADD COLUMN draw_changed_at timestamptz;

-- How often within a day somebody has named data that are compared with what a register or we hold: at five it
-- ends until the day is over, so that nobody finds out by trying. The holder is an account or a person.
CREATE TABLE statement_tries (
    holder_id uuid PRIMARY KEY,
    taken smallint NOT NULL,
    since timestamptz NOT NULL,
    CONSTRAINT statement_tries_taken_check CHECK (taken BETWEEN 1 AND 5)
);

GRANT UPDATE (sex, education, employment, region, birth_year, disability) ON persons TO gelombang_app;
GRANT UPDATE (draw_changed_at) ON person_identities TO gelombang_app;
GRANT SELECT, INSERT ON statement_tries TO gelombang_app;
GRANT UPDATE (taken, since) ON statement_tries TO gelombang_app;
