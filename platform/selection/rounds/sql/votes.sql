-- Scoring, which selection.rounds.services.cast_vote asks for: once, by who has a seat and the sample, while the gate
-- is open. Votes are secret until their gate has closed, and nobody writes one but by selection_cast_vote.

-- When a gate closes at the latest.
CREATE FUNCTION selection_until(for_round uuid, for_gate varchar) RETURNS timestamptz LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT CASE WHEN for_gate = 'panel' THEN r.opened_at + make_interval(hours => r.panel_hours)
        WHEN r.kind = 'review' THEN r.opened_at + make_interval(hours => r.jury_hours)
        ELSE c.at + make_interval(hours => r.jury_hours) END
    FROM selection_round r LEFT JOIN selection_closing c ON c.round_id = r.id AND c.gate = 'panel'
    WHERE r.id = for_round
$$;

-- Votes take the round's lock together, a closing takes it alone: no vote slips in behind the count.
CREATE FUNCTION selection_lock(for_round uuid, alone boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF alone THEN
        PERFORM pg_advisory_xact_lock(hashtextextended('selection round ' || for_round, 0));
    ELSE
        PERFORM pg_advisory_xact_lock_shared(hashtextextended('selection round ' || for_round, 0));
    END IF;
END $$;

CREATE FUNCTION selection_guard_vote() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    sampled record;
BEGIN
    SELECT s.entry_id, s.seat_id, s.state, j.gate, j.round_id INTO sampled
    FROM selection_sample s JOIN selection_seat j ON j.id = s.seat_id
    JOIN selection_roundentry e ON e.id = s.entry_id AND e.round_id = j.round_id WHERE s.id = NEW.sample_id;
    IF NOT FOUND OR sampled.entry_id <> NEW.entry_id OR sampled.seat_id <> NEW.seat_id THEN
        RAISE EXCEPTION 'selection.no_seat' USING ERRCODE = 'BN001';
    END IF;
    PERFORM selection_lock(sampled.round_id, false);
    NEW.at := selection_now();
    IF EXISTS (SELECT FROM selection_closing WHERE round_id = sampled.round_id AND gate = sampled.gate)
        OR NEW.at > selection_until(sampled.round_id, sampled.gate)
        OR (sampled.gate = 'jury' AND selection_until(sampled.round_id, sampled.gate) IS NULL) THEN
        RAISE EXCEPTION 'selection.gate_closed' USING ERRCODE = 'BN001';
    END IF;
    IF sampled.state <> 'received' THEN
        RAISE EXCEPTION 'selection.sample_not_received' USING ERRCODE = 'BN001';
    END IF;
    IF (NEW.would_buy IS NULL) <> (sampled.gate = 'panel') THEN
        RAISE EXCEPTION 'selection.only_the_jury_would_buy' USING ERRCODE = 'BN001';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER guard BEFORE INSERT ON selection_vote FOR EACH ROW EXECUTE FUNCTION selection_guard_vote();

CREATE FUNCTION selection_cast_vote(
    for_sample uuid, said_in uuid, said_by uuid, points integer, wants boolean, words varchar
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    sampled record;
BEGIN
    SELECT s.entry_id, s.seat_id INTO sampled FROM selection_sample s JOIN selection_seat j ON j.id = s.seat_id
    WHERE s.id = for_sample AND j.tenant_id = said_in AND j.user_id = said_by FOR UPDATE OF s;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'selection.no_seat' USING ERRCODE = 'BN001';
    END IF;
    INSERT INTO selection_vote (sample_id, entry_id, seat_id, score, would_buy, comment)
    VALUES (for_sample, sampled.entry_id, sampled.seat_id, points, wants, words);
    UPDATE selection_sample SET state = 'scored', scored_at = selection_now() WHERE id = for_sample;
END $$;
ALTER TABLE selection_vote ENABLE ROW LEVEL SECURITY;
CREATE POLICY after_closing ON selection_vote FOR SELECT USING (EXISTS (
    SELECT FROM selection_seat s JOIN selection_closing c ON c.round_id = s.round_id AND c.gate = s.gate
    WHERE s.id = seat_id
));
