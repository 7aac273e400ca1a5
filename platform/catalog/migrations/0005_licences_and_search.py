"""What the database keeps by itself: until when a product is licensed, and what a search finds.

Names are qualified with "public", for the functions also run while a tenant's schema comes first
on the search path.
"""

from django.db import migrations

# The last day on which a supplier may sell goods of a category: NULL without end, 0001-01-01 if a licence
# it needs is missing. Needed is what supplier and category ask for, and every kind it once had: a permit
# that ran out was needed. A licence that follows the present one without a gap counts with it.
LICENSED_UNTIL = """
CREATE FUNCTION public.catalog_licensed_until(for_supplier uuid, for_category uuid) RETURNS date
LANGUAGE sql STABLE AS $$
    WITH RECURSIVE above AS (
        SELECT parent_id, required_licences FROM public.catalog_category WHERE id = for_category
        UNION ALL
        SELECT c.parent_id, c.required_licences
        FROM public.catalog_category c JOIN above ON c.id = above.parent_id
    ), licence AS (
        SELECT kind, coalesce(expires_on, 'infinity') AS until, coalesce(valid_from, '-infinity') AS since
        FROM public.catalog_licence WHERE supplier_id = for_supplier
    ), present AS (
        SELECT kind, max(until) AS until FROM licence
        WHERE since <= (now() AT TIME ZONE 'UTC')::date GROUP BY kind
    ), needed AS (
        SELECT unnest(required_licences) AS kind FROM above
        UNION
        SELECT unnest(required_licences) FROM public.catalog_supplier WHERE id = for_supplier
        UNION
        SELECT kind FROM licence
    ), reach AS (
        SELECT coalesce(
            max(greatest(present.until, licence.until)) FILTER (
                WHERE isfinite(present.until) IS NOT TRUE OR licence.since <= present.until + 1
            ),
            '0001-01-01'::date
        ) AS until
        FROM needed LEFT JOIN present USING (kind)
            LEFT JOIN licence ON licence.kind = needed.kind AND present.kind IS NOT NULL
        GROUP BY needed.kind
    )
    SELECT nullif(min(until), 'infinity') FROM reach
$$;
CREATE FUNCTION public.catalog_refresh_licences(for_supplier uuid) RETURNS void LANGUAGE sql AS $$
    UPDATE public.catalog_product p SET licensed_until = found.until
    FROM (
        SELECT category_id, public.catalog_licensed_until(for_supplier, category_id) AS until
        FROM (SELECT DISTINCT category_id FROM public.catalog_product WHERE supplier_id = for_supplier) own
    ) found
    WHERE p.supplier_id = for_supplier AND p.category_id IS NOT DISTINCT FROM found.category_id
        AND p.licensed_until IS DISTINCT FROM found.until
$$;
"""
LICENCE_TRIGGERS = """
CREATE FUNCTION public.catalog_licence_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM public.catalog_refresh_licences(OLD.supplier_id);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM public.catalog_refresh_licences(NEW.supplier_id);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER licences AFTER INSERT OR UPDATE OR DELETE ON public.catalog_licence
    FOR EACH ROW EXECUTE FUNCTION public.catalog_licence_changed();
CREATE FUNCTION public.catalog_supplier_needs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM public.catalog_refresh_licences(NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER licences AFTER UPDATE OF required_licences ON public.catalog_supplier FOR EACH ROW
    WHEN (OLD.required_licences IS DISTINCT FROM NEW.required_licences)
    EXECUTE FUNCTION public.catalog_supplier_needs();
CREATE FUNCTION public.catalog_category_needs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM public.catalog_refresh_licences(supplier_id)
    FROM (SELECT DISTINCT supplier_id FROM public.catalog_product) everybody;
    RETURN NULL;
END $$;
CREATE TRIGGER licences AFTER UPDATE OF required_licences, parent_id ON public.catalog_category FOR EACH ROW
    WHEN (OLD.required_licences IS DISTINCT FROM NEW.required_licences
        OR OLD.parent_id IS DISTINCT FROM NEW.parent_id)
    EXECUTE FUNCTION public.catalog_category_needs();
CREATE FUNCTION public.catalog_product_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE public.catalog_product SET licensed_until =
        public.catalog_licensed_until(NEW.supplier_id, NEW.category_id)
    WHERE id = NEW.id AND licensed_until IS DISTINCT FROM
        public.catalog_licensed_until(NEW.supplier_id, NEW.category_id);
    RETURN NULL;
END $$;
CREATE TRIGGER licences_update AFTER UPDATE OF category_id, supplier_id ON public.catalog_product
    FOR EACH ROW WHEN (OLD.category_id IS DISTINCT FROM NEW.category_id OR OLD.supplier_id <> NEW.supplier_id)
    EXECUTE FUNCTION public.catalog_product_moved();
CREATE FUNCTION public.catalog_products_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE public.catalog_product p SET licensed_until = found.until
    FROM (
        SELECT supplier_id, category_id, public.catalog_licensed_until(supplier_id, category_id) AS until
        FROM (SELECT DISTINCT supplier_id, category_id FROM added) pair
    ) found JOIN added ON added.supplier_id = found.supplier_id
        AND added.category_id IS NOT DISTINCT FROM found.category_id
    WHERE p.id = added.id AND found.until IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER licences_insert AFTER INSERT ON public.catalog_product
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.catalog_products_added();
"""

