"""What is for sale: rulings, charters, and the guards before products, stock and orders.

``catalog_product.admission`` and its two lists are only ever what the rulings say: whatever a statement
wants to write there, a trigger works it out anew. ``selection_tenant_of`` is given its body by the
tenants' registry, which alone knows which schema is whose.
"""

from django.db import migrations

STANDING = """
CREATE FUNCTION selection_latest(for_product uuid, scope uuid) RETURNS varchar LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT kind FROM selection_ruling WHERE product_id = for_product AND tenant_id = scope
    ORDER BY number DESC LIMIT 1
$$;
CREATE FUNCTION selection_admission(for_product uuid) RETURNS varchar LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT CASE coalesce(selection_latest(for_product, '00000000-0000-0000-0000-000000000000'), '')
        WHEN 'proposed' THEN 'needed'
        WHEN '' THEN CASE WHEN EXISTS (
            SELECT FROM selection_charter c WHERE c.tenant_id = '00000000-0000-0000-0000-000000000000'
            AND NOT EXISTS (SELECT FROM selection_charterproduct l
                            WHERE l.charter_id = c.id AND l.product_id = for_product)
        ) THEN 'needed' ELSE 'free' END
        ELSE selection_latest(for_product, '00000000-0000-0000-0000-000000000000') END
$$;
CREATE FUNCTION selection_tenants(for_product uuid, passed boolean) RETURNS uuid[] LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce(array_agg(tenant_id ORDER BY tenant_id), '{}') FROM (
        SELECT DISTINCT ON (tenant_id) tenant_id, kind FROM selection_ruling
        WHERE product_id = for_product AND tenant_id <> '00000000-0000-0000-0000-000000000000'
        ORDER BY tenant_id, number DESC
    ) AS latest WHERE (kind = 'passed') = passed
$$;
CREATE FUNCTION selection_guard_product() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    NEW.admission := selection_admission(NEW.id);
    NEW.admitted_to := selection_tenants(NEW.id, true);
    NEW.barred_from := selection_tenants(NEW.id, false);
    RETURN NEW;
END $$;
CREATE TRIGGER admission_new BEFORE INSERT ON catalog_product
    FOR EACH ROW EXECUTE FUNCTION selection_guard_product();
CREATE TRIGGER admission_kept BEFORE UPDATE ON catalog_product FOR EACH ROW
    WHEN (ROW(NEW.id, NEW.admission, NEW.admitted_to, NEW.barred_from)
          IS DISTINCT FROM ROW(OLD.id, OLD.admission, OLD.admitted_to, OLD.barred_from))
    EXECUTE FUNCTION selection_guard_product();
-- What passed stays what it is: nothing else can be slipped under its name.
CREATE FUNCTION selection_guard_variant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a variant belongs to its product for good' USING ERRCODE = 'BN403';
END $$;
CREATE TRIGGER stays_with_product BEFORE UPDATE ON catalog_variant FOR EACH ROW
    WHEN (NEW.product_id <> OLD.product_id OR NEW.id <> OLD.id) EXECUTE FUNCTION selection_guard_variant();
CREATE FUNCTION selection_admits(for_product uuid, tenant uuid) RETURNS boolean LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT CASE
        WHEN p.admission NOT IN ('free', 'passed') OR tenant = ANY (p.barred_from) THEN false
        WHEN p.admission = 'passed' OR tenant = ANY (p.admitted_to) THEN true
        ELSE NOT EXISTS (SELECT FROM selection_charter c WHERE c.tenant_id = tenant AND NOT EXISTS (
            SELECT FROM selection_charterproduct l WHERE l.charter_id = c.id AND l.product_id = p.id))
        END
    FROM catalog_product p WHERE p.id = for_product
$$;
"""

