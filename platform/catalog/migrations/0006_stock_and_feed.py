"""Moving stock, of ordinary and of hot variants, and the change feed.

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
DROP FUNCTION public.catalog_reserve(uuid, uuid[], integer[], timestamptz);
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
COMMIT = """
CREATE OR REPLACE FUNCTION public.catalog_commit(for_reference uuid) RETURNS boolean LANGUAGE plpgsql AS $$
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
                PERFORM public.catalog_put(line.variant_id, 0, line.quantity);
            WHEN 'expired' THEN
                IF NOT public.catalog_take(line.variant_id, line.quantity, false) THEN
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
CREATE OR REPLACE FUNCTION public.catalog_release(for_reference uuid) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    line record;
    lines integer := 0;
BEGIN
    FOR line IN
        SELECT * FROM public.catalog_reservation
        WHERE reference = for_reference AND state IN ('held', 'expired') ORDER BY variant_id FOR UPDATE
    LOOP
        IF line.state = 'held' THEN
            PERFORM public.catalog_put(line.variant_id, line.quantity, line.quantity);
        END IF;
        UPDATE public.catalog_reservation SET state = 'released' WHERE id = line.id;
        lines := lines + 1;
    END LOOP;
    RETURN lines;
END $$;
CREATE FUNCTION public.catalog_restock(variants uuid[], quantities integer[]) RETURNS void LANGUAGE sql AS $$
    SELECT public.catalog_put(wanted.variant_id, wanted.quantity, 0)
    FROM (
        SELECT * FROM unnest(variants, quantities) AS given(variant_id, quantity) ORDER BY given.variant_id
    ) wanted
$$;
"""
# SKIP LOCKED: a reservation that is being paid or released this moment is no longer ours to expire.
EXPIRE = """
CREATE OR REPLACE FUNCTION public.catalog_expire(before timestamptz, at_most integer) RETURNS integer
LANGUAGE plpgsql AS $$
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
        PERFORM public.catalog_put(line.variant_id, line.quantity, line.quantity);
        lines := lines + line.reservations;
    END LOOP;
    RETURN lines;
END $$;
"""
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
             WHERE r.variant_id = hot.variant_id AND r.state = 'held') AS held
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
            WHERE variant_id = wanted AND state = 'held'
        ) WHERE variant_id = wanted;
    END IF;
    RETURN true;
END $$;
"""

# Writers append marks and lock nothing; see catalog.feed for how marks become positions.
MARKS = """
CREATE FUNCTION public.catalog_mark_product() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.catalog_feedmark (what, key) SELECT 'p', id FROM touched;
    RETURN NULL;
END $$;
CREATE FUNCTION public.catalog_mark_part() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.catalog_feedmark (what, key) SELECT DISTINCT 'p', product_id FROM touched;
    RETURN NULL;
END $$;
CREATE FUNCTION public.catalog_mark_price() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.catalog_feedmark (what, key)
    SELECT DISTINCT 'p', v.product_id FROM touched JOIN public.catalog_variant v ON v.id = touched.variant_id;
    RETURN NULL;
END $$;
CREATE FUNCTION public.catalog_mark_stock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.catalog_feedmark (what, key) VALUES ('s', NEW.variant_id);
    RETURN NULL;
END $$;
CREATE FUNCTION public.catalog_mark_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.catalog_feedmark (what, key) VALUES (TG_ARGV[0], NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER feed_update AFTER UPDATE OF available ON public.catalog_stock FOR EACH ROW
    WHEN (OLD.available <> NEW.available) EXECUTE FUNCTION public.catalog_mark_stock();
CREATE TRIGGER feed_insert AFTER INSERT ON public.catalog_stock REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION public.catalog_mark_price();
CREATE TRIGGER feed_update AFTER UPDATE ON public.catalog_supplier FOR EACH ROW
    WHEN (OLD IS DISTINCT FROM NEW) EXECUTE FUNCTION public.catalog_mark_row('u');
CREATE TRIGGER feed_update AFTER UPDATE OF slug, parent_id ON public.catalog_category FOR EACH ROW
    WHEN (OLD IS DISTINCT FROM NEW) EXECUTE FUNCTION public.catalog_mark_row('c');
"""
MARKED = {
    "product": "product",
    "variant": "part",
    "media": "part",
    "product_selling_points": "part",
    "price": "price",
}
MARK_TRIGGERS = "".join(
    f"""
CREATE TRIGGER feed_{verb.lower()} AFTER {verb} ON public.catalog_{table}
    REFERENCING {which} TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION public.catalog_mark_{how}();
"""
    for table, how in MARKED.items()
    for verb, which in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD"))
)

