-- What is for sale: catalog_product.admission and its two lists are only ever what the rulings say. Whatever a
-- statement wants to write there, a trigger works it out anew. Python twin of selection_admits:
-- selection.admission.selectors.for_sale_in; a test compares the two.
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
    RAISE EXCEPTION 'selection.variant_stays' USING ERRCODE = 'BN001';
END $$;

CREATE TRIGGER stays_with_product BEFORE UPDATE ON catalog_variant FOR EACH ROW
    WHEN (NEW.product_id <> OLD.product_id OR NEW.id <> OLD.id) EXECUTE FUNCTION selection_guard_variant();

CREATE FUNCTION selection_admits(for_product uuid, tenant uuid) RETURNS boolean LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT catalog_is_admitted(p, tenant) AND (
        p.admission = 'passed' OR tenant = ANY (p.admitted_to)
        OR NOT EXISTS (SELECT FROM selection_charter c WHERE c.tenant_id = tenant AND NOT EXISTS (
            SELECT FROM selection_charterproduct l WHERE l.charter_id = c.id AND l.product_id = p.id)))
    FROM catalog_product p WHERE p.id = for_product
$$;
