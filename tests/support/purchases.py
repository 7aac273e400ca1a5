"""What Carol buys in Alice's shop: from a filled cart to a paid order."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction

from accounts.models import User
from billing.payments.models import Payment
from billing.payments.payments import sandbox_cards
from catalog.models import Product
from kernel import clock
from kernel.tenancy import in_tenant
from tenants.shop.cart import selectors as cart_selectors
from tenants.shop.cart import services as cart_services
from tenants.shop.cart.access import CartOwner
from tenants.shop.models import Order
from tenants.shop.orders import services as order_services
from tests.support.build import ADDRESS
from tests.support.sandbox import RunningSandbox
from tests.support.world import World


def variant_of(product: Product) -> UUID:
    """Return the id of a product's only variant."""
    key: UUID = product.variants.get().pk
    return key


def fill_cart(world: World, *, tea: int = 1, lamp: int = 1, buyer: User | None = None) -> CartOwner:
    """Put goods into the cart of Carol, or of another member. Inside the shop's schema."""
    owner = CartOwner(user_id=(buyer or world.carol).pk, device=None)
    for product, quantity in ((world.tea, tea), (world.lamp, lamp)):
        if quantity:
            cart_services.add_to_cart(owner=owner, variant_id=variant_of(product), quantity=quantity)
    return owner


def place(world: World, owner: CartOwner, *, buyer: User | None = None, **changes: Any) -> Order:
    """Order what is in the cart, for what it costs unless ``changes`` say otherwise."""
    buyer = buyer or world.carol
    quote = cart_selectors.quote(owner=owner, user=buyer)
    values = {"ship_to": ADDRESS, "expected_total": quote.total, "idempotency_key": str(uuid4()), **changes}
    return order_services.place_order(user=buyer, **values)


def pay(order: Order) -> Order:
    """Pay at the sandbox with a card that works."""
    assert order.payment_id is not None
    sandbox_cards.confirm_with_test_card(payment_id=order.payment_id, card="success")
    order.refresh_from_db()
    assert order.state == Order.State.PAID
    return order


def book_payment(order: Order) -> Order:
    """Let the payment have succeeded, as its handler learns; no gateway knows of it."""
    order_services.mark_paid(Payment.objects.get(id=order.payment_id))
    order.refresh_from_db()
    return order


@pytest.fixture
def quantities() -> dict[str, int]:
    """What ``paid_order`` is about: a tea (farm, 100.00 less 10 %) and a lamp (forge, 250.00 less 10 %)."""
    return {"tea": 1, "lamp": 1}


@pytest.fixture
def paid_order(world: World, sandbox: RunningSandbox, quantities: dict[str, int]) -> Order:
    """Carol's order, paid and known to the gateway; of it Bob earns 8 %, Alice 3 %."""
    with in_tenant(world.tenant):
        return pay(place(world, fill_cart(world, **quantities)))


@pytest.fixture
def committed_order(own_database: str, world: World) -> Order:
    """Carol's order over 330.00, paid and committed in a database of its own; no gateway knows of it."""
    with in_tenant(world.tenant):
        order = place(world, fill_cart(world))
        Payment.objects.filter(id=order.payment_id).update(state="succeeded", succeeded_at=clock.now())
        with transaction.atomic():
            return book_payment(order)
