-- What "append-only" means, for every table that is: rows are added, never changed, removed or emptied, by
-- nobody, the table's owner included. A table becomes append-only with
--     CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON <table>
--         FOR EACH STATEMENT EXECUTE FUNCTION public.append_only();
-- A mistake is answered by a row of its own: a reversal, a new version, a redemption taken back.
CREATE FUNCTION public.append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'kernel.append_only' USING ERRCODE = 'BN001',
        DETAIL = jsonb_build_object('table', TG_TABLE_NAME, 'verb', TG_OP)::text;
END $$;
