-- A charter lists what is on sale when it is adopted, in that transaction and never later; from its commit all
-- else has to pass first (selection.admission.services.adopt_charter).
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
          AND p.status = 'active' AND catalog_is_admitted(p, c.tenant_id)
    ) THEN
        RAISE EXCEPTION 'selection.charter_lists_what_was_on_sale' USING ERRCODE = 'BN001';
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
