"""Votes, gates and results: the database lets them in, keeps them secret, counts them and decides.

The functions that count run with their owner's rights: a role that may not read votes can still close
a gate. Refusals carry SQLSTATE BN403. ``selection_now`` is the only clock, and not the application's.
"""

from django.db import migrations

APPEND_ONLY = ("round", "entry", "seat", "volunteer", "vote", "closing", "result", "ruling", "charter",
               "charterproduct", "complaint", "recheck")  # fmt: skip
REFUSE = """
CREATE FUNCTION selection_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT clock_timestamp()';
CREATE FUNCTION selection_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'BN403';
END $$;
""" + "".join(
    f"""
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON selection_{table}
    FOR EACH STATEMENT EXECUTE FUNCTION selection_refuse_change();
"""
    for table in APPEND_ONLY
)

ROUND = """
CREATE FUNCTION selection_seed() RETURNS varchar LANGUAGE sql VOLATILE AS $$
    SELECT encode(sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())), 'hex')
$$;
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
        RAISE EXCEPTION 'the charter asks for more than this round' USING ERRCODE = 'BN403';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE INSERT ON selection_round FOR EACH ROW EXECUTE FUNCTION selection_guard_round();

CREATE FUNCTION selection_guard_entry() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    r selection_round;
    p selection_proposal;
    latest varchar;
BEGIN
    SELECT * INTO r FROM selection_round WHERE id = NEW.round_id;
    IF r.opened_in <> txid_current() THEN
        RAISE EXCEPTION 'a round is filled when it opens, not later' USING ERRCODE = 'BN403';
    END IF;
    PERFORM FROM catalog_product WHERE id = NEW.product_id FOR UPDATE;
    latest := (SELECT kind FROM selection_ruling WHERE product_id = NEW.product_id AND tenant_id = r.tenant_id
               ORDER BY number DESC LIMIT 1);
    IF latest IS DISTINCT FROM (CASE r.kind WHEN 'review' THEN 'recalled' ELSE 'proposed' END) THEN
        RAISE EXCEPTION 'this product is not waiting for such a round' USING ERRCODE = 'BN403';
    END IF;
    IF EXISTS (
        SELECT FROM selection_entry e JOIN selection_round o ON o.id = e.round_id
        WHERE e.product_id = NEW.product_id AND o.tenant_id = r.tenant_id
          AND NOT EXISTS (SELECT FROM selection_ruling WHERE entry_id = e.id)
    ) THEN
        RAISE EXCEPTION 'another round is judging this product' USING ERRCODE = 'BN403';
    END IF;
    IF r.kind = 'review' THEN
        RETURN NEW;
    END IF;
    SELECT * INTO p FROM selection_proposal WHERE id = NEW.proposal_id;
    IF NOT FOUND OR p.product_id <> NEW.product_id OR p.tenant_id <> r.tenant_id OR p.state <> 'checked' THEN
        RAISE EXCEPTION 'there is no checked proposal of this product' USING ERRCODE = 'BN403';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('selling point ' || p.point_key, 0));
    IF EXISTS (
        SELECT FROM selection_claim c
        WHERE c.point_key = p.point_key AND c.tenant_id IN ('00000000-0000-0000-0000-000000000000', r.tenant_id)
          AND c.ended_at IS NULL AND c.until > selection_now() AND c.product_id <> NEW.product_id
    ) OR EXISTS (
        SELECT FROM selection_entry e JOIN selection_round o ON o.id = e.round_id
        JOIN selection_proposal other ON other.id = e.proposal_id
        WHERE other.point_key = p.point_key AND o.tenant_id = r.tenant_id AND e.product_id <> NEW.product_id
          AND NOT EXISTS (SELECT FROM selection_ruling WHERE entry_id = e.id AND kind IN ('passed', 'refused'))
    ) THEN
        RAISE EXCEPTION 'the selling point belongs to another product' USING ERRCODE = 'BN403';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE INSERT ON selection_entry FOR EACH ROW EXECUTE FUNCTION selection_guard_entry();

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
        RAISE EXCEPTION 'the % is seated already', NEW.gate USING ERRCODE = 'BN403';
    END IF;
    IF EXISTS (
        SELECT FROM accounts_user u JOIN catalog_product p ON p.supplier_id = u.supplier_id
        JOIN selection_entry e ON e.product_id = p.id
        WHERE e.round_id = r.id AND encode(sha256(convert_to(lower(u.email), 'UTF8')), 'hex') = NEW.person
    ) THEN
        RAISE EXCEPTION 'a supplier''s own people do not judge its goods' USING ERRCODE = 'BN403';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE INSERT ON selection_seat FOR EACH ROW EXECUTE FUNCTION selection_guard_seat();

CREATE FUNCTION selection_check_round() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    panel integer := (SELECT count(*) FROM selection_seat WHERE round_id = NEW.id AND gate = 'panel');
    jury integer := (SELECT count(*) FROM selection_seat WHERE round_id = NEW.id AND gate = 'jury');
BEGIN
    IF NOT EXISTS (SELECT FROM selection_entry WHERE round_id = NEW.id)
        OR (NEW.kind = 'selection' AND panel <> NEW.panel_size) OR (NEW.kind = 'review' AND jury < 3) THEN
        RAISE EXCEPTION 'a round opens with its products and all of its people' USING ERRCODE = 'BN403';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER complete AFTER INSERT ON selection_round DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION selection_check_round();
"""