RULING = """
CREATE FUNCTION selection_guard_ruling() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    latest selection_ruling;
    r selection_round;
    may boolean := false;
BEGIN
    PERFORM FROM catalog_product WHERE id = NEW.product_id FOR UPDATE;
    NEW.at := selection_now();
    NEW.reason := coalesce(NEW.reason, '');
    NEW.ruled_by := coalesce(NEW.ruled_by, '');
    NEW.number := 1 + coalesce((SELECT max(number) FROM selection_ruling WHERE product_id = NEW.product_id), 0);
    SELECT * INTO latest FROM selection_ruling WHERE product_id = NEW.product_id AND tenant_id = NEW.tenant_id
    ORDER BY number DESC LIMIT 1;
    IF NEW.penalty IS NOT NULL AND (NEW.penalty < 0 OR NEW.kind <> 'delisted'
        OR NEW.tenant_id <> '00000000-0000-0000-0000-000000000000') THEN
        RAISE EXCEPTION 'a penalty is for a counterfeit, delisted everywhere' USING ERRCODE = 'BN403';
    END IF;
    -- What was delisted already can still turn out to be a counterfeit, once.
    IF EXISTS (SELECT FROM selection_ruling WHERE product_id = NEW.product_id AND kind = 'delisted'
               AND tenant_id IN ('00000000-0000-0000-0000-000000000000', NEW.tenant_id)
               AND (NEW.penalty IS NULL OR penalty IS NOT NULL)) THEN
        RAISE EXCEPTION 'a delisted product never comes back' USING ERRCODE = 'BN403';
    END IF;
    CASE NEW.kind
        WHEN 'proposed' THEN
            may := (latest.kind IS NULL OR latest.kind = 'refused') AND EXISTS (
                SELECT FROM selection_proposal WHERE id = NEW.proposal_id AND product_id = NEW.product_id
                AND tenant_id = NEW.tenant_id);
        WHEN 'passed', 'refused' THEN
            SELECT o.* INTO r FROM selection_round o JOIN selection_entry e ON e.round_id = o.id
            WHERE e.id = NEW.entry_id AND e.product_id = NEW.product_id AND o.tenant_id = NEW.tenant_id;
            may := r.id IS NOT NULL AND latest.at < r.opened_at
                AND latest.kind = CASE r.kind WHEN 'review' THEN 'recalled' ELSE 'proposed' END
                AND CASE NEW.kind
                    WHEN 'refused' THEN EXISTS (
                        SELECT FROM selection_result WHERE entry_id = NEW.entry_id AND NOT passed)
                    ELSE (r.kind = 'review' OR EXISTS (
                            SELECT FROM selection_result WHERE entry_id = NEW.entry_id AND gate = 'panel' AND passed))
                        AND EXISTS (
                            SELECT FROM selection_result WHERE entry_id = NEW.entry_id AND gate = 'jury' AND passed)
                    END;
        WHEN 'recalled' THEN
            may := latest.kind = 'passed'
                OR (latest.kind IS NULL AND selection_admits(NEW.product_id, NEW.tenant_id));
        WHEN 'delisted' THEN
            may := true;
    END CASE;
    IF may IS NOT TRUE THEN
        RAISE EXCEPTION 'only two gates can pass a product; % does not follow from what happened', NEW.kind
            USING ERRCODE = 'BN403';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE INSERT ON selection_ruling FOR EACH ROW EXECUTE FUNCTION selection_guard_ruling();

CREATE FUNCTION selection_follow_ruling() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE catalog_product SET admission = selection_admission(id),
        admitted_to = selection_tenants(id, true), barred_from = selection_tenants(id, false)
    WHERE id = NEW.product_id;
    IF NEW.kind IN ('delisted', 'refused') THEN
        UPDATE selection_claim SET ended_at = NEW.at, ended_by = 'delisted', reason = left(NEW.reason, 300)
        WHERE product_id = NEW.product_id AND ended_at IS NULL
          AND NEW.tenant_id IN ('00000000-0000-0000-0000-000000000000', tenant_id);
    ELSIF NEW.kind = 'passed' AND NEW.proposal_id IS NOT NULL THEN
        UPDATE selection_claim c SET ended_at = NEW.at, ended_by = 'date'
        FROM selection_proposal p WHERE p.id = NEW.proposal_id AND c.point_key = p.point_key
          AND c.tenant_id = NEW.tenant_id AND c.ended_at IS NULL AND c.until <= NEW.at;
        INSERT INTO selection_claim (tenant_id, point_key, selling_point, product_id, until, ended_by, reason)
        SELECT NEW.tenant_id, p.point_key, p.selling_point, p.product_id,
               NEW.at + make_interval(months => p.exclusive_months), '', ''
        FROM selection_proposal p WHERE p.id = NEW.proposal_id ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER follow AFTER INSERT ON selection_ruling FOR EACH ROW EXECUTE FUNCTION selection_follow_ruling();

CREATE FUNCTION selection_follow_proposal() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO selection_ruling (product_id, tenant_id, kind, proposal_id, reason, ruled_by)
    VALUES (NEW.product_id, NEW.tenant_id, 'proposed', NEW.id, NEW.selling_point, NEW.proposed_by);
    RETURN NULL;
END $$;
CREATE TRIGGER follow AFTER INSERT ON selection_proposal FOR EACH ROW
    EXECUTE FUNCTION selection_follow_proposal();
CREATE FUNCTION selection_guard_proposal() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.product_id <> OLD.product_id OR NEW.tenant_id <> OLD.tenant_id
        OR EXISTS (SELECT FROM selection_entry WHERE proposal_id = OLD.id) THEN
        RAISE EXCEPTION 'a proposal that is being judged stays as it is' USING ERRCODE = 'BN403';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON selection_proposal FOR EACH ROW
    EXECUTE FUNCTION selection_guard_proposal();
CREATE FUNCTION selection_guard_claim() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.ended_at IS NOT NULL OR NEW.ended_at IS NULL
        OR ROW(NEW.tenant_id, NEW.point_key, NEW.product_id, NEW.until)
            <> ROW(OLD.tenant_id, OLD.point_key, OLD.product_id, OLD.until) THEN
        RAISE EXCEPTION 'a selling point in force can only end' USING ERRCODE = 'BN403';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON selection_claim FOR EACH ROW
    EXECUTE FUNCTION selection_guard_claim();
"""

