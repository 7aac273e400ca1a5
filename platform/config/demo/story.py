"""The story of the demo, told over HTTP as the people in it would: every click is a request."""

from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

import httpx
from django.db.models import QuerySet

from billing.payouts.models import Payable
from catalog.models import Supplier
from config.demo import cast, judging
from config.demo.browser import Browser
from config.demo.cast import Person
from config.demo.people import (
    buy,
    check_out,
    confirm_receipt,
    host_of,
    member_of,
    owner_of,
    pay,
    pay_deposit,
    sign_in_operator,
    sign_up,
    state_of,
    tenant_at,
    wait,
    wait_until_paid,
)
from config.demo.stage import Say, supplier_email
from config.env import env
from fulfilment.models import SupplierOrder, Voucher
from kernel import clock
from kernel.tenancy import in_tenant
from tenants.agents import services as agents
from tenants.api_keys import services as api_key_services
from tenants.api_keys.models import Scope
from tenants.console.prepaid import prepaid_balance
from tenants.registry.models import Tenant
from tenants.shop.models import Order

PARTNER_TOP_UP = "5000.00"


@dataclass(frozen=True, slots=True)
class Sale:
    """An order of the story: in which shop, and whose; a partner's has no buyer."""

    tenant: Tenant
    order_id: UUID
    buyer: Person | None = None


@dataclass
class Story:
    """What happened, for the report: every order, and which of them show what."""

    say: Say
    run: str = field(default_factory=lambda: f"{clock.now():%d%H%M%S}")
    sales: list[Sale] = field(default_factory=list)
    declined: UUID | None = None
    two_levels: UUID | None = None
    partner: UUID | None = None
    refunded: UUID | None = None
    redeemed: UUID | None = None


def tell(say: Say) -> Story:
    """Play all acts; raises if any page answers with an error or anything waits longer than a minute."""
    story = Story(say)
    club, mall, local = (tenant_at(f"{shop}.localhost") for shop in cast.SHOPS)
    deposit_club(story, club)
    share_lock(story, mall)
    local_life(story, local)
    partner(story, local)
    ship_everything(story)
    redeem(story)
    receive(story)
    judge(story, club)
    refund(story, local)
    return story


def deposit_club(story: Story, tenant: Tenant) -> None:
    """A registered company serves the club: its fan saves at the till, and it earns a service fee."""
    provider = Person("jincheng", story.run, "锦程商贸")
    sign_up(tenant, provider).close()
    owner, company, fan = (
        owner_of(tenant),
        member_of(tenant, provider),
        Person("xiaoman", story.run, "王小满"),
    )
    with in_tenant(tenant):
        company = agents.register_company(
            member=company, name="锦程商贸有限公司", number="91310104MA1FR0QX3K", acting_user=owner
        )
        agents.grant_role(member=company, role="provider", acting_user=owner)
    visitor = sign_up(tenant, fan, brought_by=provider)
    pay_deposit(visitor, tenant, fan)
    story.sales.append(Sale(tenant, buy(visitor, tenant, from_suppliers=2), fan))
    visitor.close()
    story.say("club: a visitor came by the provider's link, left the deposit, bought from two suppliers")


def share_lock(story: Story, tenant: Tenant) -> None:
    """Lin brings Mo, Mo brings Nan: whoever shared last earns. Nan's first card is declined."""
    lin, mo, nan = (
        Person(name, story.run, shown) for name, shown in (("lin", "林一"), ("mo", "莫晴"), ("nan", "南溪"))
    )
    sign_up(tenant, lin).close()
    second = sign_up(tenant, mo, brought_by=lin)
    story.sales.append(Sale(tenant, buy(second, tenant), mo))
    second.close()
    story.say("mall: a fan bought, one level shares")
    third = sign_up(tenant, nan, brought_by=mo)
    order = check_out(third, tenant)
    pay(third, tenant, order, card="declined")
    if state_of(tenant, order) != Order.State.PLACED:
        raise RuntimeError("a declined card must leave the order as it was")
    story.declined = order
    pay(third, tenant, order, card="success")
    wait_until_paid(tenant, order)
    third.close()
    story.sales.append(Sale(tenant, order, nan))
    story.say("mall: a declined card moved nothing; the next one paid")


