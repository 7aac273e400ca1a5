"""Claims given back in part, invoices' files, and who cannot approve money of their own shop's team."""

from django.db import migrations, models

import billing.payouts.models.withdrawals
import catalog.documents

# As before, and with what ties it to the shop's team and the invoice's file among what stays.
GUARD = """
CREATE OR REPLACE FUNCTION public.payouts_withdrawal_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.tenant_id, NEW.owner_kind, NEW.owner_id, NEW.wallet, NEW.currency, NEW.amount, NEW.fee, NEW.tax, NEW.net,
        NEW.requested_by, NEW.needs_approval, NEW.idempotency_key, NEW.tax_year, NEW.tax_month, NEW.tie,
        NEW.invoice_number, NEW.invoice_file)
       IS DISTINCT FROM
       (OLD.tenant_id, OLD.owner_kind, OLD.owner_id, OLD.wallet, OLD.currency, OLD.amount, OLD.fee, OLD.tax, OLD.net,
        OLD.requested_by, OLD.needs_approval, OLD.idempotency_key, OLD.tax_year, OLD.tax_month, OLD.tie,
        OLD.invoice_number, OLD.invoice_file)
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
"""
# To refuse moves nothing to anybody; to approve does. Whoever appointed the approver cannot be who is paid.
DECIDER = """
CREATE FUNCTION public.payouts_withdrawal_decider() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.tie <> '' AND NEW.state <> 'refused' AND NOT EXISTS (
        SELECT FROM public.accounts_user person
        WHERE person.id = NEW.decided_by AND person.is_active AND person.role IN ('central_admin', 'central_staff'))
    THEN
        RAISE EXCEPTION 'withdrawal % is for the central team to approve', NEW.id USING ERRCODE = 'BN423';
    END IF;
    IF EXISTS (
        SELECT FROM public.kernel_auditentry given
        WHERE given.object_type = 'accounts.user' AND given.object_id = NEW.decided_by::text
          AND given.changes ? 'role' AND given.actor_id IN (NEW.requested_by, NEW.owner_id))
    THEN
        RAISE EXCEPTION 'withdrawal % is decided by somebody its payee appointed', NEW.id USING ERRCODE = 'BN423';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER withdrawal_decider BEFORE UPDATE ON public.payouts_withdrawal
    FOR EACH ROW WHEN (OLD.decided_by IS NULL AND NEW.decided_by IS NOT NULL)
    EXECUTE FUNCTION public.payouts_withdrawal_decider();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("kernel", "0004_audit_of_people"),
        ("accounts", "0001_initial"),
        ("payouts", "0006_as_written"),
    ]

    operations = [
        migrations.AddField(
            model_name="subsidyclaim",
            name="returned",
            field=models.BigIntegerField(db_default=0, default=0, help_text="given back to the budget"),
        ),
        migrations.AddField(
            model_name="withdrawal",
            name="invoice_file",
            field=models.FileField(
                blank=True,
                db_default="",
                default="",
                max_length=200,
                storage=catalog.documents.papers,
                upload_to=billing.payouts.models.withdrawals.invoice_path,
            ),
        ),
        migrations.AddField(
            model_name="withdrawal",
            name="invoice_name",
            field=models.CharField(
                blank=True, db_default="", default="", help_text="as it was sent", max_length=120
            ),
        ),
        migrations.AddField(
            model_name="withdrawal",
            name="tie",
            field=models.CharField(
                blank=True,
                choices=[
                    ("shop", "Shop"),
                    ("team", "Team"),
                    ("once", "Once"),
                    ("account", "Account"),
                    ("device", "Device"),
                ],
                db_default="",
                default="",
                help_text="why only the central team may approve it",
                max_length=8,
            ),
        ),
        migrations.AddConstraint(
            model_name="subsidyclaim",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("returned__gte", 0),
                    ("returned__lte", models.F("amount")),
                    models.Q(
                        models.Q(("state", "released"), _negated=True),
                        ("returned", models.F("amount")),
                        _connector="OR",
                    ),
                ),
                name="subsidy_claim_returned_bounded",
            ),
        ),
        migrations.AddConstraint(
            model_name="withdrawal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("owner_kind", "tenant"), _negated=True), ("tie", "shop"), _connector="OR"
                ),
                name="withdrawal_of_shop_is_tied",
            ),
        ),
        migrations.RunSQL(GUARD),
        migrations.RunSQL(DECIDER),
    ]
