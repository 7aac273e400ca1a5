-- A round takes no less than the charter asks for, and is filled when it opens, not later: whoever could add
-- people or products afterwards could choose the result (selection.rounds.services.open_round).
CREATE FUNCTION selection_guard_round() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    NEW.opened_at := selection_now();
    NEW.opened_in := txid_current();
    NEW.seed := CASE NEW.kind WHEN 'review' THEN selection_seed() ELSE '' END;
    IF EXISTS (
        SELECT FROM selection_charter c
        WHERE c.tenant_id IN ('00000000-0000-0000-0000-000000000000', NEW.tenant_id)
          AND (NEW.panel_size < c.panel_size OR NEW.panel_points < c.panel_points
               OR NEW.jury_size < c.jury_size OR NEW.jury_points < c.jury_points
               OR NEW.want_percent < c.want_percent)
    ) THEN
        RAISE EXCEPTION 'selection.charter_asks_for_more' USING ERRCODE = 'BN001';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER guard BEFORE INSERT ON selection_round FOR EACH ROW EXECUTE FUNCTION selection_guard_round();

-- One product is judged by one round at a time, and one selling point belongs to one product.
CREATE FUNCTION selection_guard_entry() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    r selection_round;
    p selection_proposal;
    latest varchar;
BEGIN
    SELECT * INTO r FROM selection_round WHERE id = NEW.round_id;
    IF r.opened_in <> txid_current() THEN
        RAISE EXCEPTION 'selection.round_filled_when_it_opens' USING ERRCODE = 'BN001';
    END IF;
    PERFORM FROM catalog_product WHERE id = NEW.product_id FOR UPDATE;
    latest := (SELECT kind FROM selection_ruling WHERE product_id = NEW.product_id AND tenant_id = r.tenant_id
               ORDER BY number DESC LIMIT 1);
    IF latest IS DISTINCT FROM selection_judged_by(r.kind) THEN
        RAISE EXCEPTION 'selection.not_waiting_for_such_a_round' USING ERRCODE = 'BN001';
    END IF;
    IF EXISTS (
        SELECT FROM selection_roundentry e JOIN selection_round o ON o.id = e.round_id
        WHERE e.product_id = NEW.product_id AND o.tenant_id = r.tenant_id
          AND NOT EXISTS (SELECT FROM selection_ruling WHERE entry_id = e.id)
    ) THEN
        RAISE EXCEPTION 'selection.judged_in_another_round' USING ERRCODE = 'BN001';
    END IF;
    IF r.kind = 'review' THEN
        RETURN NEW;
    END IF;
    SELECT * INTO p FROM selection_proposal WHERE id = NEW.proposal_id;
    IF NOT FOUND OR p.product_id <> NEW.product_id OR p.tenant_id <> r.tenant_id OR p.state <> 'checked' THEN
        RAISE EXCEPTION 'selection.no_checked_proposal' USING ERRCODE = 'BN001';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('selling point ' || p.point_key, 0));
    IF EXISTS (
        SELECT FROM selection_claim c
        WHERE c.point_key = p.point_key AND c.tenant_id IN ('00000000-0000-0000-0000-000000000000', r.tenant_id)
          AND c.ended_at IS NULL AND c.until > selection_now() AND c.product_id <> NEW.product_id
    ) OR EXISTS (
        SELECT FROM selection_roundentry e JOIN selection_round o ON o.id = e.round_id
        JOIN selection_proposal other ON other.id = e.proposal_id
        WHERE other.point_key = p.point_key AND o.tenant_id = r.tenant_id AND e.product_id <> NEW.product_id
          AND NOT EXISTS (SELECT FROM selection_ruling WHERE entry_id = e.id AND kind IN ('passed', 'refused'))
    ) THEN
        RAISE EXCEPTION 'selection.selling_point_taken' USING ERRCODE = 'BN001';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER guard BEFORE INSERT ON selection_roundentry FOR EACH ROW EXECUTE FUNCTION selection_guard_entry();

-- A gate is seated in the transaction that opens it; a supplier's own people do not judge its products.
CREATE FUNCTION selection_guard_seat() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    r selection_round;
    filled_in bigint;
BEGIN
    SELECT * INTO r FROM selection_round WHERE id = NEW.round_id;
    filled_in := CASE WHEN NEW.gate = 'panel' OR r.kind = 'review' THEN r.opened_in ELSE
        (SELECT closed_in FROM selection_closing WHERE round_id = r.id AND gate = 'panel') END;
    IF filled_in IS DISTINCT FROM txid_current() OR (r.kind = 'review' AND NEW.gate = 'panel') THEN
        RAISE EXCEPTION 'selection.seated_already' USING ERRCODE = 'BN001';
    END IF;
    IF EXISTS (
        SELECT FROM accounts_user u JOIN catalog_product p ON p.supplier_id = u.supplier_id
        JOIN selection_roundentry e ON e.product_id = p.id
        WHERE e.round_id = r.id AND encode(sha256(convert_to(lower(u.email), 'UTF8')), 'hex') = NEW.person
    ) THEN
        RAISE EXCEPTION 'selection.own_product' USING ERRCODE = 'BN001';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER guard BEFORE INSERT ON selection_seat FOR EACH ROW EXECUTE FUNCTION selection_guard_seat();

-- At commit: a round has its products and all of its people, or it never was.
CREATE FUNCTION selection_check_round() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    panel integer := (SELECT count(*) FROM selection_seat WHERE round_id = NEW.id AND gate = 'panel');
    jury integer := (SELECT count(*) FROM selection_seat WHERE round_id = NEW.id AND gate = 'jury');
BEGIN
    IF NOT EXISTS (SELECT FROM selection_roundentry WHERE round_id = NEW.id)
        OR (NEW.kind = 'selection' AND panel <> NEW.panel_size) OR (NEW.kind = 'review' AND jury < 3) THEN
        RAISE EXCEPTION 'selection.round_incomplete' USING ERRCODE = 'BN001';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER complete AFTER INSERT ON selection_round DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION selection_check_round();