def local_life(story: Story, tenant: Tenant) -> None:
    """A promoter's friend buys around the corner and something to take home; so does that friend's friend."""
    qing, ruo, shan = (
        Person(name, story.run, shown)
        for name, shown in (("qing", "青禾"), ("ruo", "若云"), ("shan", "杉月"))
    )
    sign_up(tenant, qing).close()
    friend = sign_up(tenant, ruo, brought_by=qing)
    story.sales.append(Sale(tenant, buy(friend, tenant, from_suppliers=2), ruo))
    friend.close()
    second = sign_up(tenant, shan, brought_by=ruo)
    story.two_levels = buy(second, tenant)
    story.sales.append(Sale(tenant, story.two_levels, shan))
    second.close()
    story.say("local life: a friend bought, then the friend's friend: two levels share, not one more")


def partner(story: Story, tenant: Tenant) -> None:
    """A partner tops up its balance in the console and orders through the API, twice with one key."""
    before = prepaid_balance(tenant)
    operator = sign_in_operator(tenant)
    operator.get("/console/prepaid/")
    operator.submit("/console/prepaid/", {"amount": PARTNER_TOP_UP})
    operator.submit("/pay/", {"card": "success"})
    operator.close()
    wait(lambda: prepaid_balance(tenant) > before, "the partner's balance")
    key = api_key_services.create_key(
        tenant=tenant, name=f"demo {story.run}", scopes=Scope.values, acting_user=owner_of(tenant)
    )
    with httpx.Client(
        base_url=f"http://127.0.0.1:{env.PORT}/api/v1",
        headers={"Host": host_of(tenant), "Authorization": f"Bearer {key.secret}"},
        timeout=30,
    ) as api:
        numbers = {place_by_api(api, story.run) for _attempt in range(2)}
    if len(numbers) != 1:
        raise RuntimeError("the same Idempotency-Key made two orders")
    with in_tenant(tenant):
        story.partner = Order.objects.get(number=numbers.pop()).id
    story.sales.append(Sale(tenant, story.partner))
    story.say("partner: topped up, ordered through the API twice with one key: one order")


def place_by_api(api: httpx.Client, run: str) -> str:
    """Read the catalogue and order three of its first product that is posted; returns the order's number."""
    goods = api.get("/catalogue", params={"limit": 100}).raise_for_status().json()["items"]
    variant = next(
        variant
        for product in goods
        if product["kind"] == "physical"
        for variant in product["variants"]
        if variant["available"] >= 3
    )
    body: dict[str, Any] = {
        "reference": f"P-{run}",
        "ship_to": cast.ADDRESS,
        "lines": [{"variant_id": variant["variant_id"], "quantity": 3, "expected_cost": variant["cost"]}],
    }
    answer = api.post("/orders", json=body, headers={"Idempotency-Key": f"demo-{run}"})
    return str(answer.raise_for_status().json()["number"])


def ship_everything(story: Story) -> None:
    """Each supplier signs in to the portal and ships: the first by hand, the others by a file of numbers."""
    mine = [sale.order_id for sale in story.sales]
    waiting = SupplierOrder.objects.filter(order_id__in=mine, state=SupplierOrder.State.TO_SHIP)
    suppliers = list(Supplier.objects.filter(id__in=waiting.values("supplier_id")).order_by("code"))
    for number, supplier in enumerate(suppliers):
        ship_for(supplier, list(waiting.filter(supplier=supplier).order_by("id")), by_hand=number == 0)
    wait(lambda: not waiting.exists(), "the suppliers' shipments")
    story.say(f"{len(suppliers)} suppliers shipped through the portal")


