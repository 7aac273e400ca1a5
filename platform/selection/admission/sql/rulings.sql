-- Which ruling may follow which in one scope ('' is none yet), before what each kind asks for by itself. The
-- Python twin is selection.admission.transitions.FOLLOWS; a test compares the two.
CREATE FUNCTION selection_may_follow(latest varchar, next varchar) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT (coalesce(latest, ''), next) IN (
        ('', 'proposed'), ('refused', 'proposed'),
        ('proposed', 'passed'), ('recalled', 'passed'),
        ('proposed', 'refused'), ('recalled', 'refused'),
        ('', 'recalled'), ('passed', 'recalled'),
        ('', 'delisted'), ('proposed', 'delisted'), ('passed', 'delisted'), ('refused', 'delisted'),
        ('recalled', 'delisted'), ('delisted', 'delisted'))
$$;

-- What a round of this kind judges: products whose latest ruling is of the returned kind.
CREATE FUNCTION selection_judged_by(round_kind varchar) RETURNS varchar LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE round_kind WHEN 'review' THEN 'recalled' ELSE 'proposed' END
$$;

-- Only two gates can pass a product: a ruling has to follow from what is on record.
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
        RAISE EXCEPTION 'selection.penalty_for_a_counterfeit' USING ERRCODE = 'BN001';
    END IF;
    -- What was delisted already can still turn out to be a counterfeit, once.
    IF EXISTS (SELECT FROM selection_ruling WHERE product_id = NEW.product_id AND kind = 'delisted'
               AND tenant_id IN ('00000000-0000-0000-0000-000000000000', NEW.tenant_id)
               AND (NEW.penalty IS NULL OR penalty IS NOT NULL)) THEN
        RAISE EXCEPTION 'selection.delisted_for_good' USING ERRCODE = 'BN001';
    END IF;
    CASE NEW.kind
        WHEN 'proposed' THEN
            may := EXISTS (
                SELECT FROM selection_proposal WHERE id = NEW.proposal_id AND product_id = NEW.product_id
                AND tenant_id = NEW.tenant_id);
        WHEN 'passed', 'refused' THEN
            SELECT o.* INTO r FROM selection_round o JOIN selection_roundentry e ON e.round_id = o.id
            WHERE e.id = NEW.entry_id AND e.product_id = NEW.product_id AND o.tenant_id = NEW.tenant_id;
            may := r.id IS NOT NULL AND latest.at < r.opened_at
                AND latest.kind = selection_judged_by(r.kind)
                AND CASE NEW.kind
                    WHEN 'refused' THEN EXISTS (
                        SELECT FROM selection_result WHERE entry_id = NEW.entry_id AND NOT passed)
                    ELSE (r.kind = 'review' OR EXISTS (
                            SELECT FROM selection_result WHERE entry_id = NEW.entry_id AND gate = 'panel' AND passed))
                        AND EXISTS (
                            SELECT FROM selection_result WHERE entry_id = NEW.entry_id AND gate = 'jury' AND passed)
                    END;
        WHEN 'recalled' THEN
            may := latest.kind = 'passed' OR selection_admits(NEW.product_id, NEW.tenant_id);
        WHEN 'delisted' THEN
            may := true;
        ELSE
            may := false;
    END CASE;
    IF (may AND selection_may_follow(latest.kind, NEW.kind)) IS NOT TRUE THEN
        RAISE EXCEPTION 'selection.does_not_follow' USING ERRCODE = 'BN001',
            DETAIL = jsonb_build_object('kind', NEW.kind)::text;
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
