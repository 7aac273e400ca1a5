"""The statements of catalog.importing.staging, in the order in which they run.

Existing rows are found first, so that rows of products and variants can be linked by ids that are
known before anything is written. Every UPDATE names what must differ: what is the same stays as it is.
"""

DROP = """
DROP TABLE IF EXISTS pg_temp.import_product, pg_temp.import_variant, pg_temp.import_picture;
DROP TABLE IF EXISTS pg_temp.import_change;
"""
CREATE = """
CREATE TEMP TABLE import_product (
    n integer, line integer, handle text, kind text, status text, category_id uuid,
    title jsonb, description jsonb, vendor text, tags varchar[], region text, options jsonb, voucher jsonb,
    product_id uuid DEFAULT uuidv7(), is_new boolean DEFAULT true
);
CREATE TEMP TABLE import_variant (
    n integer, position integer, options varchar[], sku text, barcode text, weight_grams integer,
    suggested bigint, cost bigint, minimum bigint, compare_at bigint, quantity integer, is_active boolean,
    variant_id uuid DEFAULT uuidv7(), is_new boolean DEFAULT true
);
CREATE TEMP TABLE import_picture (
    n integer, position integer, url text, alt jsonb, options varchar[]
);
CREATE TEMP TABLE import_change (product_id uuid, aspect text, amount integer);
"""

# Of formats that have no handles, which are then made from codes and titles.
DUPLICATES = """
SELECT p.handle, p.line, array(
    SELECT coalesce(nullif(array_to_string(v.options, ' / '), ''), nullif(v.sku, ''), p.handle)
    FROM import_variant v WHERE v.n = p.n ORDER BY v.position
), (SELECT array_agg(o.line ORDER BY o.line) FROM import_product o WHERE o.handle = p.handle AND o.n <> p.n)
FROM import_product p
WHERE p.handle IN (SELECT handle FROM import_product GROUP BY handle HAVING count(*) > 1) ORDER BY p.line
"""
FORGET_DUPLICATES = """
DELETE FROM import_product
WHERE handle IN (SELECT handle FROM import_product GROUP BY handle HAVING count(*) > 1)
"""

ANALYZE = "ANALYZE import_product (n, handle), import_variant (n, options), import_picture (n, url)"
MATCH_PRODUCTS = """
UPDATE import_product i SET product_id = p.id, is_new = false
FROM catalog_product p WHERE p.supplier_id = %(supplier)s AND p.handle = i.handle
"""
MATCH_VARIANTS = """
UPDATE import_variant i SET variant_id = v.id, is_new = false
FROM import_product p JOIN catalog_variant v ON v.product_id = p.product_id
WHERE p.n = i.n AND NOT p.is_new AND v.options = i.options
"""

# What the file does not say of what is new, and somebody has to.
QUESTIONS = """
SELECT 'stock', count(*), (array_agg(DISTINCT p.handle))[:%(shown)s]
FROM import_variant v JOIN import_product p USING (n)
WHERE v.is_new AND v.is_active AND v.quantity IS NULL HAVING count(*) > 0
UNION ALL
SELECT 'kind', count(*), (array_agg(handle ORDER BY n))[:%(shown)s]
FROM import_product WHERE is_new AND kind = '' HAVING count(*) > 0
UNION ALL
SELECT 'category', count(*), (array_agg(handle ORDER BY n))[:%(shown)s]
FROM import_product WHERE is_new AND category_id IS NULL HAVING count(*) > 0
"""
LEFT_OUT = """
SELECT p.handle, p.line, array(
    SELECT coalesce(nullif(array_to_string(v.options, ' / '), ''), nullif(v.sku, ''), p.handle)
    FROM import_variant v WHERE v.n = p.n ORDER BY v.position
)
FROM import_product p WHERE is_new AND kind = '' ORDER BY n
"""
FORGET_LEFT_OUT = "DELETE FROM import_product WHERE is_new AND kind = ''"
ANSWER_KIND = "UPDATE import_product SET kind = %(kind)s WHERE is_new AND kind = ''"
ANSWER_CATEGORY = """
UPDATE import_product SET category_id = (SELECT id FROM catalog_category WHERE slug = %(category)s)
WHERE is_new AND category_id IS NULL
"""
ANSWER_UNITS = "UPDATE import_variant SET quantity = %(units)s WHERE is_new AND quantity IS NULL"

