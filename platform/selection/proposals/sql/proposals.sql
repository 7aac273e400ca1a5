-- Who proposes takes the product off sale until its gates have decided (selection.proposals.services). Neither a
-- proposal that is judged nor a selling point in force changes under those who rely on it.
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
        OR EXISTS (SELECT FROM selection_roundentry WHERE proposal_id = OLD.id) THEN
        RAISE EXCEPTION 'selection.proposal_is_judged' USING ERRCODE = 'BN001';
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
        RAISE EXCEPTION 'selection.claim_can_only_end' USING ERRCODE = 'BN001';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON selection_claim FOR EACH ROW
    EXECUTE FUNCTION selection_guard_claim();
