"""What comes through WeChat Pay lies there, and is held beside WeChat's own bills, day by day."""

from datetime import datetime, timedelta

import pytest
import requests
from django.conf import LazySettings
from django.db import connection, transaction
from time_machine import travel

from billing.ledger import selectors as ledger_selectors
from billing.ledger import services as ledger_services
from billing.ledger.models import AccountKind, Entry
from billing.ledger.services import Leg
from billing.payments.clearing import OWNERS, clearing_leg
from billing.payments.gateways.wechat import merchant
from billing.payments.models import Payment, Refund
from billing.payments.payments import services as payment_services
from billing.payments.refunds import services as payment_refund_services
from billing.payments.sandbox.wechat import bills
from billing.payouts.accounts import services as payout_account_services
from billing.payouts.halts import selectors as halt_selectors
from billing.payouts.models import Payable, Payout
from billing.payouts.payables import services as payable_services
from billing.payouts.transfers import services as transfer_services
from billing.watch import reconciliation
from billing.watch import sweeping as watch
from billing.watch.models import BalanceLine, Finding, Sweep
from catalog.models import Supplier
from fulfilment.models import SupplierOrder
from fulfilment.orders import services as supplier_order_services
from kernel import clock
from kernel.calls.errors import NoClearAnswer
from kernel.models import NO_ONE
from kernel.tenancy import in_public
from tenants.registry.models import Tenant
from tenants.shop.cart import selectors as cart_selectors
from tenants.shop.cart import services as cart_services
from tenants.shop.cart.access import CartOwner
from tenants.shop.orders import services as order_services
from tenants.shop.orders.models import Order
from tenants.shop.refunds import services as refund_services
from tests.payouts.people import fill
from tests.shop.conftest import shop
from tests.support.build import ADDRESS
from tests.support.sandbox import RunningSandbox
from tests.support.world import World
from tests.watch.test_reconciliation import AT_ONCE

__all__ = ["shop"]


