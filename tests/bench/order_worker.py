"""One process of the row ``order``: fill a cart, order, let the payment succeed, so many times."""

import sys
import time
from uuid import uuid4

import django
from django.db import transaction

django.setup()

from accounts.models import User  # noqa: E402 - models need Django set up
from billing.payments.gateway import Intent, IntentStatus  # noqa: E402
from billing.payments.payments import services as payment_services  # noqa: E402
from catalog.models import Stock, Variant  # noqa: E402
from kernel.ids import new_id  # noqa: E402
from kernel.tenancy import in_tenant  # noqa: E402
from tenants.agents.bindings import services as binding_services  # noqa: E402
from tenants.agents.members import services as member_services  # noqa: E402
from tenants.agents.rules_versions import services as rules_version_services  # noqa: E402
from tenants.agents.rules_versions.services import SignOff  # noqa: E402
from tenants.registry import schemas  # noqa: E402
from tenants.registry.models import Domain, Tenant  # noqa: E402
from tenants.registry.selectors import tenant_of_schema  # noqa: E402
from tenants.shop.cart import selectors as cart_selectors  # noqa: E402
from tenants.shop.cart.access import CartOwner  # noqa: E402
from tenants.shop.cart.models import Cart, CartLine  # noqa: E402
from tenants.shop.orders import services as order_services  # noqa: E402
from tests.support.build import ADDRESS, RULES, make_product, make_supplier, make_user  # noqa: E402

LINES = 3


def open_shop(*, buyers: int) -> Tenant:
    """Make a shop with goods of two suppliers, and buyers two levels below somebody."""
    schemas.ensure_script()
    with transaction.atomic():
        tenant = Tenant(schema_name=schemas.claim(), name={"en": "Bench"})
        Tenant.objects.bulk_create([tenant])
        Domain.objects.bulk_create([Domain(tenant=tenant, domain="bench.localhost", is_primary=True)])
    suppliers = [make_supplier(code) for code in ("farm", "forge")]
    for number in range(LINES):
        make_product(suppliers[number % 2], price=10_000, cost=5_000)
    Stock.objects.update(available=1_000_000_000)
    with in_tenant(tenant):
        rules_version_services.activate_rules(
            document=RULES, acting_user=None, sign_off=SignOff("Dana", "bench")
        )
        line = [
            member_services.ensure_member(user=make_user(f"{name}@bench.test"))
            for name in ("first", "second")
        ]
        binding_services.bind(member=line[1], code=line[0].referral_code, how="link")
        for number in range(buyers):
            buyer = member_services.ensure_member(user=make_user(f"buyer{number}@bench.test"))
            binding_services.bind(member=buyer, code=line[1].referral_code, how="link")
            Cart.objects.create(user=buyer.user)
    return tenant


def place_and_pay(number: int) -> None:
    """Let buyer ``number`` order three lines and pay; only the cart is filled without the product's code."""
    buyer = buyer_of(number)
    fill(buyer)
    buy(buyer)


def buyer_of(number: int) -> User:
    """Return a buyer of the shop."""
    return User.objects.get(email=f"buyer{number}@bench.test")


def fill(buyer: User) -> None:
    """Put a unit of every product into the cart."""
    cart = Cart.objects.get(user=buyer)
    CartLine.objects.bulk_create(
        CartLine(cart=cart, variant_id=variant, quantity=1)
        for variant in Variant.objects.values_list("id", flat=True)
    )


def buy(buyer: User) -> None:
    """Quote, order, and handle the event that the payment succeeded."""
    owner = CartOwner(user_id=buyer.pk, device=None)
    total = cart_selectors.quote(owner=owner, user=buyer).total
    order = order_services.place_order(
        user=buyer, ship_to=ADDRESS, expected_total=total, idempotency_key=str(uuid4())
    )
    assert order.payment_id is not None
    intent = Intent(
        id=f"pi_{new_id().hex}",
        status=IntentStatus.SUCCEEDED,
        amount=order.total,
        received=order.total,
        currency=order.currency,
        charge_id=f"ch_{new_id().hex}",
    )
    with transaction.atomic(durable=True):
        payment_services.apply_intent(payment_id=order.payment_id, intent=intent)


def main(schema: str, number: str, orders: str) -> None:
    """Say that we are ready, wait for a line, place the orders, print the seconds that took."""
    with in_tenant(tenant_of_schema(schema)):
        buyer = buyer_of(int(number))
        fill(buyer)
        buy(buyer)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        spent = 0.0
        for _order in range(int(orders)):
            fill(buyer)
            started = time.perf_counter()
            buy(buyer)
            spent += time.perf_counter() - started
    sys.stdout.write(f"{spent}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
