CREATE FUNCTION selection_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'BN403';
END $$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON selection_round
    FOR EACH STATEMENT EXECUTE FUNCTION selection_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON selection_entry
    FOR EACH STATEMENT EXECUTE FUNCTION selection_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON selection_seat
    FOR EACH STATEMENT EXECUTE FUNCTION selection_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON selection_volunteer
    FOR EACH STATEMENT EXECUTE FUNCTION selection_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON selection_vote
    FOR EACH STATEMENT EXECUTE FUNCTION selection_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON selection_closing
    FOR EACH STATEMENT EXECUTE FUNCTION selection_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON selection_result
    FOR EACH STATEMENT EXECUTE FUNCTION selection_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON selection_ruling
    FOR EACH STATEMENT EXECUTE FUNCTION selection_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON selection_charter
    FOR EACH STATEMENT EXECUTE FUNCTION selection_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON selection_charterproduct
    FOR EACH STATEMENT EXECUTE FUNCTION selection_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON selection_complaint
    FOR EACH STATEMENT EXECUTE FUNCTION selection_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON selection_recheck
    FOR EACH STATEMENT EXECUTE FUNCTION selection_refuse_change();
