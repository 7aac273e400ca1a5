"""Whether money may leave at all, or that of one shop.

A shop's are the withdrawals of its members and its own, and what suppliers get for its orders.
"""

from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from billing.payouts.halts.models import PayoutHalt
from kernel.errors import Conflict


def active() -> QuerySet[PayoutHalt]:
    """Return the halts in force, oldest first."""
    return PayoutHalt.objects.filter(lifts=None, lifted_by=None).order_by("id")


def in_force(tenant_id: UUID | None = None) -> bool:
    """Say whether a halt of all payouts is in force, or one of this shop's."""
    concerned = Q(tenant_id=None)
    return active().filter(concerned | Q(tenant_id=tenant_id) if tenant_id else concerned).exists()


def halted_shops() -> list[UUID]:
    """Return the shops whose payouts are halted, each once."""
    tenant_ids = active().order_by().values_list("tenant_id", flat=True).distinct()
    return [tenant_id for tenant_id in tenant_ids if tenant_id]


def require_none(tenant_id: UUID | None = None) -> None:
    """Raise Conflict while a halt is in force that stops this shop's payouts."""
    if in_force(tenant_id):
        raise Conflict(
            _("payouts are paused at the moment"),
            code="payouts_halted",
            remedy=_("nothing is lost; please try again later"),
        )
