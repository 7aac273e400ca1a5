-- At commit: a transfer without its legs cannot stay. Checkpoints rely on ids that are not older than their
-- transaction, so a back-dated id is refused too (a business date has its own column).
CREATE FUNCTION public.ledger_transfer_complete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.ledger_entry WHERE transfer_id = NEW.id AND seq = NEW.legs) THEN
        RAISE EXCEPTION 'ledger.legs_missing' USING ERRCODE = 'BN001',
            DETAIL = jsonb_build_object('transfer', NEW.id)::text;
    END IF;
    IF uuid_extract_timestamp(NEW.id) < now() - interval '1 second' THEN
        RAISE EXCEPTION 'ledger.id_too_old' USING ERRCODE = 'BN001',
            DETAIL = jsonb_build_object('transfer', NEW.id)::text;
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER transfer_complete AFTER INSERT ON public.ledger_transfer
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.ledger_transfer_complete();
