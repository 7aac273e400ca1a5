-- The only clock and the only dice of a selection, and not the application's: nobody closes a gate early or
-- draws a jury anew by setting either.
CREATE FUNCTION selection_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT clock_timestamp()';

CREATE FUNCTION selection_seed() RETURNS varchar LANGUAGE sql VOLATILE AS $$
    SELECT encode(sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())), 'hex')
$$;
