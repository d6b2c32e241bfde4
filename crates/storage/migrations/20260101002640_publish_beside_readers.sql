-- A wave is published while another is read for minutes (freeze) and joined (expand). A partition that is made in
-- place would lock the whole table alone, and everything would queue behind it; one that is made apart and then attached
-- goes beside readers and writers. What still has to wait gives up soon.
CREATE OR REPLACE FUNCTION create_wave_partitions(wave_number smallint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = gelombang, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    parent text;
    made text;
BEGIN
    IF wave_number NOT BETWEEN 1 AND 9999 THEN
        RAISE EXCEPTION 'wave % is outside 1 to 9999', wave_number;
    END IF;
    FOREACH parent IN ARRAY ARRAY['memberships', 'decisions', 'transfers'] LOOP
        made := parent || '_' || wave_number;
        IF to_regclass(made) IS NULL THEN
            EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', made, parent);
            EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES IN (%s)', parent, made, wave_number);
        END IF;
    END LOOP;
END
$$;
