"""Units set aside for campaigns, and what becomes of reservations of either kind.

Whoever locks both locks rows of stock before rows of allocations. Units of an allocation are taken from the
shared stock, sold first by one seller, then by others."""

from django.db import migrations

# Units come from the stock when the row is written and go back when ``returned`` grows: by nothing else.
SET_ASIDE = """
CREATE FUNCTION public.catalog_allocation_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.own <> NEW.units THEN
            RAISE EXCEPTION 'an allocation begins with all of its units';
        END IF;
        IF NOT public.catalog_take(NEW.variant_id, NEW.units, false) THEN
            RAISE EXCEPTION 'fewer units are left' USING ERRCODE = 'BN003';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' OR (NEW.tenant_id, NEW.campaign_id, NEW.variant_id, NEW.units)
        IS DISTINCT FROM (OLD.tenant_id, OLD.campaign_id, OLD.variant_id, OLD.units)
        OR NEW.returned < OLD.returned OR OLD.closed_at IS DISTINCT FROM NEW.closed_at AND OLD.closed_at IS NOT NULL
    THEN
        RAISE EXCEPTION 'what was set aside stays on record';
    END IF;
    IF NEW.returned > OLD.returned THEN
        PERFORM public.catalog_put(NEW.variant_id, NEW.returned - OLD.returned, 0);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER moves BEFORE INSERT OR UPDATE OR DELETE ON public.catalog_allocation
    FOR EACH ROW EXECUTE FUNCTION public.catalog_allocation_moves();
"""

# At the end of the seller's time the rest is open to the others; after theirs it is stock again. Said twice,
# or too late, it is the same.
FOLLOW = """
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
"""

RESERVE = """
CREATE FUNCTION public.catalog_reserve_allocated(
    for_reference uuid, allocations uuid[], are_open boolean[], quantities integer[], until timestamptz,
    at timestamptz, in_tenant uuid, through uuid[], OUT culprit uuid, OUT problem text
) LANGUAGE plpgsql AS $$
DECLARE
    line record;
    fresh integer;
BEGIN
    FOR line IN
        SELECT a.variant_id, wanted.* FROM unnest(allocations, are_open, quantities)
            AS wanted(allocation_id, is_open, quantity)
            JOIN public.catalog_allocation a ON a.id = wanted.allocation_id ORDER BY wanted.allocation_id
    LOOP
        culprit := line.variant_id;
        IF NOT EXISTS (
            SELECT FROM public.catalog_variant v JOIN public.catalog_product p ON p.id = v.product_id
            WHERE v.id = line.variant_id AND v.is_active AND public.catalog_for_sale(p, in_tenant)
        ) THEN
            problem := 'not_for_sale';
            RAISE SQLSTATE 'BN001';
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
            RAISE SQLSTATE 'BN001';
        END IF;
        problem := NULL;
    END LOOP;
    culprit := NULL;
EXCEPTION WHEN SQLSTATE 'BN001' THEN
    RETURN;
END $$;
"""

# Units come back to where they were taken: to the campaign, or to the stock if that is closed.
GIVE_BACK = """
CREATE FUNCTION public.catalog_give_back(allocation uuid, was_open boolean, quantity integer) RETURNS void LANGUAGE sql AS $$
    UPDATE public.catalog_allocation
    SET reserved = reserved - quantity,
        own = own + CASE WHEN closed_at IS NULL AND NOT was_open THEN quantity ELSE 0 END,
        open = open + CASE WHEN closed_at IS NULL AND was_open THEN quantity ELSE 0 END,
        returned = returned + CASE WHEN closed_at IS NULL THEN 0 ELSE quantity END
    WHERE id = allocation
$$;
CREATE FUNCTION public.catalog_restock(variants uuid[], quantities integer[]) RETURNS void LANGUAGE sql AS $$
    SELECT public.catalog_put(wanted.variant_id, wanted.quantity, 0)
    FROM (
        SELECT * FROM unnest(variants, quantities) AS given(variant_id, quantity) ORDER BY given.variant_id
    ) wanted
$$;
"""
COMMIT = """
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
        ELSIF line.state NOT IN ('held', 'expired') THEN
            RAISE SQLSTATE 'BN001';
        END IF;
        IF line.allocation_id IS NOT NULL THEN
            UPDATE public.catalog_allocation a
            SET sold = sold + line.quantity,
                reserved = reserved - CASE WHEN line.state = 'held' THEN line.quantity ELSE 0 END,
                own = own - CASE WHEN line.state = 'expired' THEN least(own, line.quantity) ELSE 0 END,
                open = open - CASE WHEN line.state = 'expired' THEN greatest(0, line.quantity - own) ELSE 0 END
            WHERE id = line.allocation_id AND (line.state = 'held' OR own + open >= line.quantity);
            IF NOT FOUND THEN
                IF NOT public.catalog_take(line.variant_id, line.quantity, false) THEN
                    RAISE SQLSTATE 'BN001';
                END IF;
                UPDATE public.catalog_reservation SET allocation_id = NULL WHERE id = line.id;
            END IF;
        ELSIF line.state = 'held' THEN
            PERFORM public.catalog_put(line.variant_id, 0, line.quantity);
        ELSIF NOT public.catalog_take(line.variant_id, line.quantity, false) THEN
            RAISE SQLSTATE 'BN001';
        END IF;
        UPDATE public.catalog_reservation SET state = 'committed' WHERE id = line.id;
    END LOOP;
    RETURN known;
EXCEPTION WHEN SQLSTATE 'BN001' THEN
    RETURN false;
END $$;
"""
RELEASE = """
CREATE FUNCTION public.catalog_release(for_reference uuid) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    line record;
    lines integer := 0;
BEGIN
    FOR line IN
        SELECT * FROM public.catalog_reservation
        WHERE reference = for_reference AND state IN ('held', 'expired')
        ORDER BY allocation_id NULLS FIRST, variant_id FOR UPDATE
    LOOP
        IF line.state = 'held' AND line.allocation_id IS NOT NULL THEN
            PERFORM public.catalog_give_back(line.allocation_id, line.from_open, line.quantity);
        ELSIF line.state = 'held' THEN
            PERFORM public.catalog_put(line.variant_id, line.quantity, line.quantity);
        END IF;
        UPDATE public.catalog_reservation SET state = 'released' WHERE id = line.id;
        lines := lines + 1;
    END LOOP;
    RETURN lines;
END $$;
"""
# SKIP LOCKED: a reservation that is being paid or released this moment is no longer ours to expire.
EXPIRE = """
CREATE FUNCTION public.catalog_expire(before timestamptz, at_most integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    line record;
    lines integer := 0;
BEGIN
    FOR line IN
        WITH due AS (
            SELECT id, variant_id, allocation_id, from_open, quantity FROM public.catalog_reservation
            WHERE state = 'held' AND expires_at <= before
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
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0005_stock")]
    operations = [
        migrations.RunSQL(SET_ASIDE + FOLLOW + RESERVE),
        migrations.RunSQL(GIVE_BACK + COMMIT + RELEASE + EXPIRE),
    ]
