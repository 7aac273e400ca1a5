"""A tenant's people with wallets, and who decides about them."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import time_machine
from django.db import transaction

from accounts import roles
from accounts.models import User
from billing.ledger import selectors as ledger_selectors
from billing.ledger import services as ledger_services
from billing.ledger.models import AccountKind
from billing.ledger.services import Leg
from billing.payments.sandbox.stripe import money
from billing.payouts.accounts import services as payout_account_services
from billing.payouts.accounts.payees import Payee
from billing.payouts.accounts.services import AccountOwner
from billing.payouts.models import PayoutAccount, Withdrawal
from billing.payouts.withdrawals import services as withdrawal_services
from kernel import clock
from kernel.errors import NotFound
from kernel.ids import new_id
from kernel.models import NO_ONE
from tests.support.build import make_user
from tests.support.sandbox import RunningSandbox

TENANT_ID = UUID(int=7)


@dataclass
class Shop:
    """What a tenant looks like to payouts, with what it says about its people."""

    id: UUID = TENANT_ID
    schema_name: str = "public"
    name: dict[str, str] = field(default_factory=lambda: {"en": "Alice's shop", "zh-hans": "爱丽丝的店"})
    currency: str = "CNY"
    timezone: str = "Asia/Shanghai"
    people: dict[UUID, Payee] = field(default_factory=dict)

    def describe(self, tenant_id: UUID, person_id: UUID) -> Payee:
        """Answer as the circle does."""
        if person_id in self.people:
            return self.people[person_id]
        user = User.objects.filter(pk=person_id).first()
        if tenant_id != self.id or user is None:
            raise NotFound("there is no such person")
        return Payee(name=str(user), email=user.email)


def earn(
    shop: Shop,
    owner_id: UUID,
    amount: int,
    *,
    wallet: AccountKind = AccountKind.COMMISSION_PAYABLE,
    currency: str = "CNY",
    kind: str = "member",
    days_ago: int = 0,
) -> None:
    """Put money into a wallet."""
    with transaction.atomic():
        ledger_services.post(
            tenant_id=shop.id,
            kind="test.earned",
            idempotency_key=str(new_id()),
            occurred_at=clock.now() - timedelta(days=days_ago),
            legs=[
                Leg("platform", NO_ONE, AccountKind.PSP_CLEARING, currency, -amount, NO_ONE),
                Leg(kind, owner_id, wallet, currency, amount),
            ],
        )


def fill(sandbox: RunningSandbox, amount: int) -> None:
    """Put money on the platform's own balance at the gateway."""
    with sandbox.store.transaction():
        money.record(
            sandbox.store,
            "",
            kind="topup",
            amount=amount,
            currency="cny",
            source="tu_test",
            available_on=sandbox.store.now(),
        )


def able(shop: Shop, owner_id: UUID, *, kind: str = "member", email: str = "") -> PayoutAccount:
    """Let somebody open an account at the gateway; it is able at once."""
    owner = AccountOwner(PayoutAccount.OwnerKind(kind), owner_id, shop.id, "Bob", email)
    return payout_account_services.open_account(owner=owner, country="CN")


def bob(shop: Shop, earned: int = 0, **fields: Any) -> User:
    """A member with an able account and something in the wallet."""
    user = make_user(fields.pop("email", "bob@example.test"), **fields)
    able(shop, user.pk)
    if earned:
        earn(shop, user.pk, earned)
    return user


def ask(shop: Shop, user: User, amount: int, key: str = "", **fields: Any) -> Withdrawal:
    """Take money out."""
    fields.setdefault("owner_id", user.pk)
    return withdrawal_services.request(
        tenant=shop,
        currency=fields.pop("currency", "CNY"),
        amount=amount,
        acting_user=user,
        idempotency_key=key or str(new_id()),
        **fields,
    )


def wallet_of(shop: Shop, owner_id: UUID, kind: str = "member") -> dict[str, int]:
    """What the ledger says about somebody, without empty accounts."""
    rows = ledger_selectors.balances_of(kind, owner_id, tenant_id=shop.id)
    return {str(row.kind): row.amount for row in rows if row.amount}


def boss(email: str = "boss@example.test", role: str = roles.OWNER) -> User:
    """Somebody who may decide."""
    return make_user(email, role=role)


def later(**interval: float) -> time_machine.travel:
    """Go on after an interval, as ``timedelta`` takes it."""
    return time_machine.travel(clock.now() + timedelta(**interval))
