-- These figures were posted when the withdrawal was made, so that no other may stand here.
-- billing.payouts.withdrawals.services says the same beforehand.
CREATE FUNCTION public.payouts_withdrawal_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.tenant_id, NEW.owner_kind, NEW.owner_id, NEW.wallet, NEW.currency, NEW.amount, NEW.fee, NEW.tax, NEW.net,
        NEW.requested_by, NEW.needs_approval, NEW.idempotency_key, NEW.tax_year, NEW.tax_month, NEW.tie,
        NEW.invoice_number, NEW.invoice_file)
       IS DISTINCT FROM
       (OLD.tenant_id, OLD.owner_kind, OLD.owner_id, OLD.wallet, OLD.currency, OLD.amount, OLD.fee, OLD.tax, OLD.net,
        OLD.requested_by, OLD.needs_approval, OLD.idempotency_key, OLD.tax_year, OLD.tax_month, OLD.tie,
        OLD.invoice_number, OLD.invoice_file)
    THEN
        RAISE EXCEPTION 'payouts.withdrawal_fixed' USING ERRCODE = 'BN001',
            DETAIL = jsonb_build_object('withdrawal', OLD.id)::text;
    END IF;
    IF OLD.state IN ('paid', 'failed', 'refused') AND NEW.state <> OLD.state THEN
        RAISE EXCEPTION 'payouts.withdrawal_over' USING ERRCODE = 'BN001',
            DETAIL = jsonb_build_object('withdrawal', OLD.id)::text;
    END IF;
    IF OLD.decided_by IS NOT NULL AND NEW.decided_by IS DISTINCT FROM OLD.decided_by THEN
        RAISE EXCEPTION 'payouts.withdrawal_decided' USING ERRCODE = 'BN001',
            DETAIL = jsonb_build_object('withdrawal', OLD.id)::text;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER withdrawal_guard BEFORE UPDATE ON public.payouts_withdrawal
    FOR EACH ROW EXECUTE FUNCTION public.payouts_withdrawal_guard();
-- Its state moves, so that updates have a guard of their own; removed it is never.
CREATE TRIGGER withdrawal_kept BEFORE DELETE OR TRUNCATE ON public.payouts_withdrawal
    FOR EACH STATEMENT EXECUTE FUNCTION public.append_only();

-- To refuse moves nothing to anybody; to approve does. Whoever appointed the approver cannot be who is paid.
CREATE FUNCTION public.payouts_withdrawal_decider() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.tie <> '' AND NEW.state <> 'refused' AND NOT EXISTS (
        SELECT FROM public.accounts_user person
        WHERE person.id = NEW.decided_by AND person.is_active AND person.role IN ('central_admin', 'central_staff'))
    THEN
        RAISE EXCEPTION 'payouts.central_team_approves' USING ERRCODE = 'BN001',
            DETAIL = jsonb_build_object('withdrawal', OLD.id)::text;
    END IF;
    IF EXISTS (
        SELECT FROM public.kernel_auditentry entry
        WHERE entry.object_type = 'accounts.user' AND entry.object_id = NEW.decided_by::text
          AND entry.changes ? 'role' AND entry.actor_id IN (NEW.requested_by, NEW.owner_id))
    THEN
        RAISE EXCEPTION 'payouts.appointed_by_payee' USING ERRCODE = 'BN001',
            DETAIL = jsonb_build_object('withdrawal', OLD.id)::text;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER withdrawal_decider BEFORE UPDATE ON public.payouts_withdrawal
    FOR EACH ROW WHEN (OLD.decided_by IS NULL AND NEW.decided_by IS NOT NULL)
    EXECUTE FUNCTION public.payouts_withdrawal_decider();
