"""The ledger's side of earnings: which account each one moves, and its lock."""

from collections.abc import Iterable
from uuid import UUID

from billing.ledger import selectors as ledger_selectors
from billing.ledger import services as ledger_services
from billing.ledger.models import AccountKind
from billing.ledger.services import Leg
from kernel.database.unit_of_work import lock_name
from tenants.agents.earnings.models import Earning, Sale
from tenants.registry.models import Tenant

WALLETS = {"commission": AccountKind.COMMISSION_PAYABLE, "service_fee": AccountKind.SERVICE_FEE_PAYABLE}


def paid_legs(earnings: Iterable[Earning], tenant: Tenant, currency: str) -> list[Leg]:
    """Return what the earnings of an order that is paid now add to the ledger, a leg for each account."""
    amounts: dict[tuple[str, UUID, AccountKind], int] = {}
    for earning in earnings:
        key = (
            ("tenant", tenant.id, AccountKind.TENANT_MARGIN)
            if earning.payee_id is None
            else ("member", earning.payee_id, AccountKind.COMMISSION_PENDING)
        )
        amounts[key] = amounts.get(key, 0) + earning.amount
    return [
        Leg(owner_kind, owner_id, kind, currency, amount)
        for (owner_kind, owner_id, kind), amount in sorted(amounts.items())
    ]


def lock_wallets(tenant: Tenant, earnings: Iterable[Earning]) -> None:
    """Lock the wallets of all payees until the transaction ends, in the order of their ids.

    Whoever reads a balance to decide what an earning may move holds this lock. The shop's margin has none.
    """
    for payee_id in sorted({earning.payee_id for earning in earnings if earning.payee_id}):
        lock_name(f"wallet {tenant.id} {payee_id}")


def balance_of(tenant: Tenant, earning: Earning, kind: AccountKind, currency: str) -> int:
    """Return what the payee has on the account ``kind`` in this shop, minor units; below zero is owed."""
    assert earning.payee_id is not None
    return ledger_selectors.balance(
        owner_kind="member", owner_id=earning.payee_id, kind=kind, currency=currency, tenant_id=tenant.id
    )


def payee_leg(tenant: Tenant, earning: Earning, kind: AccountKind, currency: str, amount: int) -> Leg:
    """Return the leg that adds ``amount`` (minor units, may be negative) to the payee's account ``kind``."""
    assert earning.payee_id is not None
    return Leg("member", earning.payee_id, kind, currency, amount, tenant.id)


def post(tenant: Tenant, sale: Sale, kind: str, earning: Earning, legs: Iterable[Leg]) -> None:
    """Post a transfer of ``kind`` for one earning: at most one of each kind, keyed by the earning's id.

    Legs of nothing are left out; the others must sum to zero.
    """
    ledger_services.post(
        tenant_id=tenant.id,
        kind=kind,
        idempotency_key=str(earning.id),
        legs=[leg for leg in legs if leg.amount],
        subject_id=sale.order_id,
        rule_version=sale.rules_version,
    )
