"""What a payment is for. An app that wants to be paid registers its purpose in ``AppConfig.ready``."""

from collections.abc import Callable
from dataclasses import dataclass

from billing.payments.disputes.models import Dispute
from billing.payments.payments.models import Payment
from billing.payments.refunds.models import Refund


class PaidTooLate(Exception):
    """The money came when its purpose was gone; it goes back by itself. What was written before stays."""


@dataclass(frozen=True, slots=True)
class Purpose:
    """What happens when money arrived or went back.

    The callbacks run inside the transaction that handles the event and inside the tenant's schema, with
    the payment's row locked. They call nothing outside and may run again: they must see that they did.
    ``dispute_lost`` books ``dispute.withdrawn`` off the account ``disputed``; without one the shop bears it.
    ``paid`` may raise PaidTooLate, ``refund_requested`` Conflict if there is nothing left to give back; then
    no refund is written.
    """

    paid: Callable[[Payment], None]
    refunded: Callable[[Refund], None]
    failed: Callable[[Payment], None] | None = None
    refund_requested: Callable[[Refund], None] | None = None
    refund_failed: Callable[[Refund], None] | None = None
    dispute_opened: Callable[[Dispute], None] | None = None
    dispute_won: Callable[[Dispute], None] | None = None
    dispute_lost: Callable[[Dispute], None] | None = None


_purposes: dict[str, Purpose] = {}


def register(name: str, purpose: Purpose) -> None:
    """Let payments be opened for ``name``."""
    _purposes[name] = purpose


def purpose_of(name: str) -> Purpose:
    """Return the registered purpose; KeyError for an unknown one."""
    return _purposes[name]
