-- The one definition of "can be sold" in the database; catalog.products.selectors.sellable_condition says the same.
CREATE FUNCTION public.catalog_for_sale(p public.catalog_product, tenant uuid DEFAULT NULL) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT p.status = 'active' AND coalesce(p.licensed_until >= (now() AT TIME ZONE 'UTC')::date, true)
        AND p.admission IN ('free', 'passed') AND (tenant IS NULL OR tenant <> ALL (p.barred_from))
        AND EXISTS (SELECT FROM public.catalog_supplier s WHERE s.id = p.supplier_id AND s.is_active)
$$;
