-- A gate closes, is counted and decides: by the database, from the votes, and by nobody else
-- (selection.rounds.services.close_gate asks for it). The functions that count run with their owner's rights: a
-- role that may not read votes can still close a gate.

-- The entries that a gate judges: all of them, or those that passed the panel.
CREATE FUNCTION selection_in_play(for_round uuid, for_gate varchar) RETURNS SETOF uuid LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT e.id FROM selection_roundentry e JOIN selection_round r ON r.id = e.round_id
    WHERE r.id = for_round AND (for_gate = 'panel' OR r.kind = 'review' OR EXISTS (
        SELECT FROM selection_result WHERE entry_id = e.id AND gate = 'panel' AND passed))
$$;

CREATE FUNCTION selection_guard_closing() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    r selection_round;
    expected integer;
    cast_votes integer;
BEGIN
    PERFORM selection_lock(NEW.round_id, true);
    SELECT * INTO r FROM selection_round WHERE id = NEW.round_id;
    IF (r.kind = 'review' AND NEW.gate = 'panel') OR (r.kind = 'selection' AND NEW.gate = 'jury' AND NOT EXISTS
        (SELECT FROM selection_closing WHERE round_id = r.id AND gate = 'panel')) THEN
        RAISE EXCEPTION 'selection.gate_not_open' USING ERRCODE = 'BN001';
    END IF;
    IF NOT EXISTS (SELECT FROM selection_in_play(r.id, NEW.gate)) THEN
        RAISE EXCEPTION 'selection.nothing_to_decide' USING ERRCODE = 'BN001';
    END IF;
    NEW.at := selection_now();
    NEW.closed_in := txid_current();
    NEW.seed := CASE NEW.gate WHEN 'panel' THEN selection_seed() ELSE '' END;
    expected := (SELECT count(*) FROM selection_seat WHERE round_id = r.id AND gate = NEW.gate)
        * (SELECT count(*) FROM selection_in_play(r.id, NEW.gate));
    cast_votes := (SELECT count(*) FROM selection_vote v JOIN selection_seat s ON s.id = v.seat_id
              WHERE s.round_id = r.id AND s.gate = NEW.gate);
    IF cast_votes < expected AND NEW.at < selection_until(r.id, NEW.gate) THEN
        RAISE EXCEPTION 'selection.gate_stays_open' USING ERRCODE = 'BN001';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER guard BEFORE INSERT ON selection_closing FOR EACH ROW EXECUTE FUNCTION selection_guard_closing();

CREATE FUNCTION selection_guard_result() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    r selection_round;
BEGIN
    SELECT o.* INTO r FROM selection_round o JOIN selection_roundentry e ON e.round_id = o.id WHERE e.id = NEW.entry_id;
    IF NOT EXISTS (SELECT FROM selection_closing WHERE round_id = r.id AND gate = NEW.gate)
        OR NEW.entry_id NOT IN (SELECT selection_in_play(r.id, NEW.gate)) THEN
        RAISE EXCEPTION 'selection.gate_not_closed' USING ERRCODE = 'BN001';
    END IF;
    NEW.seats := (SELECT count(*) FROM selection_seat WHERE round_id = r.id AND gate = NEW.gate);
    SELECT count(*), coalesce(sum(v.score), 0), count(*) FILTER (WHERE v.would_buy)
    INTO NEW.votes, NEW.points, NEW.wants
    FROM selection_vote v JOIN selection_seat s ON s.id = v.seat_id
    WHERE v.entry_id = NEW.entry_id AND s.gate = NEW.gate;
    NEW.votes_needed := greatest(1, ceil(NEW.seats * r.quorum_percent / 100.0));
    NEW.points_needed := NEW.votes * (CASE NEW.gate WHEN 'panel' THEN r.panel_points ELSE r.jury_points END);
    NEW.wants_needed := CASE NEW.gate WHEN 'panel' THEN 0 ELSE ceil(NEW.votes * r.want_percent / 100.0) END;
    NEW.passed := NEW.votes >= NEW.votes_needed AND NEW.points >= NEW.points_needed
        AND NEW.wants >= NEW.wants_needed;
    RETURN NEW;
END $$;

CREATE TRIGGER guard BEFORE INSERT ON selection_result FOR EACH ROW EXECUTE FUNCTION selection_guard_result();

CREATE FUNCTION selection_decide() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO selection_result (entry_id, gate)
    SELECT entry, NEW.gate FROM selection_in_play(NEW.round_id, NEW.gate) AS entry;
    INSERT INTO selection_ruling (product_id, tenant_id, kind, proposal_id, entry_id)
    SELECT e.product_id, r.tenant_id, CASE WHEN s.passed THEN 'passed' ELSE 'refused' END, e.proposal_id, e.id
    FROM selection_result s JOIN selection_roundentry e ON e.id = s.entry_id JOIN selection_round r ON r.id = e.round_id
    WHERE r.id = NEW.round_id AND s.gate = NEW.gate AND (NEW.gate = 'jury' OR NOT s.passed)
    ORDER BY e.product_id;
    RETURN NULL;
END $$;

CREATE TRIGGER decide AFTER INSERT ON selection_closing FOR EACH ROW EXECUTE FUNCTION selection_decide();
