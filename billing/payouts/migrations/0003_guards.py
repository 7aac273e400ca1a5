"""What the database refuses by itself: changed halts, withdrawals that change their sums or come back to life."""

from django.db import migrations

HALTS = """
CREATE TRIGGER halt_append_only BEFORE UPDATE OR DELETE ON public.payouts_halt
    FOR EACH ROW EXECUTE FUNCTION public.kernel_refuse_change();
CREATE TRIGGER halt_no_truncate BEFORE TRUNCATE ON public.payouts_halt
    FOR EACH STATEMENT EXECUTE FUNCTION public.kernel_refuse_change();
"""
# The ledger was told these figures when the withdrawal was made; another figure here would be a lie.
WITHDRAWALS = """
CREATE FUNCTION public.payouts_withdrawal_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.tenant_id, NEW.owner_kind, NEW.owner_id, NEW.wallet, NEW.currency, NEW.amount, NEW.fee, NEW.tax, NEW.net,
        NEW.requested_by, NEW.needs_approval, NEW.idempotency_key, NEW.tax_year, NEW.tax_month)
       IS DISTINCT FROM
       (OLD.tenant_id, OLD.owner_kind, OLD.owner_id, OLD.wallet, OLD.currency, OLD.amount, OLD.fee, OLD.tax, OLD.net,
        OLD.requested_by, OLD.needs_approval, OLD.idempotency_key, OLD.tax_year, OLD.tax_month)
    THEN
        RAISE EXCEPTION 'withdrawal % cannot become another one', OLD.id USING ERRCODE = 'BN423';
    END IF;
    IF OLD.state IN ('paid', 'failed', 'refused') AND NEW.state <> OLD.state THEN
        RAISE EXCEPTION 'withdrawal % is %, for good', OLD.id, OLD.state USING ERRCODE = 'BN423';
    END IF;
    IF OLD.decided_by IS NOT NULL AND NEW.decided_by IS DISTINCT FROM OLD.decided_by THEN
        RAISE EXCEPTION 'withdrawal % is decided already', OLD.id USING ERRCODE = 'BN423';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER withdrawal_guard BEFORE UPDATE ON public.payouts_withdrawal
    FOR EACH ROW EXECUTE FUNCTION public.payouts_withdrawal_guard();
CREATE TRIGGER withdrawal_kept BEFORE DELETE ON public.payouts_withdrawal
    FOR EACH ROW EXECUTE FUNCTION public.kernel_refuse_change();
CREATE TRIGGER withdrawal_no_truncate BEFORE TRUNCATE ON public.payouts_withdrawal
    FOR EACH STATEMENT EXECUTE FUNCTION public.kernel_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("payouts", "0002_accounts_withdrawals_subsidies"),
        ("kernel", "0002_append_only_audit"),
    ]
    operations = [migrations.RunSQL(HALTS), migrations.RunSQL(WITHDRAWALS)]
