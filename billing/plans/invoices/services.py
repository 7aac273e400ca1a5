"""What a shop was billed, as the biller has it: written down, and booked once it is paid."""

import logging

from billing.ledger import services as ledger_services
from billing.ledger.models import AccountKind
from billing.ledger.services import Leg
from billing.payments.clearing import clearing_leg
from billing.plans.gateway import ProviderInvoice
from billing.plans.models import Invoice, Subscription
from kernel import clock
from kernel.database.unit_of_work import lock_name
from kernel.models import NO_ONE

logger = logging.getLogger(__name__)
PAID = "plan.paid"


def apply_invoice(*, provider_invoice: ProviderInvoice) -> Invoice | None:
    """Write an invoice down as the biller has it, and book it once it was paid. Must run in a transaction.

    Paid stays paid. None if it belongs to no subscription of ours.
    """
    row = Subscription.objects.filter(external_id=provider_invoice.subscription_id or None).first()
    if row is None:
        logger.warning("an invoice of no plan of ours", extra={"object": provider_invoice.id})
        return None
    lock_name(f"plan {row.tenant_id}")
    invoice = Invoice.objects.select_for_update().filter(external_id=provider_invoice.id).first() or Invoice(
        subscription=row, external_id=provider_invoice.id, issued_at=provider_invoice.issued_at
    )
    if invoice.state == Invoice.State.PAID:
        return invoice
    invoice.state, invoice.number = Invoice.State(provider_invoice.status), provider_invoice.number
    invoice.total, invoice.paid, invoice.currency = (
        provider_invoice.total,
        provider_invoice.paid,
        provider_invoice.currency,
    )
    invoice.pdf_url, invoice.page_url, invoice.charge_id = (
        provider_invoice.pdf_url,
        provider_invoice.page_url,
        provider_invoice.charge_id,
    )
    if invoice.state == Invoice.State.PAID:
        invoice.paid_at = clock.now()
    invoice.save()
    if invoice.state == Invoice.State.PAID and invoice.paid:
        _book(row, invoice)
    return invoice


def _book(row: Subscription, invoice: Invoice) -> None:
    ledger_services.post(
        tenant_id=row.tenant_id,
        kind=PAID,
        idempotency_key=invoice.external_id,
        legs=[
            clearing_leg("stripe", invoice.currency, -invoice.paid),
            Leg("platform", NO_ONE, AccountKind.PLATFORM_FEE, invoice.currency, invoice.paid, NO_ONE),
        ],
        subject_id=invoice.id,
    )
