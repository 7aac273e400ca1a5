-- Of a hot variant every free unit is a row of catalog_stocktoken, and sales neither change nor lock its row
-- of catalog_stock. So that nobody counts on one kind of stock while it becomes the other, whoever moves units
-- first holds an advisory lock of the variant shared, and who switches it holds that lock alone. It must come
-- before any row lock: an UPDATE that waited keeps the row locked even if its condition then fails.
CREATE FUNCTION public.catalog_is_hot(for_variant uuid) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('catalog.hot.' || for_variant, 0));
    RETURN coalesce((SELECT is_hot FROM public.catalog_stock WHERE variant_id = for_variant), false);
END $$;

-- Tokens that others hold at this moment are passed over. Only when no others are left do we wait for them, in
-- the order of ids and holding none ourselves: they may come back, and waiting in order ends.
CREATE FUNCTION public.catalog_take_tokens(for_variant uuid, units integer) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    taken integer;
BEGIN
    BEGIN
        WITH free AS MATERIALIZED (
            SELECT id FROM public.catalog_stocktoken WHERE variant_id = for_variant
            ORDER BY id LIMIT units FOR UPDATE SKIP LOCKED
        )
        DELETE FROM public.catalog_stocktoken WHERE id IN (SELECT id FROM free);
        GET DIAGNOSTICS taken = ROW_COUNT;
        IF taken = units THEN
            RETURN true;
        END IF;
        RAISE SQLSTATE 'BN002';
    EXCEPTION WHEN SQLSTATE 'BN002' THEN
        NULL;
    END;
    WITH free AS MATERIALIZED (
        SELECT id FROM public.catalog_stocktoken WHERE variant_id = for_variant ORDER BY id LIMIT units FOR UPDATE
    )
    DELETE FROM public.catalog_stocktoken WHERE id IN (SELECT id FROM free);
    GET DIAGNOSTICS taken = ROW_COUNT;
    RETURN taken = units;
END $$;

-- Take units of one variant, all or none, and put them back; the callers go through variants in the order of
-- ids. Only these two move stock, called by the functions beside and by catalog.stock.services.
CREATE FUNCTION public.catalog_take(for_variant uuid, units integer, hold boolean) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    IF public.catalog_is_hot(for_variant) THEN
        RETURN public.catalog_take_tokens(for_variant, units);
    END IF;
    UPDATE public.catalog_stock
    SET available = available - units, reserved = reserved + CASE WHEN hold THEN units ELSE 0 END
    WHERE variant_id = for_variant AND available >= units;
    RETURN FOUND;
END $$;

CREATE FUNCTION public.catalog_put(for_variant uuid, to_available integer, from_reserved integer) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF public.catalog_is_hot(for_variant) THEN
        INSERT INTO public.catalog_stocktoken (variant_id)
        SELECT for_variant FROM generate_series(1, to_available);
        RETURN;
    END IF;
    UPDATE public.catalog_stock
    SET available = available + to_available, reserved = reserved - from_reserved
    WHERE variant_id = for_variant;
END $$;

CREATE FUNCTION public.catalog_restock(variants uuid[], quantities integer[]) RETURNS void LANGUAGE sql AS $$
    SELECT public.catalog_put(line.variant_id, line.quantity, 0)
    FROM (
        SELECT * FROM unnest(variants, quantities) AS units(variant_id, quantity) ORDER BY units.variant_id
    ) line
$$;
