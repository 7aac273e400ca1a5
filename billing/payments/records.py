"""A payment's row: locking it, marking it for a person, booking money of it that reached no purpose."""

import logging
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from billing.ledger import services as ledger_services
from billing.ledger.models import AccountKind
from billing.ledger.services import Leg
from billing.payments.clearing import clearing_leg
from billing.payments.payments.models import Payment
from kernel.errors import NotFound

logger = logging.getLogger(__name__)


def lock_payment(payment_id: UUID) -> Payment:
    """Return the payment with its row locked. Payments come before refunds and before the orders they pay."""
    payment = Payment.objects.select_for_update().filter(id=payment_id).first()
    if payment is None:
        raise NotFound(_("there is no such payment"), field="payment", value=payment_id)
    return payment


def report(payment: Payment, problem: str) -> None:
    """Write down what the central team has to look at; the caller saves ``problem``."""
    payment.problem = problem[:300]
    logger.error("a payment needs a person", extra={"payment": str(payment.id), "problem": problem})


def book_unapplied(payment: Payment, amount: int, currency: str, *, returned_by: UUID | None = None) -> None:
    """Book money that came in without reaching its purpose, or that the refund ``returned_by`` sent back."""
    sign = -1 if returned_by else 1
    ledger_services.post(
        tenant_id=payment.tenant_id,
        kind="payment.returned" if returned_by else "payment.unapplied",
        idempotency_key=str(returned_by or payment.id),
        legs=[
            clearing_leg(payment.gateway, currency, -sign * amount),
            Leg("tenant", payment.tenant_id, AccountKind.UNAPPLIED_RECEIPT, currency, sign * amount),
        ],
        subject_id=payment.reference_id,
    )
