"""A supplier with an account, and orders that were paid for."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from django.db import transaction
from django.utils import translation

from billing.ledger import selectors as ledger_selectors
from billing.ledger import services as ledger_services
from billing.ledger.models import AccountKind
from billing.ledger.services import Leg
from billing.payments import purposes
from billing.payments.gateway import Move, MoveStatus
from billing.payments.payments import sandbox_cards
from billing.payments.payments import services as payment_services
from billing.payments.purposes import Purpose
from billing.payouts.accounts import payees
from billing.payouts.accounts import services as payout_account_services
from billing.payouts.models import Payable, Payout
from billing.payouts.payables import services as payable_services
from billing.payouts.transfers import services as transfer_services
from catalog.models import Supplier
from kernel.events import inbox, outbox
from kernel.ids import new_id
from kernel.models import NO_ONE
from tests.payouts import people
from tests.support.sandbox import RunningSandbox
from tests.support.world import World

TENANT = UUID(int=7)


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """What refusals say is read in English here, whatever a page spoke before."""
    with translation.override("en"):
        yield


@pytest.fixture
def purpose(monkeypatch: pytest.MonkeyPatch) -> None:
    """A purpose without effect; the tests book the order themselves."""
    nothing = Purpose(paid=lambda payment: None, refunded=lambda refund: None)
    monkeypatch.setitem(purposes._purposes, "test", nothing)


@pytest.fixture
def shop(sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> people.Shop:
    """A shop whose people have wallets; the gateway holds enough money for all of them."""
    shop = people.Shop()
    monkeypatch.setattr(payees, "_describers", [shop.describe])
    people.fill(sandbox, 100_000_000)
    return shop


@pytest.fixture
def farm(world: World, sandbox: RunningSandbox, purpose: None) -> Supplier:
    """A supplier that is paid when it ships, with an account at the gateway."""
    payout_account_services.open_account(
        owner=payout_account_services.supplier_owner(world.farm), country="CN"
    )
    return world.farm


def paid_to(supplier: Supplier) -> str:
    """The gateway's account of a supplier."""
    account = payout_account_services.account_of("supplier", supplier.id)
    assert account is not None
    return account.external_id or ""


def days_later(sandbox: RunningSandbox, days: int = 0, *, seconds: int = 0) -> None:
    """Set the payment service's clock forward and deliver what it reports."""
    sandbox.control("clock", days=str(days), seconds=str(seconds))
    deliver(sandbox)


def deliver(sandbox: RunningSandbox) -> None:
    """Deliver what the payment service reports of payouts and accounts, and what follows from it."""
    for prefix in ("payout.", "account."):
        sandbox.deliver_all(prefix)
    inbox.handle_waiting()
    outbox.relay()


def sell(
    supplier: Supplier, amount: int = 700, *, prepaid: bool = False, settlement_policy: str = "shipped"
) -> Payable:
    """An order of which ``supplier`` is owed ``amount`` and the platform keeps 300."""
    order, total = new_id(), amount + 300
    payment_id = None
    if not prepaid:
        with transaction.atomic():
            payment = payment_services.open_payment(
                tenant=people.Shop(),
                purpose="test",
                reference_id=order,
                amount=total,
                currency="CNY",
                description="Order",
            )
        payment_id = sandbox_cards.confirm_with_test_card(payment_id=payment.id, card="success").id
    with transaction.atomic():
        ledger_services.post(
            tenant_id=TENANT,
            kind="order.paid",
            idempotency_key=str(order),
            legs=[
                Leg("platform", NO_ONE, AccountKind.PSP_CLEARING, "CNY", -total, NO_ONE),
                Leg("supplier", supplier.id, AccountKind.SUPPLIER_PAYABLE, "CNY", amount, NO_ONE),
                Leg("platform", NO_ONE, AccountKind.PLATFORM_FEE, "CNY", 300, NO_ONE),
            ],
            subject_id=order,
        )
        (payable,) = payable_services.record_payables(
            tenant_id=TENANT,
            order_id=order,
            currency="CNY",
            payment_id=payment_id,
            owed=[payable_services.Owed(supplier.id, new_id(), amount, settlement_policy)],
        )
    return payable


def ship(payable: Payable) -> None:
    """The goods left."""
    with transaction.atomic():
        payable_services.mark_due(supplier_order_id=payable.supplier_order_id, after="shipped")


def refuse_transfer(payout: Payout, error: str) -> None:
    """The gateway reports that it will not send a payout. Inside a transaction."""
    move = Move(f"tr_{payout.id}", MoveStatus.FAILED, payout.amount, payout.currency, error)
    transfer_services.apply_transfer(payout_id=payout.id, move=move)


def give_back(payable: Payable) -> None:
    """The whole order is refunded: the same legs as the shop posts."""
    with transaction.atomic():
        payable.refresh_from_db()
        if not payable.left:
            return
        clawback = payable_services.claw_back(
            order_id=payable.order_id, amounts={payable.supplier_order_id: payable.left}
        )
        unpaid, paid = clawback[payable.supplier_id]
        legs = [
            Leg("platform", NO_ONE, AccountKind.PSP_CLEARING, "CNY", payable.amount + 300, NO_ONE),
            Leg("platform", NO_ONE, AccountKind.PLATFORM_FEE, "CNY", -300, NO_ONE),
            Leg("supplier", payable.supplier_id, AccountKind.SUPPLIER_PAYABLE, "CNY", -unpaid, NO_ONE),
            Leg("supplier", payable.supplier_id, AccountKind.SUPPLIER_RECEIVABLE, "CNY", -paid, NO_ONE),
        ]
        ledger_services.post(
            tenant_id=TENANT,
            kind="order.refunded",
            idempotency_key=str(payable.order_id),
            legs=[leg for leg in legs if leg.amount],
            subject_id=payable.order_id,
        )


def held(supplier: Supplier) -> dict[str, int]:
    """What the ledger says about a supplier, without the empty accounts."""
    rows = ledger_selectors.balances_of("supplier", supplier.id)
    return {str(row.kind): row.amount for row in rows if row.amount}
