-- Run by one at a time, in a statement of its own after the lock was had (catalog.feed.services.catch_up), so
-- that its snapshot holds whatever earlier positions were given for. Marks, documents and positions are of one
-- snapshot.
CREATE FUNCTION public.catalog_sequence(at_most integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    positioned integer;
BEGIN
    WITH RECURSIVE gone AS (
        DELETE FROM public.catalog_feedmark
        WHERE id IN (SELECT id FROM public.catalog_feedmark ORDER BY id LIMIT at_most)
        RETURNING id, what, key
    ), below AS (
        SELECT gone.id AS mark, gone.key AS category_id FROM gone WHERE what = 'c'
        UNION
        SELECT below.mark, c.id FROM below JOIN public.catalog_category c ON c.parent_id = below.category_id
    ), changed AS (
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
        FROM changed t LEFT JOIN public.catalog_product p ON p.id = t.product_id
            LEFT JOIN public.catalog_feedentry e ON e.product_id = t.product_id
    ), due AS (
        SELECT *, row_number() OVER (ORDER BY mark, product_id) AS place FROM fresh
        WHERE (known IS NULL AND NOT is_deleted) OR (known IS NOT NULL
            AND (is_deleted, for_sale, document, stock)
                IS DISTINCT FROM (was_deleted, was_for_sale, old_document, old_stock))
    )
    INSERT INTO public.catalog_feedentry (product_id, position, is_deleted, for_sale, document, stock, changed_at)
    SELECT product_id, (SELECT coalesce(max(position), 0) FROM public.catalog_feedentry) + place,
        is_deleted, for_sale, document, stock, clock_timestamp()
    FROM due
    ON CONFLICT (product_id) DO UPDATE
    SET position = excluded.position, is_deleted = excluded.is_deleted, for_sale = excluded.for_sale,
        document = excluded.document, stock = excluded.stock, changed_at = excluded.changed_at;
    GET DIAGNOSTICS positioned = ROW_COUNT;
    RETURN positioned;
END $$;