CHARTER = """
CREATE FUNCTION selection_guard_charter() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    NEW.adopted_at := selection_now();
    NEW.adopted_in := txid_current();
    RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE INSERT ON selection_charter FOR EACH ROW EXECUTE FUNCTION selection_guard_charter();
CREATE FUNCTION selection_guard_charter_product() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM selection_charter c, catalog_product p
        WHERE c.id = NEW.charter_id AND p.id = NEW.product_id AND c.adopted_in = txid_current()
          AND p.status = 'active' AND p.admission IN ('free', 'passed') AND NOT c.tenant_id = ANY (p.barred_from)
    ) THEN
        RAISE EXCEPTION 'a charter lists what was on sale when it was adopted, and nothing later'
            USING ERRCODE = 'BN403';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE INSERT ON selection_charterproduct
    FOR EACH ROW EXECUTE FUNCTION selection_guard_charter_product();
-- At the end of its transaction, when its list is complete: pages and feeds hear of it.
CREATE FUNCTION selection_apply_charter() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.tenant_id = '00000000-0000-0000-0000-000000000000' THEN
        UPDATE catalog_product SET admission = 'needed'
        WHERE admission = 'free' AND selection_admission(id) <> 'free';
    END IF;
    INSERT INTO catalog_cataloguechange (amount) VALUES (1);
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER selection_charter_applies AFTER INSERT ON selection_charter
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION selection_apply_charter();
"""

# Stock and orders. BN001 inside catalog_commit means "not there any more": the money goes back.
GUARDS = """
CREATE FUNCTION selection_tenant_of(schema_name name) RETURNS uuid LANGUAGE sql STABLE AS 'SELECT NULL::uuid';
CREATE FUNCTION selection_guard_reservation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT public.selection_admits(
        (SELECT product_id FROM public.catalog_variant WHERE id = NEW.variant_id),
        public.selection_tenant_of(current_schema())
    ) THEN
        RAISE EXCEPTION 'this product has not passed and is not for sale'
            USING ERRCODE = CASE TG_OP WHEN 'UPDATE' THEN 'BN001' ELSE 'BN403' END, DETAIL = NEW.variant_id;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER admitted BEFORE INSERT ON public.catalog_reservation
    FOR EACH ROW EXECUTE FUNCTION public.selection_guard_reservation();
CREATE TRIGGER admitted_still BEFORE UPDATE ON public.catalog_reservation FOR EACH ROW
    WHEN (NEW.state = 'committed' AND OLD.state <> 'committed')
    EXECUTE FUNCTION public.selection_guard_reservation();
CREATE FUNCTION selection_guard_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT public.selection_admits(NEW.product_id, public.selection_tenant_of(TG_TABLE_SCHEMA)) THEN
        RAISE EXCEPTION 'this product has not passed and is not for sale'
            USING ERRCODE = 'BN403', DETAIL = NEW.product_id;
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("selection", "0002_gates")]
    operations = [
        migrations.RunSQL(STANDING),
        migrations.RunSQL(RULING),
        migrations.RunSQL(CHARTER),
        migrations.RunSQL(GUARDS),
    ]
