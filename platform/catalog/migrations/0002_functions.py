"""What the database does by itself: search text, the catalogue's version, and moving stock.

Names are qualified with "public", for the functions also run while a tenant's schema comes first
on the search path.
"""

from django.db import migrations

SEARCH_TEXT = """
CREATE FUNCTION public.catalog_search_text() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.search_text := lower(concat_ws(' ',
        (SELECT string_agg(value, ' ' ORDER BY key) FROM jsonb_each_text(NEW.title)),
        array_to_string(NEW.tags, ' '), NEW.vendor));
    RETURN NEW;
END $$;
CREATE TRIGGER search_text BEFORE INSERT OR UPDATE ON public.catalog_product
    FOR EACH ROW EXECUTE FUNCTION public.catalog_search_text();
"""

# A statement that touched no row changes nothing, so the transition table is asked first.
VERSION = """
CREATE FUNCTION public.catalog_count_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM touched) THEN
        INSERT INTO public.catalog_cataloguechange (amount) VALUES (1);
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION public.catalog_count_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.catalog_cataloguechange (amount) VALUES (1);
    RETURN NULL;
END $$;
"""
WATCHED = ("supplier", "category", "product", "variant", "price", "media")
VERSION_TRIGGERS = "".join(
    f"""
CREATE TRIGGER version_{verb.lower()} AFTER {verb} ON public.catalog_{table}
    REFERENCING {which} TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION public.catalog_count_change();
"""
    for table in WATCHED
    for verb, which in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD"))
)
# Every order changes stock. Pages show only whether there is any, and the condition costs no call.
VERSION_STOCK = """
CREATE TRIGGER version_insert AFTER INSERT ON public.catalog_stock
    REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION public.catalog_count_change();
CREATE TRIGGER version_update AFTER UPDATE ON public.catalog_stock
    FOR EACH ROW WHEN ((OLD.available = 0) IS DISTINCT FROM (NEW.available = 0))
    EXECUTE FUNCTION public.catalog_count_row();
"""

# One round trip for a whole order. Rows are locked in the order of their ids, so two orders never
# wait for each other; the block with the exception gives back what was taken before a shortage.
RESERVE = """
CREATE FUNCTION public.catalog_reserve(
    for_reference uuid, variants uuid[], quantities integer[], until timestamptz
) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    line record;
    fresh integer;
    short uuid;
BEGIN
    INSERT INTO public.catalog_reservation (reference, variant_id, quantity, expires_at)
    SELECT for_reference, wanted.variant_id, wanted.quantity, until
    FROM unnest(variants, quantities) AS wanted(variant_id, quantity) ORDER BY wanted.variant_id
    ON CONFLICT (reference, variant_id) DO NOTHING;
    GET DIAGNOSTICS fresh = ROW_COUNT;
    IF fresh = 0 THEN
        RETURN NULL;
    END IF;
    FOR line IN
        SELECT * FROM unnest(variants, quantities) AS wanted(variant_id, quantity) ORDER BY wanted.variant_id
    LOOP
        short := line.variant_id;
        UPDATE public.catalog_stock
        SET available = available - line.quantity, reserved = reserved + line.quantity
        WHERE variant_id = line.variant_id AND available >= line.quantity;
        IF NOT FOUND THEN
            RAISE SQLSTATE 'BN001';
        END IF;
    END LOOP;
    RETURN NULL;
EXCEPTION WHEN SQLSTATE 'BN001' THEN
    RETURN short;
END $$;
"""
COMMIT = """
CREATE FUNCTION public.catalog_commit(for_reference uuid) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    line record;
    known boolean := false;
BEGIN
    FOR line IN
        SELECT * FROM public.catalog_reservation WHERE reference = for_reference ORDER BY variant_id FOR UPDATE
    LOOP
        known := true;
        CASE line.state
            WHEN 'committed' THEN
                CONTINUE;
            WHEN 'held' THEN
                UPDATE public.catalog_stock SET reserved = reserved - line.quantity
                WHERE variant_id = line.variant_id;
            WHEN 'expired' THEN
                UPDATE public.catalog_stock SET available = available - line.quantity
                WHERE variant_id = line.variant_id AND available >= line.quantity;
                IF NOT FOUND THEN
                    RAISE SQLSTATE 'BN001';
                END IF;
            ELSE
                RAISE SQLSTATE 'BN001';
        END CASE;
        UPDATE public.catalog_reservation SET state = 'committed' WHERE id = line.id;
    END LOOP;
    RETURN known;
EXCEPTION WHEN SQLSTATE 'BN001' THEN
    RETURN false;
END $$;
"""
RELEASE = """
CREATE FUNCTION public.catalog_release(for_reference uuid) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    line record;
    lines integer := 0;
BEGIN
    FOR line IN
        SELECT * FROM public.catalog_reservation
        WHERE reference = for_reference AND state IN ('held', 'expired') ORDER BY variant_id FOR UPDATE
    LOOP
        IF line.state = 'held' THEN
            UPDATE public.catalog_stock
            SET available = available + line.quantity, reserved = reserved - line.quantity
            WHERE variant_id = line.variant_id;
        END IF;
        UPDATE public.catalog_reservation SET state = 'released' WHERE id = line.id;
        lines := lines + 1;
    END LOOP;
    RETURN lines;
END $$;
"""
# SKIP LOCKED: a reservation that is being paid or released this moment is no longer ours to expire.
EXPIRE = """
CREATE FUNCTION public.catalog_expire(before timestamptz, at_most integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    line record;
    lines integer := 0;
BEGIN
    FOR line IN
        WITH due AS (
            SELECT id, variant_id, quantity FROM public.catalog_reservation
            WHERE state = 'held' AND expires_at <= before
            ORDER BY expires_at LIMIT at_most FOR UPDATE SKIP LOCKED
        ), marked AS (
            UPDATE public.catalog_reservation r SET state = 'expired' FROM due WHERE r.id = due.id
        )
        SELECT variant_id, sum(quantity)::integer AS quantity, count(*)::integer AS reservations
        FROM due GROUP BY variant_id ORDER BY variant_id
    LOOP
        UPDATE public.catalog_stock
        SET available = available + line.quantity, reserved = reserved - line.quantity
        WHERE variant_id = line.variant_id;
        lines := lines + line.reservations;
    END LOOP;
    RETURN lines;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial")]
    operations = [
        migrations.RunSQL(SEARCH_TEXT),
        migrations.RunSQL(VERSION + VERSION_TRIGGERS + VERSION_STOCK),
        migrations.RunSQL(RESERVE + COMMIT + RELEASE + EXPIRE),
    ]