NEW_PRODUCTS = """
INSERT INTO catalog_product (id, supplier_id, handle, kind, status, category_id, title, description,
    vendor, tags, region, options, voucher, search_text, updated_at)
SELECT product_id, %(supplier)s, handle, kind, status, category_id, title, description,
    vendor, tags, region, options, coalesce(voucher, '{}'), '', now()
FROM import_product WHERE is_new ORDER BY n
"""
OLD_PRODUCTS = """
WITH written AS (
    UPDATE catalog_product p
    SET kind = coalesce(nullif(i.kind, ''), p.kind), status = i.status,
        category_id = coalesce(i.category_id, p.category_id),
        title = p.title || i.title, description = p.description || i.description, vendor = i.vendor,
        tags = i.tags, region = i.region, options = i.options, voucher = coalesce(i.voucher, p.voucher),
        updated_at = now()
    FROM import_product i
    WHERE p.id = i.product_id AND NOT i.is_new
        AND (p.kind, p.status, p.category_id, p.title, p.description, p.vendor, p.tags,
            p.region, p.options, p.voucher)
        IS DISTINCT FROM (coalesce(nullif(i.kind, ''), p.kind), i.status,
            coalesce(i.category_id, p.category_id), p.title || i.title,
            p.description || i.description, i.vendor, i.tags, i.region, i.options,
            coalesce(i.voucher, p.voucher))
    RETURNING p.id
)
INSERT INTO import_change SELECT id, 'texts', 1 FROM written
"""

NEW_VARIANTS = """
INSERT INTO catalog_variant (id, product_id, sku, barcode, options, weight_grams, position, is_active)
SELECT v.variant_id, p.product_id, v.sku, v.barcode, v.options, v.weight_grams, v.position, v.is_active
FROM import_variant v JOIN import_product p USING (n) WHERE v.is_new ORDER BY n, v.position
"""
OLD_VARIANTS = """
WITH written AS (
    UPDATE catalog_variant v
    SET sku = i.sku, barcode = i.barcode, weight_grams = i.weight_grams, position = i.position,
        is_active = i.is_active
    FROM import_variant i JOIN import_product p USING (n)
    WHERE v.id = i.variant_id AND NOT i.is_new
        AND (v.sku, v.barcode, v.weight_grams, v.position, v.is_active)
        IS DISTINCT FROM (i.sku, i.barcode, i.weight_grams, i.position, i.is_active)
    RETURNING v.product_id
)
INSERT INTO import_change SELECT product_id, 'variants', count(*) FROM written GROUP BY 1
"""
GONE_VARIANTS = """
WITH written AS (
    UPDATE catalog_variant v SET is_active = false
    FROM import_product p
    WHERE v.product_id = p.product_id AND NOT p.is_new AND v.is_active
        AND NOT EXISTS (SELECT FROM import_variant i WHERE i.variant_id = v.id)
    RETURNING v.product_id
)
INSERT INTO import_change SELECT product_id, 'variants_removed', count(*) FROM written GROUP BY 1
"""

NEW_PRICES = """
INSERT INTO catalog_price (variant_id, currency, cost, suggested, minimum, compare_at)
SELECT variant_id, %(currency)s, cost, suggested, minimum, compare_at
FROM import_variant JOIN import_product USING (n)
WHERE import_variant.is_new AND suggested IS NOT NULL
ORDER BY n, import_variant.position
"""
OLD_PRICES = """
WITH written AS (
    INSERT INTO catalog_price AS c (variant_id, currency, cost, suggested, minimum, compare_at)
    SELECT variant_id, %(currency)s, cost, suggested, minimum, compare_at
    FROM import_variant JOIN import_product USING (n)
    WHERE NOT import_variant.is_new AND suggested IS NOT NULL
    ON CONFLICT (variant_id, currency) DO UPDATE
    SET cost = excluded.cost, suggested = excluded.suggested, minimum = excluded.minimum,
        compare_at = excluded.compare_at
    WHERE (c.cost, c.suggested, c.minimum, c.compare_at)
        IS DISTINCT FROM (excluded.cost, excluded.suggested, excluded.minimum, excluded.compare_at)
    RETURNING variant_id
)
INSERT INTO import_change
SELECT p.product_id, 'prices', count(*)
FROM written JOIN import_variant v USING (variant_id) JOIN import_product p USING (n) GROUP BY 1
"""

