"""Subscriptions that are billed, and whether they are paid."""

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from billing.plans import selectors
from billing.plans.models import Invoice, Subscription
from kernel.errors import Conflict, NotFound


def billed(tenant_id: UUID) -> Subscription:
    """Return the shop's subscription; NotFound where the shop is not billed for a plan."""
    row = selectors.subscription_of(tenant_id)
    if row is None or not row.external_id:
        raise NotFound(_("this shop is not billed for a plan"), field="plan", remedy=_("choose a plan first"))
    return row


def paid_up(tenant_id: UUID) -> Subscription:
    """Return a billed shop's subscription; Conflict while a bill is open.

    The rest of a month that nobody paid for is not given back.
    """
    row = billed(tenant_id)
    unpaid = row.invoices.filter(state=Invoice.State.OPEN).order_by("issued_at").first()
    if unpaid is not None:
        raise Conflict(
            _("the last bill is not paid yet"),
            field="plan",
            value=unpaid.number,
            remedy=_("pay it first, then change the plan"),
            code="bill_open",
        )
    return row