@pytest.fixture
def paid(
    shop: World, sandbox: RunningSandbox, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> Order:
    """Bob's order in a shop that is paid by WeChat."""
    settings.WECHAT_NOTIFY_URL = "http://localhost/webhooks/wechat"
    folder = sandbox.sandbox.options.folder
    monkeypatch.setattr(merchant, "sandbox_folder", lambda: folder)
    Tenant.objects.filter(id=shop.tenant.id).update(gateway="wechat")
    shop.tenant.gateway = "wechat"
    owner = CartOwner(user_id=shop.bob.pk, device=None)
    cart_services.add_to_cart(owner=owner, variant_id=shop.tea.variants.get().pk, quantity=2)
    order = order_services.place_order(
        user=shop.bob,
        ship_to=ADDRESS,
        expected_total=cart_selectors.quote(owner=owner, user=shop.bob).total,
        idempotency_key="one",
    )
    assert order.payment_id
    payment = payment_services.start(payment_id=order.payment_id)
    assert payment.gateway == "wechat"
    requests.post(f"{sandbox.url}/wechat/pay/{payment.external_id}", timeout=60).raise_for_status()
    assert payment_services.sync(payment_id=payment.id).state == Payment.State.SUCCEEDED
    order.refresh_from_db()
    return order


def at(gateway: str) -> int:
    """What we have with a provider, as the ledger says."""
    return -ledger_selectors.balance(
        owner_kind="platform", owner_id=OWNERS[gateway], kind=AccountKind.PSP_CLEARING, currency="CNY"
    )


def nothing_differs() -> None:
    with in_public():
        assert reconciliation.reconcile(grace=AT_ONCE, whole=True).differences == 0
        assert watch.sweep(whole=True).differences == 0
        assert not halt_selectors.in_force()


def test_a_payment_and_a_refund_differ_from_nothing(paid: Order, shop: World) -> None:
    assert (at("wechat"), at("stripe")) == (paid.total, 0)
    nothing_differs()
    refund_services.refund_order(
        order_id=paid.id, reason="x", acting_user=shop.alice, idempotency_key="a", amount=1_234
    )
    payment_refund_services.sweep_refunds()
    assert Refund.objects.get().state == Refund.State.SUCCEEDED
    assert (at("wechat"), at("stripe")) == (paid.total - 1_234, 0)
    nothing_differs()


@pytest.mark.slow
def test_the_days_bills_are_held_beside_the_ledger(
    paid: Order, shop: World, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    refund_services.refund_order(
        order_id=paid.id, reason="x", acting_user=shop.alice, idempotency_key="a", amount=1_234
    )
    payment_refund_services.sweep_refunds()
    with travel(clock.now() + timedelta(hours=36)):
        nothing_differs()
        lines = BalanceLine.objects.filter(source="wechat")
        assert sorted(lines.values_list("type", flat=True)) == ["charge", "fee", "fee", "refund"]
        assert not lines.filter(transfer=None).exists()
        fees = sum(lines.filter(type="fee").values_list("amount", flat=True))
        assert fees < 0
        assert at("wechat") == paid.total - 1_234 + fees, "to the cent what WeChat has of ours"
        nothing_differs()
        assert lines.count() == 4, "a line seen twice is one line"
    (order,) = sandbox.store.all("wechat_order")
    other = {"id": "wechat_x", "out_trade_no": "x", "transaction_id": "42", "paid": order["paid"]}
    sandbox.store.save(order | other)
    with in_public(), transaction.atomic():
        legs = [clearing_leg("wechat", "CNY", -5), Leg("platform", NO_ONE, AccountKind.BANK, "CNY", 5)]
        ledger_services.post(tenant_id=NO_ONE, kind="test", idempotency_key="x", legs=legs)
    with travel(clock.now() + timedelta(hours=36)), in_public():
        assert reconciliation.reconcile(grace=AT_ONCE).differences == 2, "a line too many, a posting too many"
        assert {finding.facts["gateway"] for finding in Finding.objects.filter(closed_at=None)} == {"wechat"}
        done = Sweep.objects.count()
        write = bills.described
        monkeypatch.setattr(bills, "described", lambda bill, address: write(bill + "x", address))
        with pytest.raises(NoClearAnswer, match="not the one that WeChat Pay signed"):
            reconciliation.reconcile(grace=AT_ONCE)
        assert Sweep.objects.count() == done, "nothing is concluded from a bill that is not WeChat's"
        assert Finding.objects.filter(closed_at=None).count() == 2, "what was found stays found"
        with transaction.atomic():
            legs = [clearing_leg("stripe", "CNY", -7), Leg("platform", NO_ONE, AccountKind.BANK, "CNY", 7)]
            ledger_services.post(tenant_id=NO_ONE, kind="test", idempotency_key="y", legs=legs)
        with pytest.raises(NoClearAnswer):
            reconciliation.reconcile(grace=AT_ONCE)
        newest = Finding.objects.filter(closed_at=None).order_by("-id")[0]
        assert (newest.facts["gateway"], newest.facts["key"]) == ("stripe", "y"), "the others are looked at"


def test_what_was_booked_around_midnight_may_be_a_line_of_the_next_day(
    paid: Order, shop: World, sandbox: RunningSandbox
) -> None:
    (order,) = sandbox.store.all("wechat_order")
    end = datetime.fromtimestamp(order["paid"], bills.CHINA).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    # WeChat books it four seconds after we did, on the next day by its clock.
    booked = Entry.objects.filter(account__owner_id=OWNERS["wechat"]).get().transfer.occurred_at
    tomorrow = end + timedelta(days=1)
    sandbox.change(order["id"], paid=int(tomorrow.timestamp()) + 2)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE ledger_transfer DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE ledger_transfer SET occurred_at = %s WHERE occurred_at = %s",
            [tomorrow - timedelta(seconds=2), booked],
        )
        cursor.execute("ALTER TABLE ledger_transfer ENABLE TRIGGER USER; SET CONSTRAINTS ALL DEFERRED")
    for hours in (11, 35):
        with travel(tomorrow + timedelta(hours=hours)), in_public():
            assert reconciliation.reconcile().differences == 0
    assert BalanceLine.objects.filter(source="wechat", type="charge").exclude(transfer=None).exists()


def test_the_supplier_is_paid_from_our_own_balance(paid: Order, shop: World, sandbox: RunningSandbox) -> None:
    with in_public():
        payout_account_services.open_account(
            owner=payout_account_services.supplier_owner(Supplier.objects.get(code="farm")), country="CN"
        )
        part = SupplierOrder.objects.get()
        supplier_order_services.ship(
            supplier_order_id=part.id, carrier="SF", tracking_number="SF1", acting_user="Dana"
        )
        payable_services.mark_due(supplier_order_id=part.id, after="shipped")
        transfer_services.pay_due()
        assert Payout.objects.get().source_charge == ""
        assert Payout.objects.get().last_error.startswith("balance_insufficient"), "nothing of ours is there"
        assert Payable.objects.get().state == Payable.State.DUE
        fill(sandbox, 100_000)
        Payable.objects.update(retry_at=None)
        transfer_services.pay_due()
        assert Payable.objects.get().state == Payable.State.PAID
        (transfer,) = sandbox.store.all("transfer")
        assert (transfer["amount"], transfer["source_transaction"]) == (Payable.objects.get().amount, None)
        assert (at("wechat"), at("stripe")) == (paid.total, -transfer["amount"]), "until ours is sent over"
