-- Called by catalog.stock.services, in one round trip for a whole order. Whoever comes when a hot variant is sold
-- out hears it before anything is written; the block with the exception gives back what was taken before a
-- shortage.
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
    SELECT for_reference, ordered.variant_id, ordered.quantity, until
    FROM unnest(variants, quantities) AS ordered(variant_id, quantity) ORDER BY ordered.variant_id
    ON CONFLICT (reference, variant_id) DO NOTHING;
    GET DIAGNOSTICS fresh = ROW_COUNT;
    IF fresh = 0 THEN
        RETURN;
    END IF;
    FOR line IN
        SELECT * FROM unnest(variants, quantities) AS ordered(variant_id, quantity) ORDER BY ordered.variant_id
    LOOP
        IF NOT public.catalog_take(line.variant_id, line.quantity, true) THEN
            culprit := line.variant_id;
            problem := 'short';
            RAISE SQLSTATE 'BN002';
        END IF;
    END LOOP;
EXCEPTION WHEN SQLSTATE 'BN002' THEN
    RETURN;
END $$;

CREATE FUNCTION public.catalog_commit(for_reference uuid) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    line record;
    known boolean := false;
BEGIN
    FOR line IN
        SELECT * FROM public.catalog_reservation WHERE reference = for_reference
        ORDER BY allocation_id NULLS FIRST, variant_id FOR UPDATE
    LOOP
        known := true;
        IF line.state = 'committed' THEN
            CONTINUE;
        ELSIF line.state NOT IN ('reserved', 'expired') THEN
            RAISE SQLSTATE 'BN002';
        END IF;
        IF line.allocation_id IS NOT NULL THEN
            UPDATE public.catalog_allocation a
            SET sold = sold + line.quantity,
                reserved = reserved - CASE WHEN line.state = 'reserved' THEN line.quantity ELSE 0 END,
                own = own - CASE WHEN line.state = 'expired' THEN least(own, line.quantity) ELSE 0 END,
                open = open - CASE WHEN line.state = 'expired' THEN greatest(0, line.quantity - own) ELSE 0 END
            WHERE id = line.allocation_id AND (line.state = 'reserved' OR own + open >= line.quantity);
            IF NOT FOUND THEN
                IF NOT public.catalog_take(line.variant_id, line.quantity, false) THEN
                    RAISE SQLSTATE 'BN002';
                END IF;
                UPDATE public.catalog_reservation SET allocation_id = NULL WHERE id = line.id;
            END IF;
        ELSIF line.state = 'reserved' THEN
            PERFORM public.catalog_put(line.variant_id, 0, line.quantity);
        ELSIF NOT public.catalog_take(line.variant_id, line.quantity, false) THEN
            RAISE SQLSTATE 'BN002';
        END IF;
        UPDATE public.catalog_reservation SET state = 'committed' WHERE id = line.id;
    END LOOP;
    RETURN known;
EXCEPTION WHEN SQLSTATE 'BN002' THEN
    RETURN false;
END $$;

CREATE FUNCTION public.catalog_release(for_reference uuid) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    line record;
    lines integer := 0;
BEGIN
    FOR line IN
        SELECT * FROM public.catalog_reservation
        WHERE reference = for_reference AND state IN ('reserved', 'expired')
        ORDER BY allocation_id NULLS FIRST, variant_id FOR UPDATE
    LOOP
        IF line.state = 'reserved' AND line.allocation_id IS NOT NULL THEN
            PERFORM public.catalog_give_back(line.allocation_id, line.from_open, line.quantity);
        ELSIF line.state = 'reserved' THEN
            PERFORM public.catalog_put(line.variant_id, line.quantity, line.quantity);
        END IF;
        UPDATE public.catalog_reservation SET state = 'released' WHERE id = line.id;
        lines := lines + 1;
    END LOOP;
    RETURN lines;
END $$;

-- SKIP LOCKED: a reservation that is being paid or released this moment is no longer ours to expire.
CREATE FUNCTION public.catalog_expire(before timestamptz, at_most integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    line record;
    lines integer := 0;
BEGIN
    FOR line IN
        WITH due AS (
            SELECT id, variant_id, allocation_id, from_open, quantity FROM public.catalog_reservation
            WHERE state = 'reserved' AND expires_at <= before
            ORDER BY expires_at LIMIT at_most FOR UPDATE SKIP LOCKED
        ), marked AS (
            UPDATE public.catalog_reservation r SET state = 'expired' FROM due WHERE r.id = due.id
        )
        SELECT variant_id, allocation_id, from_open, sum(quantity)::integer AS quantity,
            count(*)::integer AS reservations
        FROM due GROUP BY variant_id, allocation_id, from_open ORDER BY allocation_id NULLS FIRST, variant_id
    LOOP
        IF line.allocation_id IS NOT NULL THEN
            PERFORM public.catalog_give_back(line.allocation_id, line.from_open, line.quantity);
        ELSE
            PERFORM public.catalog_put(line.variant_id, line.quantity, line.quantity);
        END IF;
        lines := lines + line.reservations;
    END LOOP;
    RETURN lines;
END $$;
