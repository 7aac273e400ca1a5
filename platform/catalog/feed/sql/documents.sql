-- The product ready-made: everything but what only a tenant knows. Costs are in it: they are what a tenant pays.
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
