-- Units set aside for campaigns (catalog.allocations.services). Whoever locks both locks rows of stock before rows
-- of allocations. Units are taken from the shared stock, sold first by one seller, then by others.
-- Units come from the stock when the row is written and go back when ``returned`` grows: by nothing else.
CREATE FUNCTION public.catalog_allocation_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.own <> NEW.units THEN
            RAISE EXCEPTION 'catalog.allocation_begins_whole' USING ERRCODE = 'BN001';
        END IF;
        IF NOT public.catalog_take(NEW.variant_id, NEW.units, false) THEN
            RAISE EXCEPTION 'catalog.fewer_units_left' USING ERRCODE = 'BN001',
                DETAIL = jsonb_build_object('variant_id', NEW.variant_id, 'units', NEW.units)::text;
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' OR (NEW.tenant_id, NEW.campaign_id, NEW.variant_id, NEW.units)
        IS DISTINCT FROM (OLD.tenant_id, OLD.campaign_id, OLD.variant_id, OLD.units)
        OR NEW.returned < OLD.returned OR OLD.closed_at IS DISTINCT FROM NEW.closed_at AND OLD.closed_at IS NOT NULL
    THEN
        RAISE EXCEPTION 'catalog.allocation_on_record' USING ERRCODE = 'BN001';
    END IF;
    IF NEW.returned > OLD.returned THEN
        PERFORM public.catalog_put(NEW.variant_id, NEW.returned - OLD.returned, 0);
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER moves BEFORE INSERT OR UPDATE OR DELETE ON public.catalog_allocation
    FOR EACH ROW EXECUTE FUNCTION public.catalog_allocation_moves();

-- At the end of the seller's time the rest is open to the others; after theirs it is stock again. Said twice,
-- or too late, it is the same.
CREATE FUNCTION public.catalog_lock_campaign(campaign uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM public.catalog_stock WHERE NOT is_hot AND variant_id IN (
        SELECT variant_id FROM public.catalog_allocation WHERE campaign_id = campaign AND closed_at IS NULL
    ) ORDER BY variant_id FOR NO KEY UPDATE;
    PERFORM FROM public.catalog_allocation WHERE campaign_id = campaign ORDER BY id FOR NO KEY UPDATE;
END $$;

CREATE FUNCTION public.catalog_follow_campaign(campaign uuid, at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM public.catalog_lock_campaign(campaign);
    UPDATE public.catalog_allocation SET open = open + own, own = 0
    WHERE campaign_id = campaign AND own > 0 AND ends_at <= at;
    UPDATE public.catalog_allocation SET returned = returned + open, open = 0, closed_at = at
    WHERE campaign_id = campaign AND closed_at IS NULL AND matrix_until <= at;
END $$;

CREATE FUNCTION public.catalog_reserve_allocated(
    for_reference uuid, allocations uuid[], are_open boolean[], quantities integer[], until timestamptz,
    at timestamptz, in_tenant uuid, through uuid[], OUT culprit uuid, OUT problem text
) LANGUAGE plpgsql AS $$
DECLARE
    line record;
    fresh integer;
BEGIN
    FOR line IN
        SELECT a.variant_id, ordered.* FROM unnest(allocations, are_open, quantities)
            AS ordered(allocation_id, is_open, quantity)
            JOIN public.catalog_allocation a ON a.id = ordered.allocation_id ORDER BY ordered.allocation_id
    LOOP
        culprit := line.variant_id;
        IF NOT EXISTS (
            SELECT FROM public.catalog_variant v JOIN public.catalog_product p ON p.id = v.product_id
            WHERE v.id = line.variant_id AND v.is_active AND public.catalog_for_sale(p, in_tenant)
        ) THEN
            problem := 'not_for_sale';
            RAISE SQLSTATE 'BN002';
        END IF;
        INSERT INTO public.catalog_reservation (
            reference, variant_id, allocation_id, from_open, quantity, expires_at
        ) VALUES (for_reference, line.variant_id, line.allocation_id, line.is_open, line.quantity, until)
        ON CONFLICT (reference, variant_id) DO NOTHING;
        GET DIAGNOSTICS fresh = ROW_COUNT;
        CONTINUE WHEN fresh = 0;
        problem := 'short';
        UPDATE public.catalog_allocation SET open = open + own, own = 0
        WHERE id = line.allocation_id AND own > 0 AND ends_at <= at;
        UPDATE public.catalog_allocation
        SET own = own - CASE WHEN line.is_open THEN 0 ELSE line.quantity END,
            open = open - CASE WHEN line.is_open THEN line.quantity ELSE 0 END,
            reserved = reserved + line.quantity
        WHERE id = line.allocation_id AND tenant_id = in_tenant AND closed_at IS NULL
            AND starts_at <= at AND at < matrix_until
            AND CASE WHEN line.is_open
                THEN open >= line.quantity AND (sellers && through OR sellers = '{}' AND through <> '{}')
                ELSE own >= line.quantity AND (holder IS NULL OR holder = ANY (through)) END;
        IF NOT FOUND THEN
            RAISE SQLSTATE 'BN002';
        END IF;
        problem := NULL;
    END LOOP;
    culprit := NULL;
EXCEPTION WHEN SQLSTATE 'BN002' THEN
    RETURN;
END $$;

-- Units come back to where they were taken: to the campaign, or to the stock if that is closed.
CREATE FUNCTION public.catalog_give_back(allocation uuid, was_open boolean, quantity integer) RETURNS void
LANGUAGE sql AS $$
    UPDATE public.catalog_allocation
    SET reserved = reserved - quantity,
        own = own + CASE WHEN closed_at IS NULL AND NOT was_open THEN quantity ELSE 0 END,
        open = open + CASE WHEN closed_at IS NULL AND was_open THEN quantity ELSE 0 END,
        returned = returned + CASE WHEN closed_at IS NULL THEN 0 ELSE quantity END
    WHERE id = allocation
$$;
