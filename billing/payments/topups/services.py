"""A shop fills its prepaid balance: what follows when a top-up is paid, goes back or is disputed."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from billing.ledger import selectors as ledger_selectors
from billing.ledger import services as ledger_services
from billing.ledger.models import AccountKind
from billing.ledger.services import Leg
from billing.payments.clearing import clearing_leg
from billing.payments.disputes.models import Dispute
from billing.payments.payments import services as payment_services
from billing.payments.payments.models import Payment
from billing.payments.refunds import services as payment_refund_services
from billing.payments.refunds.models import Refund
from kernel import audit
from kernel.errors import Conflict, InsufficientBalance
from kernel.ids import new_id
from kernel.money.money import format_money

TOPUP = "topup"


def open_topup(*, tenant: Any, amount: int, acting_user: Any) -> UUID:
    """Open a payment that fills a prepaid balance, start it and return its id.

    Raises InvalidInput for an amount that the shop's gateway does not take, in minor units.
    """
    with transaction.atomic(durable=True):
        payment = payment_services.open_payment(
            tenant=tenant,
            purpose=TOPUP,
            reference_id=new_id(),
            amount=amount,
            currency=tenant.currency,
            description=gettext("Prepaid balance"),
        )
        audit.record(
            "prepaid.topup_opened",
            actor=acting_user,
            object_type="payments.payment",
            object_id=payment.id,
            changes={"amount": amount, "currency": tenant.currency},
        )
    payment_services.start(payment_id=payment.id)
    return payment.id


def credit_prepaid(payment: Payment) -> None:
    """A tenant topped up: its prepaid balance grows."""
    _move("topup", payment, str(payment.id), clearing=-payment.amount, prepaid=payment.amount)


def hold_prepaid(refund: Refund) -> None:
    """A top-up is to go back: it leaves the balance now, so that nothing can be bought with it meanwhile.

    Raises Conflict if it has been spent.
    """
    try:
        with transaction.atomic():
            _move(
                "topup.refund_requested",
                refund.payment,
                str(refund.id),
                prepaid=-refund.amount,
                in_flight=refund.amount,
            )
    except InsufficientBalance as error:
        left = refund.amount - error.details["missing"]
        raise Conflict(
            _("this top-up has been spent: only %(left)s of the balance is left")
            % {"left": format_money(left, refund.currency)},
            field="amount",
            value=refund.amount,
            remedy=_("refund at most what is left, or refund orders paid from the balance first"),
            code="spent",
            left=left,
        ) from error


def send_held(refund: Refund) -> None:
    """A top-up went back."""
    _move("topup.refunded", refund.payment, str(refund.id), in_flight=-refund.amount, clearing=refund.amount)


def lose_prepaid(dispute: Dispute) -> None:
    """A disputed top-up is lost: it leaves the balance; what was spent of it, the shop's margin."""
    payment, amount = dispute.payment, dispute.withdrawn
    leg = Leg("tenant", payment.tenant_id, AccountKind.DISPUTED, dispute.currency, amount)
    _take(payment, amount, leg, kind="topup.dispute_lost", key=str(dispute.id))


def lose_foreign(refund: Refund) -> None:
    """A top-up went back on the provider's own pages: it leaves the balance; what was spent, the margin."""
    leg = payment_refund_services.foreign_leg(refund, refund.amount)
    _take(refund.payment, refund.amount, leg, kind="topup.foreign_refund", key=str(refund.id))


def _take(payment: Payment, amount: int, source: Leg, *, kind: str, key: str) -> None:
    held = ledger_selectors.balance(
        owner_kind="tenant",
        owner_id=payment.tenant_id,
        kind=AccountKind.TENANT_PREPAID,
        currency=payment.currency,
        tenant_id=payment.tenant_id,
    )
    from_balance = min(held, amount)
    legs = [
        source,
        Leg("tenant", payment.tenant_id, AccountKind.TENANT_PREPAID, payment.currency, -from_balance),
        Leg("tenant", payment.tenant_id, AccountKind.TENANT_MARGIN, payment.currency, from_balance - amount),
    ]
    ledger_services.post(
        tenant_id=payment.tenant_id,
        kind=kind,
        idempotency_key=key,
        legs=[leg for leg in legs if leg.amount],
        subject_id=payment.id,
    )


def release_held(refund: Refund) -> None:
    """A top-up could not go back: it is in the balance again."""
    _move(
        "topup.refund_failed", refund.payment, str(refund.id), in_flight=-refund.amount, prepaid=refund.amount
    )


def _move(
    kind: str, payment: Payment, key: str, *, prepaid: int = 0, in_flight: int = 0, clearing: int = 0
) -> None:
    tenant_id, currency = payment.tenant_id, payment.currency
    legs = [
        clearing_leg(payment.gateway, currency, clearing),
        Leg("tenant", tenant_id, AccountKind.TENANT_PREPAID, currency, prepaid),
        Leg("tenant", tenant_id, AccountKind.WITHDRAWAL_IN_FLIGHT, currency, in_flight),
    ]
    ledger_services.post(
        tenant_id=tenant_id,
        kind=kind,
        idempotency_key=key,
        legs=[leg for leg in legs if leg.amount],
        subject_id=payment.id,
    )
