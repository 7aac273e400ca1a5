"""The story of the demo, played over HTTP as its people would: every click is a request."""

from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

import httpx
from django.db.models import QuerySet

from billing.payments.topups.selectors import prepaid_balance
from billing.payouts.models import Payable
from catalog.models import Supplier
from config.demo import people, selection_round
from config.demo.actions import (
    buy,
    check_out,
    confirm_receipt,
    host_of,
    member_of,
    owner_of,
    pay,
    pay_deposit,
    sign_in_operator,
    sign_in_supplier,
    sign_up,
    state_of,
    tenant_at,
    wait_until,
    wait_until_paid,
)
from config.demo.people import DemoPerson
from config.demo.setup import Progress
from config.env import env
from fulfilment.models import SupplierOrder, Voucher
from kernel import clock
from kernel.tenancy import in_tenant
from tenants.agents.roles import services as role_services
from tenants.api_keys import services as api_key_services
from tenants.api_keys.models import Scope
from tenants.registry.models import Tenant
from tenants.shop.orders.models import Order

PARTNER_TOP_UP = "5000.00"


@dataclass(frozen=True, slots=True)
class StoryOrder:
    """An order of the story: in which shop, and whose; a partner's has no buyer."""

    tenant: Tenant
    order_id: UUID
    buyer: DemoPerson | None = None

    def is_shipped(self) -> bool:
        """Return whether everything has left its supplier."""
        return state_of(self.tenant, self.order_id) == Order.State.SHIPPED


@dataclass
class Story:
    """What happened, for the report: all orders, and the ids of those that show something."""

    report_progress: Progress
    run: str = field(default_factory=lambda: f"{clock.now():%d%H%M%S}")
    orders: list[StoryOrder] = field(default_factory=list)
    declined: UUID | None = None
    two_levels: UUID | None = None
    partner: UUID | None = None
    refunded: UUID | None = None
    redeemed: UUID | None = None


def play(report_progress: Progress) -> Story:
    """Play the whole story. Raises if a page fails or something takes longer than a minute."""
    story = Story(report_progress)
    club, mall, local = (tenant_at(f"{shop}.localhost") for shop in people.SHOPS)
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
    provider = DemoPerson("jincheng", story.run, "锦程商贸")
    sign_up(tenant, provider).close()
    owner, company, fan = (
        owner_of(tenant),
        member_of(tenant, provider),
        DemoPerson("xiaoman", story.run, "王小满"),
    )
    with in_tenant(tenant):
        company = role_services.register_company(
            member=company, name="锦程商贸有限公司", number="91310104MA1FR0QX3K", acting_user=owner
        )
        role_services.grant_role(member=company, role="provider", acting_user=owner)
    visitor = sign_up(tenant, fan, sharer=provider)
    pay_deposit(visitor, tenant, fan)
    story.orders.append(StoryOrder(tenant, buy(visitor, tenant, from_suppliers=2), fan))
    visitor.close()
    story.report_progress(
        "club: a visitor came by the provider's link, left the deposit, bought from two suppliers"
    )


def share_lock(story: Story, tenant: Tenant) -> None:
    """Lin brings Mo, Mo brings Nan: whoever shared last earns. Nan's first card is declined."""
    lin, mo, nan = (
        DemoPerson(name, story.run, display_name)
        for name, display_name in (("lin", "林一"), ("mo", "莫晴"), ("nan", "南溪"))
    )
    sign_up(tenant, lin).close()
    second = sign_up(tenant, mo, sharer=lin)
    story.orders.append(StoryOrder(tenant, buy(second, tenant), mo))
    second.close()
    story.report_progress("mall: a fan bought, one level earns")
    third = sign_up(tenant, nan, sharer=mo)
    order_id = check_out(third, tenant)
    pay(third, tenant, order_id, card="declined")
    if state_of(tenant, order_id) != Order.State.PLACED:
        raise RuntimeError("a declined card must leave the order as it was")
    story.declined = order_id
    pay(third, tenant, order_id, card="success")
    wait_until_paid(tenant, order_id)
    third.close()
    story.orders.append(StoryOrder(tenant, order_id, nan))
    story.report_progress("mall: a declined card moved nothing; the next one paid")


def local_life(story: Story, tenant: Tenant) -> None:
    """A promoter's friend buys around the corner and something to take home; so does that friend's friend."""
    qing, ruo, shan = (
        DemoPerson(name, story.run, display_name)
        for name, display_name in (("qing", "青禾"), ("ruo", "若云"), ("shan", "杉月"))
    )
    sign_up(tenant, qing).close()
    friend = sign_up(tenant, ruo, sharer=qing)
    story.orders.append(StoryOrder(tenant, buy(friend, tenant, from_suppliers=2), ruo))
    friend.close()
    second = sign_up(tenant, shan, sharer=ruo)
    story.two_levels = buy(second, tenant)
    story.orders.append(StoryOrder(tenant, story.two_levels, shan))
    second.close()
    story.report_progress(
        "local life: a friend bought, then the friend's friend: two levels earn, not one more"
    )


