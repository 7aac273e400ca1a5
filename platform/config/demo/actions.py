"""What people do in the demo, each with a browser of their own."""

import time
from collections.abc import Callable
from uuid import UUID

from accounts import roles
from accounts.models import User
from catalog.models import Supplier
from config.demo import people
from config.demo.browser import Browser
from config.demo.people import DemoPerson
from config.env import env
from kernel import clock
from kernel.models import Event
from kernel.tenancy import in_tenant
from tenants.agents.members import services as member_services
from tenants.agents.models import Member
from tenants.registry.models import Tenant
from tenants.registry.selectors import find_by_host
from tenants.shop.offers import selectors as offer_selectors
from tenants.shop.orders.models import Order

TRIES = 6
_STARTED = clock.now()


def tenant_at(host: str) -> Tenant:
    """Return the tenant of a demo shop."""
    tenant = find_by_host(host)
    if tenant is None:
        raise LookupError(f"no shop at {host}")
    return tenant


def host_of(tenant: Tenant) -> str:
    """Return the shop's host name."""
    return str(tenant.domains.get(is_primary=True).domain)


def sign_up(tenant: Tenant, person: DemoPerson, sharer: DemoPerson | None = None) -> Browser:
    """Open the shop, by the sharer's link if there is one, and sign up; returns the browser, signed in."""
    browser = Browser(host_of(tenant), env.PORT)
    browser.get(f"/?s={member_of(tenant, sharer).referral_code}" if sharer else "/")
    browser.get("/account/signup/")
    browser.submit("/account/signup/", {"email": person.email, "password1": people.PASSWORD})
    if person.display_name:
        browser.get("/me/")
        browser.submit("/me/", {"name": person.display_name})
    # The page that every member sees next; it is also where their referral code is made.
    browser.get("/circle/")
    return browser


def member_of(tenant: Tenant, person: DemoPerson) -> Member:
    """Return the person as a member of the shop."""
    with in_tenant(tenant):
        return member_services.ensure_member(user=User.objects.get(email=person.email))


def buy(browser: Browser, tenant: Tenant, from_suppliers: int = 1) -> UUID:
    """Buy and pay; returns the order's id once it is paid."""
    order_id = check_out(browser, tenant, from_suppliers)
    pay(browser, tenant, order_id, card="success")
    wait_until_paid(tenant, order_id)
    return order_id


def check_out(browser: Browser, tenant: Tenant, from_suppliers: int = 1) -> UUID:
    """Put one product of each of so many suppliers into the cart, fill in the address and order."""
    with in_tenant(tenant):
        cards = [card for card in offer_selectors.cards(per_page=60).items if not card.sold_out]
        url_of_supplier = {card.supplier_code: card.url for card in reversed(cards)}
    for url in list(url_of_supplier.values())[:from_suppliers]:
        browser.get(url)
        browser.submit("/cart/add/")
    browser.get("/checkout/")
    browser.submit("/checkout/", people.ADDRESS_FORM)
    with in_tenant(tenant):
        return Order.objects.order_by("-placed_at").values_list("id", flat=True)[0]


def pay(browser: Browser, tenant: Tenant, order_id: UUID, *, card: str) -> None:
    """Pay an order with one of the sandbox's test cards: "success" or "declined"."""
    with in_tenant(tenant):
        payment = Order.objects.get(id=order_id).payment_id
    browser.get(f"/pay/{payment}/")
    browser.submit(f"/pay/{payment}/", {"card": card})


def pay_deposit(browser: Browser, tenant: Tenant, person: DemoPerson) -> None:
    """Leave the refundable deposit that makes a member of the club."""
    browser.get("/circle/")
    browser.submit("/circle/deposit/")
    browser.submit("/pay/", {"card": "success"})
    wait_until(lambda: "member" in member_of(tenant, person).roles, "the deposit")


def confirm_receipt(tenant: Tenant, order_id: UUID, person: DemoPerson) -> None:
    """Let a member sign in and say that everything has arrived."""
    with in_tenant(tenant):
        number = Order.objects.get(id=order_id).number
    browser = sign_in_member(tenant, person.email)
    if "/receive/" in browser.get(f"/orders/{number}/"):  # vouchers are redeemed instead
        browser.confirm("/receive/")
    browser.close()


def sign_in_member(tenant: Tenant, email: str) -> Browser:
    """Let a member sign in to the shop."""
    browser = Browser(host_of(tenant), env.PORT)
    browser.get("/account/login/")
    browser.submit("/account/login/", {"login": email, "password": people.PASSWORD})
    return browser


def sign_in_supplier(supplier: Supplier) -> Browser:
    """Let a supplier's person sign in to the portal."""
    browser = Browser(env.PLATFORM_HOST, env.PORT)
    browser.get("/portal/")
    browser.submit("", {"username": people.supplier_email(supplier), "password": people.PASSWORD})
    return browser


def sign_in_operator(tenant: Tenant) -> Browser:
    """Let the shop's owner sign in to the console."""
    browser = Browser(host_of(tenant), env.PORT)
    browser.get("/console/login/")
    browser.submit("/console/login/", {"username": owner_of(tenant).email, "password": people.PASSWORD})
    return browser


def owner_of(tenant: Tenant) -> User:
    """Return the shop's owner."""
    with in_tenant(tenant):
        return User.objects.filter(role=roles.OWNER).order_by("id")[0]


def state_of(tenant: Tenant, order_id: UUID) -> str:
    """Return the order's state as it is now."""
    with in_tenant(tenant):
        return str(Order.objects.values_list("state", flat=True).get(id=order_id))


def wait_until_paid(tenant: Tenant, order_id: UUID) -> None:
    """Wait until the webhook has been handled; vouchers are on their way at once."""
    wait_until(lambda: state_of(tenant, order_id) in {Order.State.PAID, Order.State.SHIPPED}, "the payment")


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Wait until the condition holds, for as long as a busy machine takes.

    Raises RuntimeError once an event has failed TRIES times: then what is waited for will not come.
    """
    while not condition():
        failed = Event.objects.filter(handled_at=None, attempts__gte=TRIES, created_at__gte=_STARTED).first()
        if failed:
            raise RuntimeError(f"waited for {what}, but {failed.topic} fails: {failed.last_error}")
        time.sleep(0.1)
