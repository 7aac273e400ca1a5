"""What a payment is for. An app that wants to be paid registers its purpose in ``AppConfig.ready``."""

from collections.abc import Callable
from dataclasses import dataclass

from accounts.models import User
from billing.payments.disputes.models import Dispute
from billing.payments.payments.models import Payment
from billing.payments.refunds.models import Refund


class PaidTooLate(Exception):
    """The money came when its purpose was gone; it goes back by itself. What was written before stays."""


@dataclass(frozen=True, slots=True)
class PayerPage:
    """The shop's page to which a payer returns, by its name and arguments.

    ``follows``: it looks again by itself until the payment has arrived.
    """

    name: str
    args: tuple[str, ...] = ()
    follows: bool = False


def _description(payment: Payment) -> str:
    return payment.description


@dataclass(frozen=True, slots=True)
class Purpose:
    """Who may pay for it and returns where, and what happens when money arrived or went back.

    ``may_pay`` says whether a person may make a payment, ``is_payable`` whether it can still be paid
    (what comes too late only goes back); both only read, in the tenant's schema. ``title`` is what the payer
    reads, in any schema.

    The callbacks run inside the transaction that handles the event and inside the tenant's schema, with
    the payment's row locked. They call nothing outside and may run again: they must see that they did.
    ``refunded`` follows a refund that was requested here, ``foreign_refund`` one that was made on the
    provider's own pages: it books all of ``refund.amount`` off the account ``foreign_refund``, and without
    one the shop bears it. ``dispute_opened`` comes again whenever ``dispute.reserved`` has changed, since a
    refund failed or came in besides. ``dispute_lost`` comes once no refund of the payment is on its way; it
    books ``dispute.withdrawn`` off the account ``disputed``, and without one the shop bears it.
    ``paid`` may raise PaidTooLate, ``refund_requested`` Conflict if there is nothing left to give back; then
    no refund is written.
    """

    paid: Callable[[Payment], None]
    refunded: Callable[[Refund], None]
    may_pay: Callable[[Payment, User], bool] = lambda _payment, _user: False
    is_payable: Callable[[Payment], bool] = lambda _payment: True
    return_page: Callable[[Payment], PayerPage] = lambda _payment: PayerPage("home")
    title: Callable[[Payment], str] = _description
    failed: Callable[[Payment], None] | None = None
    refund_requested: Callable[[Refund], None] | None = None
    refund_failed: Callable[[Refund], None] | None = None
    foreign_refund: Callable[[Refund], None] | None = None
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
