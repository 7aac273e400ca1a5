"""The change feed: marks, ready-made documents, positions.

Names are qualified with "public", for the functions also run while a tenant's schema comes first
on the search path.
"""

from django.db import migrations

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
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0006_reservations")]
    operations = [
        migrations.RunSQL(MARKS + MARK_TRIGGERS),
        migrations.RunSQL(DOCUMENT + SEQUENCE),
    ]
