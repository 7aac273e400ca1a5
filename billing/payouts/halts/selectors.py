"""Whether money may leave at all."""

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from billing.payouts.halts.models import PayoutHalt
from kernel.errors import Conflict


def in_force() -> bool:
    """True while any halt has not been lifted."""
    return active().exists()


def active() -> QuerySet[PayoutHalt]:
    """Return the halts in force, oldest first."""
    return PayoutHalt.objects.filter(lifts=None, lifted_by=None).order_by("id")


def require_none() -> None:
    """Raise Conflict while a halt is in force."""
    if in_force():
        raise Conflict(
            _("payouts are paused at the moment"),
            code="payouts_halted",
            remedy=_("nothing is lost; please try again later"),
        )