# The one definition of "can be sold" in the database; catalog.selectors.sellable_condition says the same.
FOR_SALE = """
CREATE FUNCTION public.catalog_for_sale(p public.catalog_product, tenant uuid DEFAULT NULL) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT p.status = 'active' AND coalesce(p.licensed_until >= (now() AT TIME ZONE 'UTC')::date, true)
        AND p.admission IN ('free', 'passed') AND (tenant IS NULL OR tenant <> ALL (p.barred_from))
        AND EXISTS (SELECT FROM public.catalog_supplier s WHERE s.id = p.supplier_id AND s.is_active)
$$;
"""

# pg_trgm knows no Chinese word of two characters, so those are found by their characters and pairs of them.
SEARCH_TEXT = """
CREATE FUNCTION public.catalog_grams(said text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(DISTINCT substr(run, place, size)), '{}')
    FROM (SELECT found[1] AS run FROM regexp_matches(said, '[\\u3400-\\u9fff]+', 'g') found) runs,
        generate_series(1, char_length(run)) place, (VALUES (1), (2)) sizes(size)
    WHERE place + size - 1 <= char_length(run)
$$;
CREATE OR REPLACE FUNCTION public.catalog_search_text() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.search_text := lower(concat_ws(' ',
        (SELECT string_agg(value, ' ' ORDER BY key) FROM jsonb_each_text(NEW.title)),
        array_to_string(NEW.tags, ' '), NEW.vendor));
    NEW.search_grams := CASE WHEN NEW.search_text ~ '[\\u3400-\\u9fff]'
        THEN public.catalog_grams(NEW.search_text) ELSE '{}' END;
    RETURN NEW;
END $$;
DROP TRIGGER search_text ON public.catalog_product;
CREATE TRIGGER search_text BEFORE INSERT OR UPDATE OF title, tags, vendor, search_text, search_grams
    ON public.catalog_product FOR EACH ROW EXECUTE FUNCTION public.catalog_search_text();
UPDATE public.catalog_product SET search_text = search_text;
"""

# Every word must be found, each as well as it can be: 1 where it stands as it was written, else by how many
# of its trigrams (Latin) or characters and pairs (Chinese) are there. Then, what has the words in a title,
# at its beginning, in a short one, comes first; what is much worse than the best is left out.
# 0.3: two letters swapped in a word of six. 0.4: one wrong character in a word of three.
SEARCH = """
CREATE FUNCTION public.catalog_search(query text, at_most integer)
RETURNS TABLE (product_id uuid, rank real) LANGUAGE sql STABLE
SET pg_trgm.word_similarity_threshold = 0.3 AS $$
    WITH word AS (
        SELECT DISTINCT found[1] AS said, found[1] ~ '^[\\u3400-\\u9fff]' AS is_chinese
        FROM regexp_matches(lower(query), '[\\u3400-\\u9fff]+|[^\\s\\u3400-\\u9fff]+', 'g') found
    ), latin AS (
        SELECT word.said, hit.id, hit.closeness
        FROM word CROSS JOIN LATERAL (
            SELECT p.id, CASE WHEN position(word.said IN p.search_text) > 0 THEN 1.0::real
                ELSE 0.9::real * word_similarity(word.said, p.search_text) END AS closeness
            FROM public.catalog_product p WHERE p.status = 'active' AND p.search_text %> word.said
        ) hit
        WHERE NOT word.is_chinese
    ), pair AS (
        SELECT said, public.catalog_grams(said) AS grams FROM word WHERE is_chinese
    ), chinese AS (
        SELECT pair.said, hit.id, 1.0::real AS closeness
        FROM pair CROSS JOIN LATERAL (
            SELECT p.id FROM public.catalog_product p
            WHERE p.status = 'active' AND p.search_grams @> pair.grams
        ) hit
        WHERE char_length(pair.said) < 3
        UNION ALL
        SELECT pair.said, hit.id, CASE WHEN hit.has THEN 1.0::real ELSE 0.9::real * hit.there
            / cardinality(pair.grams) END
        FROM pair CROSS JOIN LATERAL (
            SELECT p.id, position(pair.said IN p.search_text) > 0 AS has, (
                SELECT count(*) FROM unnest(pair.grams) gram WHERE gram = ANY (p.search_grams)
            ) AS there
            FROM public.catalog_product p WHERE p.status = 'active' AND p.search_grams && pair.grams
        ) hit
        WHERE char_length(pair.said) >= 3 AND hit.there >= 0.4 * cardinality(pair.grams)
    ), found AS (
        SELECT id, avg(closeness) AS closeness
        FROM (SELECT * FROM latin UNION ALL SELECT * FROM chinese) hit
        GROUP BY id HAVING count(*) = (SELECT count(*) FROM word)
    ), ranked AS (
        SELECT p.id, found.closeness::real AS closeness, (
            found.closeness
            + CASE WHEN titles.has THEN 0.3 ELSE 0 END + CASE WHEN titles.begins THEN 0.2 ELSE 0 END
            + 0.1 * least(1, char_length(query)::real / greatest(titles.shortest, 1))
        )::real AS rank
        FROM found JOIN public.catalog_product p USING (id) CROSS JOIN LATERAL (
            SELECT bool_or(position(lower(query) IN lower(value)) > 0) AS has,
                bool_or(starts_with(lower(value), lower(query))) AS begins,
                min(char_length(value)) AS shortest
            FROM jsonb_each_text(p.title)
        ) titles
    )
    SELECT id, ranked.rank FROM ranked
    WHERE closeness >= 0.7 * (SELECT max(closeness) FROM ranked)
    ORDER BY ranked.rank DESC, id DESC LIMIT at_most
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0004_supply_in_full")]
    operations = [
        migrations.RunSQL(LICENSED_UNTIL + LICENCE_TRIGGERS + FOR_SALE),
        migrations.RunSQL(SEARCH_TEXT + SEARCH),
    ]
