"""How a payout moves the ledger's money, whoever it is for."""

from uuid import UUID

from django.conf import settings

from billing.ledger import services as ledger_services
from billing.ledger.models import AccountKind
from billing.ledger.services import Leg
from billing.payments.clearing import clearing_leg
from billing.payouts.transfers.models import Payout
from kernel.models import NO_ONE


def post(
    payout: Payout, kind: str, *, payable: int = 0, in_flight: int = 0, receivable: int = 0, clearing: int = 0
) -> None:
    """Book one step of a payout, once: minor units, positive is owed to the payee. In a transaction.

    ``payable`` and ``receivable`` are a supplier's; what a withdrawal takes from a wallet and gives back
    is booked by ``withdrawals``.
    """
    owner_kind, owner_id, tenant_id = owner_of(payout)

    def own(account: AccountKind, amount: int) -> Leg:
        return Leg(owner_kind, owner_id, account, payout.currency, amount, tenant_id)

    legs = [
        own(AccountKind.SUPPLIER_PAYABLE, payable),
        own(AccountKind.WITHDRAWAL_IN_FLIGHT, in_flight),
        own(AccountKind.SUPPLIER_RECEIVABLE, receivable),
        clearing_leg(settings.PAYMENT_GATEWAY, payout.currency, clearing),
    ]
    ledger_services.post(
        tenant_id=tenant_id,
        kind=kind,
        idempotency_key=str(payout.id),
        legs=[leg for leg in legs if leg.amount],
        subject_id=payout.id,
    )


def owner_of(payout: Payout) -> tuple[str, UUID, UUID]:
    """Return (owner's kind, owner's id, tenant's id) of the accounts a payout moves."""
    if payout.supplier_id:
        return "supplier", payout.supplier_id, NO_ONE
    assert payout.withdrawal is not None
    return payout.withdrawal.owner_kind, payout.withdrawal.owner_id, payout.withdrawal.tenant_id
