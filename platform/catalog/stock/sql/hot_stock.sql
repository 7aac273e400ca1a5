-- What campaigns hold is on their rows, and no part of what the stock shows as reserved.
-- The row of a hot variant says what was counted last. Whoever writes another number there (a person, a file)
-- means more or fewer units, and gets tokens more or fewer; the count itself writes what is true already.
CREATE FUNCTION public.catalog_turn_into_tokens() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('catalog.counting', true) = 'on' THEN
        RETURN NEW;
    END IF;
    IF NEW.available > OLD.available THEN
        INSERT INTO public.catalog_stocktoken (variant_id)
        SELECT NEW.variant_id FROM generate_series(1, NEW.available - OLD.available);
    ELSE
        DELETE FROM public.catalog_stocktoken WHERE id IN (
            SELECT id FROM public.catalog_stocktoken WHERE variant_id = NEW.variant_id
            ORDER BY id LIMIT OLD.available - NEW.available FOR UPDATE SKIP LOCKED
        );
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER tokens BEFORE UPDATE OF available ON public.catalog_stock FOR EACH ROW
    WHEN (OLD.is_hot AND NEW.is_hot AND OLD.available <> NEW.available)
    EXECUTE FUNCTION public.catalog_turn_into_tokens();

CREATE FUNCTION public.catalog_count_hot(only_one uuid DEFAULT NULL) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    counted integer;
BEGIN
    PERFORM set_config('catalog.counting', 'on', true);
    WITH hot AS MATERIALIZED (
        SELECT variant_id FROM public.catalog_stock
        WHERE is_hot AND (only_one IS NULL OR variant_id = only_one)
        ORDER BY variant_id FOR NO KEY UPDATE SKIP LOCKED
    ), now_there AS (
        SELECT hot.variant_id,
            (SELECT count(*) FROM public.catalog_stocktoken t WHERE t.variant_id = hot.variant_id) AS free,
            (SELECT coalesce(sum(quantity), 0) FROM public.catalog_reservation r
             WHERE r.variant_id = hot.variant_id AND r.state = 'reserved' AND allocation_id IS NULL) AS held
        FROM hot
    )
    UPDATE public.catalog_stock s SET available = n.free, reserved = n.held
    FROM now_there n WHERE s.variant_id = n.variant_id AND (s.available, s.reserved) <> (n.free, n.held);
    GET DIAGNOSTICS counted = ROW_COUNT;
    PERFORM set_config('catalog.counting', 'off', true);
    RETURN counted;
END $$;

CREATE FUNCTION public.catalog_set_hot(for_variant uuid, hot boolean) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    before record;
    free integer;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('catalog.hot.' || for_variant, 0));
    SELECT * INTO before FROM public.catalog_stock WHERE variant_id = for_variant FOR UPDATE;
    IF NOT FOUND OR before.is_hot = hot THEN
        RETURN false;
    END IF;
    IF hot THEN
        INSERT INTO public.catalog_stocktoken (variant_id)
        SELECT for_variant FROM generate_series(1, before.available);
        UPDATE public.catalog_stock SET is_hot = true WHERE variant_id = for_variant;
    ELSE
        DELETE FROM public.catalog_stocktoken WHERE variant_id = for_variant;
        GET DIAGNOSTICS free = ROW_COUNT;
        UPDATE public.catalog_stock SET is_hot = false, available = free, reserved = (
            SELECT coalesce(sum(quantity), 0) FROM public.catalog_reservation
            WHERE variant_id = for_variant AND state = 'reserved' AND allocation_id IS NULL
        ) WHERE variant_id = for_variant;
    END IF;
    RETURN true;
END $$;
