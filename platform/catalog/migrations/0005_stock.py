"""Moving stock, of ordinary and of hot variants.

Names are qualified with "public", for the functions also run while a tenant's schema comes first
on the search path.
"""

from django.db import migrations

# Of a hot variant every free unit is a row of catalog_stocktoken, and sales neither touch nor lock its row
# of catalog_stock. So that nobody counts on one kind of stock while it becomes the other, whoever moves units
# first holds an advisory lock of the variant shared, and who switches it holds that lock alone. It must come
# before any row lock: an UPDATE that waited keeps the row locked even if its condition then fails.
LOCK_HOT = """
CREATE FUNCTION public.catalog_is_hot(wanted uuid) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('catalog.hot.' || wanted, 0));
    RETURN coalesce((SELECT is_hot FROM public.catalog_stock WHERE variant_id = wanted), false);
END $$;
"""

# Tokens that others hold at this moment are passed over. Only when no others are left do we wait for them, in
# the order of ids and holding none ourselves: they may come back, and waiting in order ends.
TAKE_TOKENS = """
CREATE FUNCTION public.catalog_take_tokens(wanted uuid, units integer) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    taken integer;
BEGIN
    BEGIN
        WITH free AS MATERIALIZED (
            SELECT id FROM public.catalog_stocktoken WHERE variant_id = wanted
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
        SELECT id FROM public.catalog_stocktoken WHERE variant_id = wanted ORDER BY id LIMIT units FOR UPDATE
    )
    DELETE FROM public.catalog_stocktoken WHERE id IN (SELECT id FROM free);
    GET DIAGNOSTICS taken = ROW_COUNT;
    RETURN taken = units;
END $$;
"""

# One variant at a time; the callers go through variants in the order of ids.
MOVE = """
CREATE FUNCTION public.catalog_take(wanted uuid, units integer, hold boolean) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    IF public.catalog_is_hot(wanted) THEN
        RETURN public.catalog_take_tokens(wanted, units);
    END IF;
    UPDATE public.catalog_stock
    SET available = available - units, reserved = reserved + CASE WHEN hold THEN units ELSE 0 END
    WHERE variant_id = wanted AND available >= units;
    RETURN FOUND;
END $$;
CREATE FUNCTION public.catalog_put(wanted uuid, to_available integer, from_reserved integer) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF public.catalog_is_hot(wanted) THEN
        INSERT INTO public.catalog_stocktoken (variant_id)
        SELECT wanted FROM generate_series(1, to_available);
        RETURN;
    END IF;
    UPDATE public.catalog_stock
    SET available = available + to_available, reserved = reserved - from_reserved
    WHERE variant_id = wanted;
END $$;
"""

# One round trip for a whole order. Whoever comes when a hot variant is sold out is told so before anything
# is written; the block with the exception gives back what was taken before a shortage.
RESERVE = """
CREATE FUNCTION public.catalog_reserve(
    for_reference uuid, variants uuid[], quantities integer[], until timestamptz,
    must_be_for_sale boolean DEFAULT true, in_tenant uuid DEFAULT NULL,
    OUT culprit uuid, OUT problem text
) LANGUAGE plpgsql AS $$
DECLARE
    line record;
    fresh integer;
BEGIN
    IF EXISTS (SELECT FROM public.catalog_reservation WHERE reference = for_reference) THEN
        RETURN;
    END IF;
    SELECT s.variant_id, 'sold_out' INTO culprit, problem
    FROM public.catalog_stock s
    WHERE s.variant_id = ANY (variants) AND s.is_hot
        AND NOT EXISTS (SELECT FROM public.catalog_stocktoken t WHERE t.variant_id = s.variant_id)
    ORDER BY s.variant_id LIMIT 1;
    IF FOUND THEN
        RETURN;
    END IF;
    IF must_be_for_sale THEN
        SELECT v.id, 'not_for_sale' INTO culprit, problem
        FROM public.catalog_variant v JOIN public.catalog_product p ON p.id = v.product_id
        WHERE v.id = ANY (variants) AND NOT (v.is_active AND public.catalog_for_sale(p, in_tenant))
        ORDER BY v.id LIMIT 1;
        IF FOUND THEN
            RETURN;
        END IF;
    END IF;
    INSERT INTO public.catalog_reservation (reference, variant_id, quantity, expires_at)
    SELECT for_reference, wanted.variant_id, wanted.quantity, until
    FROM unnest(variants, quantities) AS wanted(variant_id, quantity) ORDER BY wanted.variant_id
    ON CONFLICT (reference, variant_id) DO NOTHING;
    GET DIAGNOSTICS fresh = ROW_COUNT;
    IF fresh = 0 THEN
        RETURN;
    END IF;
    FOR line IN
        SELECT * FROM unnest(variants, quantities) AS wanted(variant_id, quantity) ORDER BY wanted.variant_id
    LOOP
        IF NOT public.catalog_take(line.variant_id, line.quantity, true) THEN
            culprit := line.variant_id;
            problem := 'short';
            RAISE SQLSTATE 'BN001';
        END IF;
    END LOOP;
EXCEPTION WHEN SQLSTATE 'BN001' THEN
    RETURN;
END $$;
"""

# What campaigns hold is on their rows, and no part of what the stock shows as reserved.
# The row of a hot variant says what was counted last. Whoever writes another number there (a person, a file)
# means more or fewer units, and gets tokens more or fewer; the count itself writes what is true already.
HOT = """
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
             WHERE r.variant_id = hot.variant_id AND r.state = 'held' AND allocation_id IS NULL) AS held
        FROM hot
    )
    UPDATE public.catalog_stock s SET available = n.free, reserved = n.held
    FROM now_there n WHERE s.variant_id = n.variant_id AND (s.available, s.reserved) <> (n.free, n.held);
    GET DIAGNOSTICS counted = ROW_COUNT;
    PERFORM set_config('catalog.counting', 'off', true);
    RETURN counted;
END $$;

CREATE FUNCTION public.catalog_set_hot(wanted uuid, hot boolean) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    before record;
    free integer;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('catalog.hot.' || wanted, 0));
    SELECT * INTO before FROM public.catalog_stock WHERE variant_id = wanted FOR UPDATE;
    IF NOT FOUND OR before.is_hot = hot THEN
        RETURN false;
    END IF;
    IF hot THEN
        INSERT INTO public.catalog_stocktoken (variant_id)
        SELECT wanted FROM generate_series(1, before.available);
        UPDATE public.catalog_stock SET is_hot = true WHERE variant_id = wanted;
    ELSE
        DELETE FROM public.catalog_stocktoken WHERE variant_id = wanted;
        GET DIAGNOSTICS free = ROW_COUNT;
        UPDATE public.catalog_stock SET is_hot = false, available = free, reserved = (
            SELECT coalesce(sum(quantity), 0) FROM public.catalog_reservation
            WHERE variant_id = wanted AND state = 'held' AND allocation_id IS NULL
        ) WHERE variant_id = wanted;
    END IF;
    RETURN true;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0004_licences")]
    operations = [
        migrations.RunSQL(LOCK_HOT + TAKE_TOKENS + MOVE),
        migrations.RunSQL(RESERVE + HOT),
    ]
