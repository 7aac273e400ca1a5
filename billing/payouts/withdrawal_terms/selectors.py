"""The terms on which money leaves a wallet: what a tenant set for a currency, or what is usual for it."""

from dataclasses import dataclass
from uuid import UUID

from billing.payouts.withdrawal_terms.magnitudes import as_much_as
from billing.payouts.withdrawal_terms.models import WithdrawalTerms

MINIMUM, FEE, APPROVAL_ABOVE, APPROVAL_MOST = 10, 0, 1_000, 10_000
"""As much as so many yuan: the terms of a tenant that set none, and the most its approval limit can be."""


@dataclass(frozen=True, slots=True)
class TermsInForce:
    """A tenant's terms for one currency, in its minor units."""

    minimum: int
    fee: int
    approval_above: int
    set_by: UUID | None = None


def terms_of(tenant_id: UUID, currency: str) -> TermsInForce:
    """Return the terms in force for a tenant's wallets of ``currency``."""
    row = WithdrawalTerms.objects.filter(tenant_id=tenant_id, currency=currency).first()
    if row is None:
        return usual(currency)
    return TermsInForce(row.minimum, row.fee, row.approval_above, row.set_by)


def usual(currency: str) -> TermsInForce:
    """Return the terms of a tenant that set none."""
    minimum, fee, approval_above = (as_much_as(yuan, currency) for yuan in (MINIMUM, FEE, APPROVAL_ABOVE))
    return TermsInForce(minimum, fee, approval_above)


def most_approval_above(currency: str) -> int:
    """Return the most that a tenant's approval limit can be, minor units."""
    return as_much_as(APPROVAL_MOST, currency)
