"""Run as a module beside the service: people who buy and try again when a page does not come, as people do.

``count`` prints how many units are on the shelf. ``buy N`` lets N people buy one after the other
and prints a line of JSON at each step. ``ship`` lets the suppliers ship everything, waits until nothing
is under way and prints what the books, the orders, the sandbox and the stock say.
"""

import json
import sqlite3
import sys
import time
from collections.abc import Callable
from uuid import UUID

import django

django.setup()

import httpx  # noqa: E402
from django.conf import settings  # noqa: E402
from django.db import Error as DatabaseError  # noqa: E402
from django.db import connection  # noqa: E402

from billing.ledger import selectors as ledger_selectors  # noqa: E402
from billing.ledger.models import Transfer  # noqa: E402
from billing.payments.models import Payment  # noqa: E402
from billing.payouts.models import Payable, Payout  # noqa: E402
from catalog.models import Stock  # noqa: E402
from config.demo import actions, people  # noqa: E402
from config.demo.browser import Browser  # noqa: E402
from config.demo.people import DemoPerson  # noqa: E402
from fulfilment.models import SupplierOrder  # noqa: E402
from fulfilment.orders import services as supplier_order_services  # noqa: E402
from kernel import clock  # noqa: E402
from kernel.ids import new_id  # noqa: E402
from kernel.models import Event  # noqa: E402
from kernel.tenancy import in_tenant  # noqa: E402
from tenants.registry.models import Tenant  # noqa: E402
from tenants.shop.orders.models import Order, OrderLine  # noqa: E402

PATIENCE_SECONDS = 600
"""Longer than the service may take to stand again on a busy machine."""
TRY_AGAIN_SECONDS = 8
SHOP = "snatch.localhost"


def say(event: str, **facts: object) -> None:
    """Print one line that the test waits for."""
    sys.stdout.write(json.dumps({"event": event, **facts}, default=str) + "\n")
    sys.stdout.flush()


def patiently[T](action: Callable[[], T]) -> T:
    """Do it, again and again while the service is down."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return action()
        except (httpx.HTTPError, RuntimeError, LookupError, DatabaseError):
            connection.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def count() -> None:
    """Say what is on the shelf."""
    say("stock", units=sum(Stock.objects.values_list("available", flat=True)))


def buy(number: int) -> None:
    """Let people buy, one after the other."""
    tenant = actions.tenant_at(SHOP)
    for _ in range(number):
        browser, person = patiently(lambda: signed_up(tenant))
        order = patiently(lambda browser=browser, person=person: ordered(browser, tenant, person))  # type: ignore[misc]
        say("paying", order=order)
        patiently(
            lambda browser=browser, person=person, order=order: paid(browser, tenant, person, order)  # type: ignore[misc]
        )
        say("paid", order=order)


def signed_up(tenant: Tenant) -> tuple[Browser, DemoPerson]:
    """Sign up as somebody new each time: whoever saw no answer comes back with another address."""
    person = DemoPerson("buyer", new_id().hex)
    return actions.sign_up(tenant, person), person


def ordered(browser: Browser, tenant: Tenant, person: DemoPerson) -> UUID:
    """Order, unless an earlier attempt did although its answer was lost."""
    if order_of(tenant, person) is None:
        actions.check_out(browser, tenant)
    order = order_of(tenant, person)
    if order is None:
        raise LookupError("no order yet")
    return order


def order_of(tenant: Tenant, person: DemoPerson) -> UUID | None:
    """Return the order this person has placed."""
    member = actions.member_of(tenant, person)
    with in_tenant(tenant):
        order_ids = list(Order.objects.filter(buyer_id=member.user_id).values_list("id", flat=True))
    if len(order_ids) > 1:
        say("doubled", orders=order_ids)
    return order_ids[0] if order_ids else None


def paid(browser: Browser, tenant: Tenant, person: DemoPerson, order: UUID) -> None:
    """Pay until the order says so; whoever sees nothing happen for a while tries again.

    A session of the last seconds before a power cut may be forgotten: its owner signs in once more.
    """
    if actions.state_of(tenant, order) == Order.State.PLACED:
        browser.get("/wallet/")
        if "/account/login/" in browser.url:
            browser.submit("/account/login/", {"login": person.email, "password": people.PASSWORD})
        actions.pay(browser, tenant, order, card="success")
    deadline = time.monotonic() + TRY_AGAIN_SECONDS
    while actions.state_of(tenant, order) == Order.State.PLACED:
        if time.monotonic() > deadline:
            raise LookupError("not paid yet")
        time.sleep(0.1)


def ship() -> None:
    """Let the suppliers ship everything that waits."""
    for order in list(SupplierOrder.objects.filter(state=SupplierOrder.State.TO_SHIP)):
        patiently(
            lambda order=order: supplier_order_services.ship(  # type: ignore[misc]
                supplier_order_id=order.id,
                carrier="顺丰速运",
                tracking_number=order.id.hex[-12:],
                acting_user="test",
            )
        )
        say("shipped", order=order.id)
    verify()


def verify() -> None:
    """Wait until nothing is under way, then print what everybody says."""
    actions.wait_until(lambda: patiently(is_quiet), "the end of all work")
    tenant = actions.tenant_at(SHOP)
    with in_tenant(tenant):
        orders = {order.id: order for order in Order.objects.exclude(state=Order.State.PLACED)}
        sold = sum(OrderLine.objects.filter(order__in=orders).values_list("quantity", flat=True))
        unpaid = Order.objects.filter(state=Order.State.PLACED).count()
    payments = list(Payment.objects.filter(state=Payment.State.SUCCEEDED))
    say(
        "facts",
        sums=ledger_selectors.sum_by_currency(),
        unpaid=unpaid,
        ordered=sorted(orders),
        paid=sorted(payment.reference_id for payment in payments),
        booked=sorted(Transfer.objects.filter(kind="order.paid").values_list("subject_id", flat=True)),
        supplied=sorted(set(SupplierOrder.objects.values_list("order_id", flat=True))),
        totals=sum(order.total for order in orders.values()),
        taken=sum(payment.amount for payment in payments),
        charged=sandbox_sum("payment_intent", status="succeeded"),
        supplier_orders=SupplierOrder.objects.count(),
        payables=Payable.objects.count(),
        owed=sum(Payable.objects.filter(state=Payable.State.PAID).values_list("amount", flat=True)),
        sent=sum(Payout.objects.filter(state=Payout.State.PAID).values_list("amount", flat=True)),
        transferred=sandbox_sum("transfer"),
        sold=sold,
        on_hand=sum(Stock.objects.values_list("available", flat=True)),
        reserved=sum(Stock.objects.values_list("reserved", flat=True)),
    )


def is_quiet() -> bool:
    """True if no event waits and no money is on its way to a supplier."""
    moving = Payable.objects.filter(state__in=[Payable.State.DUE, Payable.State.IN_PAYOUT])
    waiting = Event.objects.filter(handled_at=None, available_at__lte=clock.now())
    return not moving.exists() and not waiting.exists()


def sandbox_sum(kind: str, **fields: str) -> int:
    """Return the sum of amounts of the payment service's own objects."""
    with sqlite3.connect(settings.BANYAN_VAR / "sandbox" / "stripe.sqlite3", timeout=600) as link:
        bodies = [
            json.loads(body) for (body,) in link.execute("SELECT body FROM object WHERE kind = ?", [kind])
        ]
    link.close()
    return sum(body["amount"] for body in bodies if fields.items() <= body.items())


if __name__ == "__main__":
    {"count": count, "ship": ship}.get(sys.argv[1], lambda: buy(int(sys.argv[2])))()
