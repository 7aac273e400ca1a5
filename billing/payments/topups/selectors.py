"""Reads: what is on a prepaid balance."""

from uuid import UUID

from billing.ledger import selectors as ledger_selectors
from billing.ledger.models import AccountKind


def prepaid_balance(tenant_id: UUID, currency: str) -> int:
    """Return what is left on a tenant's prepaid balance, minor units of its currency."""
    return ledger_selectors.balance(
        owner_kind="tenant",
        owner_id=tenant_id,
        kind=AccountKind.TENANT_PREPAID,
        currency=currency,
        tenant_id=tenant_id,
    )
