-- Until when a product is licensed is a column, kept by these triggers (catalog.licences.services refreshes it).
-- The last day on which a supplier may sell products of a category: NULL without end, 0001-01-01 if a licence
-- it needs is missing. Days are the supplier's own. Needed is what supplier and category ask for, and every kind it once had: a permit
-- that ran out was needed. A licence that follows the present one without a gap counts with it.
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
        WHERE since <= (SELECT (now() AT TIME ZONE timezone)::date FROM public.catalog_supplier WHERE id = for_supplier)
        GROUP BY kind
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
    UPDATE public.catalog_product p SET licensed_until = licensed.until
    FROM (
        SELECT category_id, public.catalog_licensed_until(for_supplier, category_id) AS until
        FROM (SELECT DISTINCT category_id FROM public.catalog_product WHERE supplier_id = for_supplier) own
    ) licensed
    WHERE p.supplier_id = for_supplier AND p.category_id IS NOT DISTINCT FROM licensed.category_id
        AND p.licensed_until IS DISTINCT FROM licensed.until
$$;

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

CREATE TRIGGER licences AFTER UPDATE OF required_licences, timezone ON public.catalog_supplier FOR EACH ROW
    WHEN (OLD.required_licences IS DISTINCT FROM NEW.required_licences OR OLD.timezone <> NEW.timezone)
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
    UPDATE public.catalog_product p SET licensed_until = licensed.until
    FROM (
        SELECT supplier_id, category_id, public.catalog_licensed_until(supplier_id, category_id) AS until
        FROM (SELECT DISTINCT supplier_id, category_id FROM added) pair
    ) licensed JOIN added ON added.supplier_id = licensed.supplier_id
        AND added.category_id IS NOT DISTINCT FROM licensed.category_id
    WHERE p.id = added.id AND licensed.until IS NOT NULL;
    RETURN NULL;
END $$;

CREATE TRIGGER licences_insert AFTER INSERT ON public.catalog_product
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.catalog_products_added();
