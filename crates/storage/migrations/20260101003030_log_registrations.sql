-- Digests of the receipts that were handed out before the list was fixed (selection.md sections 3 and 16.7; expand).

-- Written with the receipt, before it is answered, and never removed. The hourly job gives each its place in the log, so
-- that whoever hands out receipts waits for nobody.
CREATE TABLE registration_receipts (
    wave smallint NOT NULL REFERENCES public_policies,
    digest bytea NOT NULL,
    given_at timestamptz NOT NULL,
    position bigint,
    CONSTRAINT registration_receipts_pkey PRIMARY KEY (wave, digest),
    CONSTRAINT registration_receipts_wave_position_key UNIQUE (wave, position),
    CONSTRAINT registration_receipts_digest_check CHECK (length(digest) = 32),
    CONSTRAINT registration_receipts_position_check CHECK (position >= 0)
);
CREATE INDEX registration_receipts_pending_idx ON registration_receipts (wave) WHERE position IS NULL;

CREATE FUNCTION refuse_other_position() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a receipt of wave % is logged at another place', OLD.wave
        USING ERRCODE = 'check_violation', CONSTRAINT = 'registration_receipts_position_once_check',
              TABLE = 'registration_receipts';
END
$$;
CREATE TRIGGER registration_receipts_position_once BEFORE UPDATE ON registration_receipts
    FOR EACH ROW WHEN (OLD.position IS NOT NULL AND NEW.position IS DISTINCT FROM OLD.position)
    EXECUTE FUNCTION refuse_other_position();

GRANT SELECT, INSERT ON registration_receipts TO gelombang_app;
GRANT UPDATE (position) ON registration_receipts TO gelombang_app;
