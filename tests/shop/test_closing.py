"""Orders that end otherwise than received: cancelled, expired, refunded; where money and goods go then."""

from typing import Any

import pytest
import time_machine
from celery import current_app
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from billing.ledger import selectors as ledger_selectors
from billing.payments import tasks
from billing.payments.gateway import gateway
from billing.payments.models import Payment, Refund
from billing.payments.payments import sandbox_cards
from billing.payments.payments import services as payment_services
from billing.payments.purposes import PaidTooLate
from billing.payments.refunds import services as payment_refund_services
from catalog.models import Stock
from catalog.stock import services as stock_services
from kernel import clock
from kernel.events import inbox
from kernel.models import Event
from tenants.shop.orders import checkout
from tenants.shop.orders import services as order_services
from tenants.shop.orders.models import Order
from tenants.shop.refunds import services as refund_services
from tests.support.purchases import fill_cart, place, variant_of
from tests.support.sandbox import RunningSandbox
from tests.support.world import World


@pytest.fixture
def placed(shop: World, sandbox: RunningSandbox) -> Order:
    """An order whose payment the gateway knows."""
    order = place(shop, fill_cart(shop))
    assert order.payment_id is not None
    payment_services.start(payment_id=order.payment_id)
    return order


def payment_of(order: Order) -> Payment:
    assert order.payment_id is not None
    return Payment.objects.get(id=order.payment_id)


def pay(order: Order) -> Order:
    assert order.payment_id is not None
    sandbox_cards.confirm_with_test_card(payment_id=order.payment_id, card="success")
    order.refresh_from_db()
    return order


def test_cancelling_gives_the_payment_up_so_that_nobody_pays_for_nothing(
    shop: World, placed: Order, sandbox: RunningSandbox
) -> None:
    for _again in range(2):
        order_services.cancel_order(order_id=placed.id, acting_user=shop.carol)
    assert payment_of(placed).state == Payment.State.CANCELLED
    assert [intent["status"] for intent in sandbox.store.all("payment_intent")] == ["canceled"]
    assert pay(placed).state == Order.State.CANCELLED
    assert ledger_selectors.flows(placed.id) == []


def test_an_order_that_expires_gives_its_payment_up(
    shop: World,
    placed: Order,
    sandbox: RunningSandbox,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    sent: list[tuple[str, list[str]]] = []
    monkeypatch.setattr(
        current_app, "send_task", lambda name, args=(), **_options: sent.append((name, list(args)))
    )
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        order_services.expire_order(order_id=placed.id)
    (arguments,) = [args for name, args in sent if name == tasks.cancel_payment.name]
    tasks.cancel_payment(*arguments)
    assert payment_of(placed).state == Payment.State.CANCELLED
    assert [intent["status"] for intent in sandbox.store.all("payment_intent")] == ["canceled"]


def test_an_order_never_shown_to_the_gateway_is_cancelled_without_it(shop: World) -> None:
    order = place(shop, fill_cart(shop))
    order_services.cancel_order(order_id=order.id, acting_user=shop.carol)
    assert payment_of(order).state == Payment.State.CANCELLED


def test_money_that_comes_for_a_cancelled_order_goes_back(
    shop: World, placed: Order, sandbox: RunningSandbox
) -> None:
    """The member cancels while the bank is charging: our cancellation comes too late."""
    intent = payment_of(placed).external_id
    assert intent is not None
    gateway().confirm_intent(intent, method="pm_card_visa", return_url="http://x/", key="k")
    order_services.cancel_order(order_id=placed.id, acting_user=shop.carol)
    placed.refresh_from_db()
    assert placed.state == Order.State.CANCELLED
    payment_refund_services.sweep_refunds()
    assert Refund.objects.get().state == Refund.State.SUCCEEDED
    assert sandbox.store.all("charge")[0]["amount_refunded"] == placed.total
    assert sum(flow.amount for flow in ledger_selectors.flows(placed.id)) == 0


@pytest.mark.parametrize("state", [Order.State.EXPIRED, Order.State.CANCELLED])
def test_what_is_closed_cannot_be_paid_on_its_page(
    shop: World, placed: Order, client: Client, sandbox: RunningSandbox, state: str
) -> None:
    Order.objects.filter(id=placed.id).update(state=state)
    client.force_login(shop.carol, backend="accounts.backends.RoleBackend")
    page = client.post(f"/pay/{placed.payment_id}/", {"card": "success"}, HTTP_HOST="alice.localhost")
    assert (page.status_code, page.headers["Location"]) == (302, f"/orders/{placed.number}/")
    assert sandbox.store.all("charge") == []


def test_a_refund_that_the_gateway_refused_can_be_asked_for_again(shop: World, placed: Order) -> None:
    pay(placed)
    with transaction.atomic():
        refused = payment_refund_services.request_refund(
            payment_id=payment_of(placed).id,
            amount=placed.total,
            reason="",
            acting_user=shop.alice,
            idempotency_key=f"order:{placed.id}",
        )
        payment_refund_services.fail_refund(refund_id=refused.id, error="no money at the gateway")
    refund_services.refund_order(
        order_id=placed.id, reason="broken", acting_user=shop.alice, idempotency_key="whole"
    )
    placed.refresh_from_db()
    assert placed.state == Order.State.REFUNDED
    assert Stock.objects.get(variant_id=variant_of(shop.tea)).available == 10


def test_a_refund_locks_in_the_order_in_which_a_sale_does(
    shop: World, placed: Order, sandbox: RunningSandbox
) -> None:
    """Payment, order, stock, ledger: two that lock in different orders would wait for each other for good."""
    pay(placed)
    with CaptureQueriesContext(connection) as queries:
        refund_services.refund_order(
            order_id=placed.id, reason="", acting_user=shop.alice, idempotency_key="whole"
        )
    statements = [query["sql"] for query in queries.captured_queries]

    def first(*parts: str) -> int:
        return next(place for place, sql in enumerate(statements) if all(part in sql for part in parts))

    assert first("payments_payment", "FOR UPDATE") < first("shop_order", "FOR UPDATE")
    assert first("catalog_restock") < first("public.ledger_post")
    placed.refresh_from_db()
    assert placed.state == Order.State.REFUNDED
    sandbox.deliver_all("refund.")
    inbox.handle_waiting()
    assert sum(flow.amount for flow in ledger_selectors.flows(placed.id)) == 0


def test_money_that_comes_when_the_stock_is_gone_closes_the_order_and_frees_the_rest(shop: World) -> None:
    order = place(shop, fill_cart(shop, tea=4))
    with time_machine.travel(clock.now() + checkout.PAY_WITHIN):
        assert stock_services.release_expired() == 2
    Stock.objects.filter(variant_id=variant_of(shop.tea)).update(available=3)
    with pytest.raises(PaidTooLate):
        order_services.mark_paid(payment_of(order))
    order.refresh_from_db()
    assert order.state == Order.State.EXPIRED
    assert Stock.objects.get(variant_id=variant_of(shop.lamp)).available == 5
    assert Event.objects.get(topic="order.closed").payload["state"] == Order.State.EXPIRED
    assert ledger_selectors.flows(order.id) == []
