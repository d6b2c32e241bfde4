-- An answer is given once (contract): the serving role may set it, and nobody may change it behind the person's back.
CREATE FUNCTION refuse_second_answer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'appeal % is answered already', OLD.appeal_id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'appeals_answered_once_check', TABLE = 'appeals';
END
$$;
CREATE TRIGGER appeals_answered_once BEFORE UPDATE ON appeals
    FOR EACH ROW WHEN (OLD.answer IS NOT NULL) EXECUTE FUNCTION refuse_second_answer();
