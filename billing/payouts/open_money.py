"""What of a shop's money is still on its way or belongs to somebody: with it, no shop may be closed."""

from datetime import timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.payments.models import Dispute, Payment, Refund
from billing.payouts.payables.models import Payable
from billing.payouts.withdrawals.models import Withdrawal
from kernel import clock
from kernel.errors import Text

THEIRS = (
    "commission_pending",
    "commission_payable",
    "service_fee_payable",
    "deposit_liability",
    "tenant_prepaid",
    "withdrawal_in_flight",
)
"""Accounts of a shop's members and partners: once it is closed, nobody could ask for what is on them."""


OWED = """
SELECT EXISTS (
    SELECT FROM public.ledger_account account
    JOIN public.ledger_entry entry ON entry.account_id = account.id
    WHERE account.tenant_id = %s AND account.kind = ANY(%s) AND account.owner_kind IN ('member', 'tenant')
    GROUP BY account.id HAVING sum(entry.amount) <> 0)
"""


def open_money(tenant_id: UUID) -> list[Text]:
    """Return what is open of a shop's money, in words; nothing if it may be closed. Read in "public"."""
    # What nobody went on with for a day, nobody can: its page was the shop's.
    begun = Q(state=Payment.State.PROCESSING) | Q(created_at__gt=clock.now() - timedelta(days=1))
    payments = Payment.objects.filter(begun, tenant_id=tenant_id)
    unpaid = [Payable.State.WAITING, Payable.State.DUE, Payable.State.IN_PAYOUT]
    withdrawals = Withdrawal.objects.filter(tenant_id=tenant_id).exclude(state__in=Withdrawal.FINAL)
    refunds = Refund.objects.filter(payment__tenant_id=tenant_id).exclude(state__in=Refund.FINAL)
    with connection.cursor() as cursor:
        cursor.execute(OWED, [tenant_id, list(THEIRS)])
        is_owed = bool(cursor.fetchone()[0])
    open_matters: list[tuple[bool, Text]] = [
        (payments.exclude(state__in=Payment.FINAL).exists(), _("payments that are not finished")),
        (refunds.exists(), _("refunds on their way")),
        (
            Dispute.objects.filter(Dispute.UNFINISHED, payment__tenant_id=tenant_id).exists(),
            _("open disputes"),
        ),
        (
            Payable.objects.filter(tenant_id=tenant_id, state__in=unpaid).exists(),
            _("orders for which suppliers are not paid yet"),
        ),
        (withdrawals.exists(), _("withdrawals that are not finished")),
        (is_owed, _("commission, deposits or prepaid money of members and partners")),
    ]
    return [text for is_open, text in open_matters if is_open]