def partner(story: Story, tenant: Tenant) -> None:
    """A partner tops up its balance in the console and orders through the API, twice with one key."""
    before = prepaid_balance(tenant.id, tenant.currency)
    operator = sign_in_operator(tenant)
    operator.get("/console/prepaid/")
    operator.submit("/console/prepaid/", {"amount": PARTNER_TOP_UP})
    operator.submit("/pay/", {"card": "success"})
    operator.close()
    wait_until(lambda: prepaid_balance(tenant.id, tenant.currency) > before, "the partner's balance")
    key = api_key_services.create_key(
        tenant=tenant, name=f"demo {story.run}", scopes=Scope.values, acting_user=owner_of(tenant)
    )
    with httpx.Client(
        base_url=f"http://127.0.0.1:{env.PORT}/api/v1",
        headers={"Host": host_of(tenant), "Authorization": f"Bearer {key.secret}"},
        timeout=600,  # a busy machine takes its time
    ) as api:
        numbers = {place_by_api(api, story.run) for _attempt in range(2)}
    if len(numbers) != 1:
        raise RuntimeError("the same Idempotency-Key made two orders")
    with in_tenant(tenant):
        story.partner = Order.objects.get(number=numbers.pop()).id
    story.orders.append(StoryOrder(tenant, story.partner))
    story.report_progress("partner: topped up, ordered through the API twice with one key: one order")


def place_by_api(api: httpx.Client, run: str) -> str:
    """Read the catalogue and order three of its first product that is posted; returns the order's number."""
    products = api.get("/catalogue", params={"limit": 100}).raise_for_status().json()["items"]
    variant = next(
        variant
        for product in products
        if product["kind"] == "physical"
        for variant in product["variants"]
        if variant["available"] >= 3
    )
    body: dict[str, Any] = {
        "reference": f"P-{run}",
        "ship_to": people.ADDRESS,
        "lines": [{"variant_id": variant["variant_id"], "quantity": 3, "expected_cost": variant["cost"]}],
    }
    answer = api.post("/orders", json=body, headers={"Idempotency-Key": f"demo-{run}"})
    return str(answer.raise_for_status().json()["number"])


def ship_everything(story: Story) -> None:
    """Each supplier signs in to the portal and ships: the first by hand, the others by a file of numbers."""
    order_ids = [order.order_id for order in story.orders]
    waiting = SupplierOrder.objects.filter(order_id__in=order_ids, state=SupplierOrder.State.TO_SHIP)
    suppliers = list(Supplier.objects.filter(id__in=waiting.values("supplier_id")).order_by("code"))
    for number, supplier in enumerate(suppliers):
        ship_for(supplier, list(waiting.filter(supplier=supplier).order_by("id")), by_hand=number == 0)
    wait_until(lambda: not waiting.exists(), "the suppliers' shipments")
    story.report_progress(f"{len(suppliers)} suppliers shipped through the portal")


def redeem(story: Story) -> None:
    """A member shows the codes of an order; the merchant types them at the counter of the portal."""
    first = next(order for order in story.orders if Voucher.objects.filter(order_id=order.order_id).exists())
    vouchers = list(Voucher.objects.filter(order_id=first.order_id).select_related("supplier"))
    for supplier in {voucher.supplier for voucher in vouchers}:
        browser = sign_in_supplier(supplier)
        for voucher in (voucher for voucher in vouchers if voucher.supplier_id == supplier.pk):
            browser.get(f"/portal/vouchers/?code={voucher.code}")
            browser.submit("/vouchers/redeem/", {"uses": str(voucher.uses)})
        browser.close()
    story.redeemed = first.order_id
    story.report_progress("local life: the merchant redeemed the vouchers that a member showed")


def receive(story: Story) -> None:
    """The members have their goods and say so; what was due on receipt is paid, too."""
    for order in story.orders:
        wait_until(order.is_shipped, "the parcels")
        if order.buyer:
            confirm_receipt(order.tenant, order.order_id, order.buyer)
    member_orders = [order.order_id for order in story.orders if order.buyer]
    due = Payable.objects.filter(supplier_order_id__in=parcels_of(member_orders))
    wait_until(lambda: not due.exclude(state=Payable.State.PAID).exists(), "the payouts of the same day")
    story.report_progress("the members received everything; every supplier was paid the same day, by itself")


def parcels_of(order_ids: list[UUID]) -> QuerySet[SupplierOrder, UUID]:
    """Return the ids of what was sent by parcel for these orders."""
    parcels = SupplierOrder.objects.filter(order_id__in=order_ids, delivery=SupplierOrder.Delivery.PARCEL)
    return parcels.values_list("id", flat=True)


def judge(story: Story, tenant: Tenant) -> None:
    """Those who sold and those who bought try two products; the club lists what they passed."""
    if selection_round.rulings():
        story.report_progress("panel and jury have decided on an earlier day")
        return
    round_ = selection_round.run_round(partial(ship_for, by_hand=False))
    selection_round.list_passing_product(tenant)
    story.report_progress(
        f"round {round_}: panel and jury passed one product of two, and the club listed it with one click"
    )


def ship_for(supplier: Supplier, orders: list[SupplierOrder], *, by_hand: bool) -> None:
    """Sign in as the supplier's person and send what waits."""
    browser = sign_in_supplier(supplier)
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
    """The operator gives a member's money back; the earnings come back with it."""
    order_id = next(
        order.order_id for order in reversed(story.orders) if order.tenant.id == tenant.id and order.buyer
    )
    operator = sign_in_operator(tenant)
    operator.get(f"/console/orders/{order_id}/refund/")
    operator.submit("/refund/", {"reason": "商家今日停业"}, button=("preview", "1"))
    operator.submit("/refund/", button=("confirm", "1"))
    operator.close()
    wait_until(lambda: state_of(tenant, order_id) == Order.State.REFUNDED, "the refund")
    story.refunded = order_id
    story.report_progress("local life: an order was refunded, its earnings were clawed back")