# Votes take the round's lock together, a closing takes it alone: no vote slips in behind the count.
VOTE = """
CREATE FUNCTION selection_until(for_round uuid, for_gate varchar) RETURNS timestamptz LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT CASE WHEN for_gate = 'panel' THEN r.opened_at + make_interval(hours => r.panel_hours)
        WHEN r.kind = 'review' THEN r.opened_at + make_interval(hours => r.jury_hours)
        ELSE c.at + make_interval(hours => r.jury_hours) END
    FROM selection_round r LEFT JOIN selection_closing c ON c.round_id = r.id AND c.gate = 'panel'
    WHERE r.id = for_round
$$;
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
    the record;
BEGIN
    SELECT s.entry_id, s.seat_id, s.state, j.gate, j.round_id INTO the
    FROM selection_sample s JOIN selection_seat j ON j.id = s.seat_id
    JOIN selection_entry e ON e.id = s.entry_id AND e.round_id = j.round_id WHERE s.id = NEW.sample_id;
    IF NOT FOUND OR the.entry_id <> NEW.entry_id OR the.seat_id <> NEW.seat_id THEN
        RAISE EXCEPTION 'this person has no seat for this product' USING ERRCODE = 'BN403';
    END IF;
    PERFORM selection_lock(the.round_id, false);
    NEW.at := selection_now();
    IF EXISTS (SELECT FROM selection_closing WHERE round_id = the.round_id AND gate = the.gate)
        OR NEW.at > selection_until(the.round_id, the.gate)
        OR (the.gate = 'jury' AND selection_until(the.round_id, the.gate) IS NULL) THEN
        RAISE EXCEPTION 'the gate is closed' USING ERRCODE = 'BN403';
    END IF;
    IF the.state <> 'received' THEN
        RAISE EXCEPTION 'only who has received the sample scores it' USING ERRCODE = 'BN403';
    END IF;
    IF (NEW.would_buy IS NULL) <> (the.gate = 'panel') THEN
        RAISE EXCEPTION 'the jury, and only the jury, says whether it would buy' USING ERRCODE = 'BN403';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE INSERT ON selection_vote FOR EACH ROW EXECUTE FUNCTION selection_guard_vote();
CREATE FUNCTION selection_cast_vote(
    for_sample uuid, said_in uuid, said_by uuid, points integer, wants boolean, words varchar
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    the record;
BEGIN
    SELECT s.entry_id, s.seat_id INTO the FROM selection_sample s JOIN selection_seat j ON j.id = s.seat_id
    WHERE s.id = for_sample AND j.tenant_id = said_in AND j.user_id = said_by FOR UPDATE OF s;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'this person has no seat for this product' USING ERRCODE = 'BN403';
    END IF;
    INSERT INTO selection_vote (sample_id, entry_id, seat_id, score, would_buy, comment)
    VALUES (for_sample, the.entry_id, the.seat_id, points, wants, words);
    UPDATE selection_sample SET state = 'scored', scored_at = selection_now() WHERE id = for_sample;
END $$;
ALTER TABLE selection_vote ENABLE ROW LEVEL SECURITY;
CREATE POLICY after_closing ON selection_vote FOR SELECT USING (EXISTS (
    SELECT FROM selection_seat s JOIN selection_closing c ON c.round_id = s.round_id AND c.gate = s.gate
    WHERE s.id = seat_id
));
"""

