-- The one definition of "may be sold". Python twin, for lists: catalog.products.selectors.sellable_condition; a
-- test compares the two. What a shop's own charter asks beyond it is selection_admits.

-- Those who choose products have not said no: for nobody, or (with a tenant) for this shop.
CREATE FUNCTION public.catalog_is_admitted(p public.catalog_product, tenant uuid DEFAULT NULL) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    SELECT p.admission IN ('free', 'passed') AND (tenant IS NULL OR tenant <> ALL (p.barred_from))
$$;

CREATE FUNCTION public.catalog_for_sale(p public.catalog_product, tenant uuid DEFAULT NULL) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT p.status = 'active' AND public.catalog_is_admitted(p, tenant)
        AND EXISTS (
            SELECT FROM public.catalog_supplier s WHERE s.id = p.supplier_id AND s.is_active
                AND coalesce(p.licensed_until >= (now() AT TIME ZONE s.timezone)::date, true)
        )
$$;