NEW_PICTURES = """
INSERT INTO catalog_media (product_id, variant_id, position, url, alt)
SELECT p.product_id, v.variant_id, i.position, i.url, i.alt
FROM import_picture i JOIN import_product p USING (n)
    LEFT JOIN import_variant v ON v.n = i.n AND v.options = i.options
WHERE p.is_new ORDER BY i.n, i.position
"""
OLD_PICTURES = """
WITH written AS (
    INSERT INTO catalog_media AS m (product_id, variant_id, position, url, alt)
    SELECT p.product_id, v.variant_id, i.position, i.url, i.alt
    FROM import_picture i JOIN import_product p USING (n)
        LEFT JOIN import_variant v ON v.n = i.n AND v.options = i.options
    WHERE NOT p.is_new
    ON CONFLICT (product_id, url) DO UPDATE
    SET variant_id = excluded.variant_id, position = excluded.position, alt = m.alt || excluded.alt
    WHERE (m.variant_id, m.position, m.alt)
        IS DISTINCT FROM (excluded.variant_id, excluded.position, m.alt || excluded.alt)
    RETURNING product_id
)
INSERT INTO import_change SELECT product_id, 'pictures', count(*) FROM written GROUP BY 1
"""
GONE_PICTURES = """
WITH written AS (
    DELETE FROM catalog_media m USING import_product p
    WHERE m.product_id = p.product_id AND NOT p.is_new
        AND EXISTS (SELECT FROM import_picture i WHERE i.n = p.n)
        AND NOT EXISTS (SELECT FROM import_picture i WHERE i.n = p.n AND i.url = m.url)
    RETURNING m.product_id
)
INSERT INTO import_change SELECT product_id, 'pictures_removed', count(*) FROM written GROUP BY 1
"""

NEW_STOCK = """
INSERT INTO catalog_stock (variant_id, available, reserved)
SELECT variant_id, coalesce(quantity, 0), 0
FROM import_variant JOIN import_product USING (n) WHERE import_variant.is_new
ORDER BY n, import_variant.position
"""
# A variant made by hand may have none yet.
MISSING_STOCK = """
INSERT INTO catalog_stock (variant_id, available, reserved)
SELECT variant_id, 0, 0 FROM import_variant i JOIN import_product USING (n)
WHERE NOT i.is_new AND NOT EXISTS (SELECT FROM catalog_stock s WHERE s.variant_id = i.variant_id)
"""
# Checkouts lock stock in the order of ids; so do we, and last of all, to hold them up least.
LOCK_STOCK = """
SELECT count(*) FROM (
    SELECT FROM catalog_stock s JOIN import_variant i USING (variant_id) JOIN import_product p USING (n)
    WHERE NOT i.is_new AND i.quantity IS NOT NULL AND s.available <> greatest(i.quantity - s.reserved, 0)
    ORDER BY s.variant_id FOR UPDATE OF s
) locked
"""
# A file counts what lies on the shelf; what is reserved lies there too but is spoken for.
OLD_STOCK = """
WITH written AS (
    UPDATE catalog_stock s SET available = greatest(i.quantity - s.reserved, 0)
    FROM import_variant i JOIN import_product p USING (n)
    WHERE s.variant_id = i.variant_id AND NOT i.is_new
        AND i.quantity IS NOT NULL AND s.available <> greatest(i.quantity - s.reserved, 0)
    RETURNING p.product_id
)
INSERT INTO import_change SELECT product_id, 'stock', count(*) FROM written GROUP BY 1
"""

# What is new needs no comparing: it is all that was staged.
COUNT_NEW = """
INSERT INTO import_change
SELECT product_id, 'texts', 1 FROM import_product WHERE is_new
UNION ALL
SELECT p.product_id, aspect, count(*)
FROM import_variant v JOIN import_product p USING (n), unnest(ARRAY['variants_added', 'prices']) AS aspect
WHERE v.is_new AND (aspect = 'variants_added' OR v.suggested IS NOT NULL) GROUP BY 1, 2
UNION ALL
SELECT p.product_id, 'pictures', count(*) FROM import_picture JOIN import_product p USING (n)
WHERE p.is_new GROUP BY 1
"""

COUNT = """
SELECT count(*) FILTER (WHERE p.is_new), count(c.product_id) FILTER (WHERE NOT p.is_new),
    count(*) FILTER (WHERE c.product_id IS NULL), count(*) FILTER (WHERE p.category_id IS NULL)
FROM import_product p LEFT JOIN (SELECT DISTINCT product_id FROM import_change) c USING (product_id)
"""
COUNT_VARIANTS = """
SELECT count(*), count(*) FILTER (WHERE v.is_new AND v.suggested IS NULL)
FROM import_variant v JOIN import_product p USING (n)
"""
FIRST_CHANGES = """
SELECT p.handle, p.is_new, jsonb_object_agg(c.aspect, c.amount)::text
FROM (SELECT product_id, aspect, sum(amount) AS amount FROM import_change GROUP BY 1, 2) c
    JOIN import_product p USING (product_id)
GROUP BY p.n, p.handle, p.is_new ORDER BY p.n LIMIT %s
"""

MATCH = (ANALYZE, MATCH_PRODUCTS, MATCH_VARIANTS)
WRITE = (
    *(NEW_PRODUCTS, OLD_PRODUCTS, NEW_VARIANTS, OLD_VARIANTS, GONE_VARIANTS),
    *(NEW_PRICES, OLD_PRICES, NEW_PICTURES, OLD_PICTURES, GONE_PICTURES),
    *(NEW_STOCK, MISSING_STOCK, LOCK_STOCK, OLD_STOCK, COUNT_NEW),
)
