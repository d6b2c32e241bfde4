-- Freed seats return after they were freed, and for good.
ALTER TABLE seat_pool ADD CONSTRAINT seat_pool_returned_check CHECK (returned_at > freed_at);

CREATE FUNCTION refuse_returned_seat() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'seats of wave % have returned for good', OLD.wave
        USING ERRCODE = 'check_violation', CONSTRAINT = 'seat_pool_returned_once_check', TABLE = 'seat_pool';
END
$$;
CREATE TRIGGER seat_pool_returned_once BEFORE UPDATE ON seat_pool
    FOR EACH ROW WHEN (OLD.returned_at IS NOT NULL) EXECUTE FUNCTION refuse_returned_seat();