CLOSE = """
CREATE FUNCTION selection_in_play(for_round uuid, for_gate varchar) RETURNS SETOF uuid LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT e.id FROM selection_entry e JOIN selection_round r ON r.id = e.round_id
    WHERE r.id = for_round AND (for_gate = 'panel' OR r.kind = 'review' OR EXISTS (
        SELECT FROM selection_result WHERE entry_id = e.id AND gate = 'panel' AND passed))
$$;
CREATE FUNCTION selection_guard_closing() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    r selection_round;
    wanted integer;
    given integer;
BEGIN
    PERFORM selection_lock(NEW.round_id, true);
    SELECT * INTO r FROM selection_round WHERE id = NEW.round_id;
    IF (r.kind = 'review' AND NEW.gate = 'panel') OR (r.kind = 'selection' AND NEW.gate = 'jury' AND NOT EXISTS
        (SELECT FROM selection_closing WHERE round_id = r.id AND gate = 'panel')) THEN
        RAISE EXCEPTION 'this gate is not open' USING ERRCODE = 'BN403';
    END IF;
    IF NOT EXISTS (SELECT FROM selection_in_play(r.id, NEW.gate)) THEN
        RAISE EXCEPTION 'this gate has nothing to decide' USING ERRCODE = 'BN403';
    END IF;
    NEW.at := selection_now();
    NEW.closed_in := txid_current();
    NEW.seed := CASE NEW.gate WHEN 'panel' THEN selection_seed() ELSE '' END;
    wanted := (SELECT count(*) FROM selection_seat WHERE round_id = r.id AND gate = NEW.gate)
        * (SELECT count(*) FROM selection_in_play(r.id, NEW.gate));
    given := (SELECT count(*) FROM selection_vote v JOIN selection_seat s ON s.id = v.seat_id
              WHERE s.round_id = r.id AND s.gate = NEW.gate);
    IF given < wanted AND NEW.at < selection_until(r.id, NEW.gate) THEN
        RAISE EXCEPTION 'the gate stays open until its deadline or until everybody has scored'
            USING ERRCODE = 'BN403';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE INSERT ON selection_closing FOR EACH ROW EXECUTE FUNCTION selection_guard_closing();

CREATE FUNCTION selection_guard_result() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    r selection_round;
BEGIN
    SELECT o.* INTO r FROM selection_round o JOIN selection_entry e ON e.round_id = o.id WHERE e.id = NEW.entry_id;
    IF NOT EXISTS (SELECT FROM selection_closing WHERE round_id = r.id AND gate = NEW.gate)
        OR NEW.entry_id NOT IN (SELECT selection_in_play(r.id, NEW.gate)) THEN
        RAISE EXCEPTION 'this gate has not closed' USING ERRCODE = 'BN403';
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
    FROM selection_result s JOIN selection_entry e ON e.id = s.entry_id JOIN selection_round r ON r.id = e.round_id
    WHERE r.id = NEW.round_id AND s.gate = NEW.gate AND (NEW.gate = 'jury' OR NOT s.passed)
    ORDER BY e.product_id;
    RETURN NULL;
END $$;
CREATE TRIGGER decide AFTER INSERT ON selection_closing FOR EACH ROW EXECUTE FUNCTION selection_decide();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("selection", "0001_initial"),
        ("accounts", "0001_initial"),
        ("catalog", "0007_feed"),
    ]
    operations = [
        migrations.RunSQL(REFUSE),
        migrations.RunSQL(ROUND),
        migrations.RunSQL(VOTE),
        migrations.RunSQL(CLOSE),
    ]