def redeem(story: Story) -> None:
    """A member shows the codes of an order; the merchant types them at the counter of the portal."""
    first = next(sale for sale in story.sales if Voucher.objects.filter(order_id=sale.order_id).exists())
    codes = list(Voucher.objects.filter(order_id=first.order_id).select_related("supplier"))
    for supplier in {voucher.supplier for voucher in codes}:
        browser = Browser(env.PLATFORM_HOST, env.PORT)
        browser.get("/portal/")
        browser.submit("", {"username": supplier_email(supplier), "password": cast.PASSWORD})
        for voucher in (voucher for voucher in codes if voucher.supplier_id == supplier.pk):
            browser.get(f"/portal/vouchers/?code={voucher.code}")
            browser.submit("/vouchers/redeem/", {"uses": str(voucher.uses)})
        browser.close()
    story.redeemed = first.order_id
    story.say("local life: the merchant redeemed the vouchers that a member showed")


def receive(story: Story) -> None:
    """The members have their goods and say so; what was due on receipt is paid, too."""
    for sale in story.sales:
        wait(lambda sale=sale: state_of(sale.tenant, sale.order_id) == Order.State.SHIPPED, "the parcels")  # type: ignore[misc]
        if sale.buyer:
            confirm_receipt(sale.tenant, sale.order_id, sale.buyer)
    members = [sale.order_id for sale in story.sales if sale.buyer]
    due = Payable.objects.filter(supplier_order_id__in=parcels_of(members))
    wait(lambda: not due.exclude(state=Payable.State.PAID).exists(), "the payouts of the same day")
    story.say("the members received everything; every supplier was paid the same day, by itself")


def parcels_of(orders: list[UUID]) -> QuerySet[SupplierOrder, UUID]:
    """Return the ids of what was sent by parcel for these orders."""
    parcels = SupplierOrder.objects.filter(order_id__in=orders, delivery=SupplierOrder.Delivery.PARCEL)
    return parcels.values_list("id", flat=True)


def judge(story: Story, tenant: Tenant) -> None:
    """Those who sold and those who bought try two products; the club lists what they passed."""
    if judging.rulings():
        story.say("panel and jury have decided on an earlier day")
        return
    round_ = judging.choose(partial(ship_for, by_hand=False))
    judging.list_with_one_click(tenant)
    story.say(
        f"round {round_}: panel and jury passed one product of two, and the club listed it with one click"
    )


def ship_for(supplier: Supplier, orders: list[SupplierOrder], *, by_hand: bool) -> None:
    """Sign in as the supplier's person and send what waits."""
    browser = Browser(env.PLATFORM_HOST, env.PORT)
    browser.get("/portal/")
    browser.submit("", {"username": supplier_email(supplier), "password": cast.PASSWORD})
    if by_hand:
        for order in orders:
            browser.get(f"/portal/orders/{order.id}/")
            browser.submit("/ship/", {"carrier": "顺丰速运", "tracking_number": f"SF{order.id.hex[-12:]}"})
    else:
        rows = [f"{order.number},中通快递,ZT{order.id.hex[-12:]}" for order in orders]
        content = "\n".join(["number,carrier,tracking_number", *rows]).encode()
        browser.get("/portal/import/")
        browser.submit("/portal/import/", files={"file": ("shipped.csv", content)})
    browser.close()


def refund(story: Story, tenant: Tenant) -> None:
    """The operator gives a member's money back; the shares come back with it."""
    order_id = next(
        sale.order_id for sale in reversed(story.sales) if sale.tenant.id == tenant.id and sale.buyer
    )
    operator = sign_in_operator(tenant)
    operator.get(f"/console/orders/{order_id}/refund/")
    operator.submit("/refund/", {"reason": "商家今日停业"}, button=("preview", "1"))
    operator.submit("/refund/", button=("confirm", "1"))
    operator.close()
    wait(lambda: state_of(tenant, order_id) == Order.State.REFUNDED, "the refund")
    story.refunded = order_id
    story.say("local life: an order was refunded, its shares were taken back")