# The product ready-made: everything but what only a tenant knows. Costs are in it: they are what a tenant pays.
DOCUMENT = """
CREATE FUNCTION public.catalog_document(p public.catalog_product) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'product_id', p.id, 'handle', p.handle, 'kind', p.kind, 'status', p.status, 'title', p.title,
        'description', p.description, 'vendor', p.vendor, 'tags', to_jsonb(p.tags), 'region', p.region,
        'local_to', (SELECT slug FROM public.catalog_region WHERE id = p.local_to_id),
        'options', p.options, 'voucher', p.voucher, 'licensed_until', p.licensed_until,
        'supplier', (
            SELECT jsonb_build_object('supplier_id', s.id, 'code', s.code, 'name', s.name, 'region', s.region,
                'currency', s.currency, 'freight', s.freight, 'freight_free_from', s.freight_free_from,
                'handling_days', s.handling_days)
            FROM public.catalog_supplier s WHERE s.id = p.supplier_id
        ),
        'categories', (
            WITH RECURSIVE above AS (
                SELECT slug, parent_id, 1 AS height FROM public.catalog_category WHERE id = p.category_id
                UNION ALL
                SELECT c.slug, c.parent_id, height + 1
                FROM public.catalog_category c JOIN above ON c.id = above.parent_id
            )
            SELECT coalesce(jsonb_agg(slug ORDER BY height DESC), '[]') FROM above
        ),
        'selling_points', (
            SELECT coalesce(jsonb_agg(s.slug ORDER BY s.slug), '[]')
            FROM public.catalog_product_selling_points l
                JOIN public.catalog_sellingpoint s ON s.id = l.sellingpoint_id
            WHERE l.product_id = p.id
        ),
        'images', (
            SELECT coalesce(jsonb_agg(m.url ORDER BY m.position, m.id), '[]')
            FROM public.catalog_media m WHERE m.product_id = p.id
        ),
        'variants', (
            SELECT coalesce(jsonb_agg(jsonb_build_object(
                'variant_id', v.id, 'sku', v.sku, 'barcode', v.barcode, 'options', to_jsonb(v.options),
                'weight_grams', v.weight_grams,
                'prices', (
                    SELECT coalesce(jsonb_object_agg(c.currency, jsonb_build_object('cost', c.cost,
                        'suggested', c.suggested, 'minimum', c.minimum, 'compare_at', c.compare_at)), '{}')
                    FROM public.catalog_price c WHERE c.variant_id = v.id
                )) ORDER BY v.position, v.id), '[]')
            FROM public.catalog_variant v WHERE v.product_id = p.id AND v.is_active
        )
    )
$$;
CREATE FUNCTION public.catalog_units(p public.catalog_product) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_object_agg(v.id, coalesce(s.available, 0)), '{}')
    FROM public.catalog_variant v LEFT JOIN public.catalog_stock s ON s.variant_id = v.id
    WHERE v.product_id = p.id AND v.is_active
$$;
"""

# Run by one at a time, in a statement of its own after the lock was had (catalog.feed.catch_up), so that its
# snapshot holds whatever earlier positions were given for. Marks, documents and positions are one snapshot's.
SEQUENCE = """
CREATE FUNCTION public.catalog_sequence(at_most integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    given integer;
BEGIN
    WITH RECURSIVE gone AS (
        DELETE FROM public.catalog_feedmark
        WHERE id IN (SELECT id FROM public.catalog_feedmark ORDER BY id LIMIT at_most)
        RETURNING id, what, key
    ), below AS (
        SELECT gone.id AS mark, gone.key AS category_id FROM gone WHERE what = 'c'
        UNION
        SELECT below.mark, c.id FROM below JOIN public.catalog_category c ON c.parent_id = below.category_id
    ), touched AS (
        SELECT product_id, min(id) AS mark, bool_and(stock_only) AS stock_only FROM (
            SELECT key AS product_id, id, false AS stock_only FROM gone WHERE what = 'p'
            UNION ALL
            SELECT v.product_id, gone.id, true
            FROM gone JOIN public.catalog_variant v ON v.id = gone.key WHERE what = 's'
            UNION ALL
            SELECT p.id, gone.id, false
            FROM gone JOIN public.catalog_product p ON p.supplier_id = gone.key WHERE what = 'u'
            UNION ALL
            SELECT p.id, below.mark, false
            FROM below JOIN public.catalog_product p ON p.category_id = below.category_id
        ) named GROUP BY product_id
    ), fresh AS MATERIALIZED (
        SELECT t.product_id, t.mark, p.id IS NULL AS is_deleted, e.product_id AS known,
            CASE WHEN p.id IS NULL THEN false ELSE public.catalog_for_sale(p) END AS for_sale,
            CASE WHEN p.id IS NULL THEN NULL
                WHEN t.stock_only AND e.document IS NOT NULL THEN e.document
                ELSE public.catalog_document(p) END AS document,
            CASE WHEN p.id IS NOT NULL THEN public.catalog_units(p) END AS stock,
            e.is_deleted AS was_deleted, e.for_sale AS was_for_sale, e.document AS old_document, e.stock AS old_stock
        FROM touched t LEFT JOIN public.catalog_product p ON p.id = t.product_id
            LEFT JOIN public.catalog_feedentry e ON e.product_id = t.product_id
    ), news AS (
        SELECT *, row_number() OVER (ORDER BY mark, product_id) AS place FROM fresh
        WHERE (known IS NULL AND NOT is_deleted) OR (known IS NOT NULL
            AND (is_deleted, for_sale, document, stock)
                IS DISTINCT FROM (was_deleted, was_for_sale, old_document, old_stock))
    )
    INSERT INTO public.catalog_feedentry (product_id, position, is_deleted, for_sale, document, stock, changed_at)
    SELECT product_id, (SELECT coalesce(max(position), 0) FROM public.catalog_feedentry) + place,
        is_deleted, for_sale, document, stock, clock_timestamp()
    FROM news
    ON CONFLICT (product_id) DO UPDATE
    SET position = excluded.position, is_deleted = excluded.is_deleted, for_sale = excluded.for_sale,
        document = excluded.document, stock = excluded.stock, changed_at = excluded.changed_at;
    GET DIAGNOSTICS given = ROW_COUNT;
    RETURN given;
END $$;
INSERT INTO public.catalog_feedmark (what, key) SELECT 'p', id FROM public.catalog_product;
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0005_licences_and_search")]
    operations = [
        migrations.RunSQL(LOCK_HOT + TAKE_TOKENS + MOVE),
        migrations.RunSQL(RESERVE + COMMIT + RELEASE + EXPIRE + HOT),
        migrations.RunSQL(MARKS + MARK_TRIGGERS),
        migrations.RunSQL(DOCUMENT + SEQUENCE),
    ]
