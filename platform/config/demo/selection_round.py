"""The demo's round: sellers and members of the network try two products, and only one of them passes."""

from collections.abc import Callable
from uuid import UUID

from accounts.models import User
from catalog.models import Product, Supplier
from config.demo import people
from config.demo.actions import sign_in_member, sign_in_operator, sign_in_supplier, wait_until
from config.demo.browser import Browser
from config.env import env
from fulfilment.models import SupplierOrder
from kernel.tenancy import in_tenant
from selection.models import Gate, Proposal, Result, Round, Ruling, Sample, Seat
from tenants.registry.models import Tenant
from tenants.registry.selectors import get_tenant
from tenants.shop.listings import selectors as listing_selectors

SUPPLIER = "huayan-lab"
PASSING, FAILING = "camellia-serum", "boxwood-comb"
PRICES = {PASSING: ("228", "258"), FAILING: ("98", "108")}
POINTS = {"panel": {PASSING: (92, 88, 85), FAILING: (70, 70, 69)}, "jury": {PASSING: (95, 81, 90)}}
PROOF = {
    "maker": "花颜生物科技有限公司",
    "maker_number": "91310120MA1HP0QX5T",
    "licence_1": "化妆品生产许可证",
    "licence_number_1": "沪妆20260011",
    "licence_until_1": "2030-12-31",
    "channel_1": "东海商城",
}
TERMS = {"panel_size": "3", "jury_size": "3", "panel_points": "70", "jury_points": "70"}

ShipFor = Callable[[Supplier, list[SupplierOrder]], None]


def products() -> dict[str, Product]:
    """Return the two products by their handles, as they stand now."""
    rows = Product.objects.filter(supplier__code=SUPPLIER, handle__in=PRICES).select_related("supplier")
    return {product.handle: product for product in rows}


def rulings() -> dict[str, str]:
    """Return the last ruling on each of the two products, by handle; nothing for one never proposed."""
    rows = Ruling.objects.filter(product__in=products().values()).order_by("number")
    return dict(rows.values_list("product__handle", "kind"))


def results() -> list[Result]:
    """Return what the gates said of the two products, as the database counted it, in the gates' order."""
    rows = Result.objects.filter(entry__product__in=products().values()).select_related("entry__product")
    return sorted(rows, key=lambda row: (row.entry.position, row.gate != Gate.PANEL))


def run_round(ship_for: ShipFor) -> Round:
    """Take both products through a round of the whole network, over HTTP by everybody in it."""
    propose()
    round_ = open_round()
    for gate in Gate.values:
        seats = list(round_.seats.filter(gate=gate).order_by("rank"))
        browsers = [ask_for_samples(seat) for seat in seats]
        send_samples(round_, gate, ship_for)
        for place, (seat, browser) in enumerate(zip(seats, browsers, strict=True)):
            score(seat, browser, gate, place)
            browser.close()
    return round_


def propose() -> None:
    """The supplier proposes both in its portal, each with its proof."""
    proposed = products()
    browser = sign_in_supplier(proposed[PASSING].supplier)
    for handle, product in sorted(proposed.items()):
        price, seen_price = PRICES[handle]
        fields = {
            "product": str(product.pk),
            "selling_point": product.title["zh-hans"],
            "price": price,
            "seen_price_1": seen_price,
            "url_1": f"https://east.example/{handle}",
        }
        browser.get("/portal/proposals/new/")
        browser.submit("/proposals/new/", PROOF | fields)
    browser.close()


def open_round() -> Round:
    """The central team checks the proof and opens the round. That is all that it can do."""
    central = Browser(env.PLATFORM_HOST, env.PORT)
    central.get("/console/login/")
    central.submit("/console/login/", {"username": people.CENTRAL_EMAIL, "password": people.PASSWORD})
    proposals = Proposal.objects.filter(product__in=products().values())
    for key in proposals.values_list("pk", flat=True):
        central.get(f"/console/selection/proposals/{key}/")
        central.submit("/selection/proposals/", button=("check", "1"))
    central.get("/console/selection/rounds/new/")
    proposal_ids = [str(proposal.pk) for proposal in proposals]
    central.submit("/selection/rounds/new/", {**TERMS, "proposals": proposal_ids})
    central.close()
    return Round.objects.filter(entries__proposal__in=proposals).distinct().get()


def ask_for_samples(seat: Seat) -> Browser:
    """Let a judge sign in and say where the samples shall go; returns the browser, signed in."""
    tenant = get_tenant(seat.tenant_id)
    with in_tenant(tenant):
        email = User.objects.get(pk=seat.user_id).email
    browser = sign_in_member(tenant, email)
    browser.get(f"/jury/seats/{seat.pk}/")
    browser.submit("/jury/seats/", people.ADDRESS_FORM)
    return browser


def send_samples(round_: Round, gate: str, ship_for: ShipFor) -> None:
    """The supplier sends every sample of a gate like any order; they cost nobody anything."""
    samples = Sample.objects.filter(seat__round=round_, seat__gate=gate)
    keys = list(samples.values_list("pk", flat=True))
    orders = SupplierOrder.objects.filter(order_id__in=keys, state=SupplierOrder.State.TO_SHIP)
    wait_until(lambda: orders.count() == len(keys), "the orders of samples")
    ship_for(products()[PASSING].supplier, list(orders.order_by("id")))
    wait_until(lambda: not samples.exclude(state=Sample.State.SHIPPED).exists(), "the samples")


def score(seat: Seat, browser: Browser, gate: str, place: int) -> None:
    """One judge scores every sample, once and for good."""
    for sample in seat.samples.select_related("entry__product"):
        browser.get(f"/jury/seats/{seat.pk}/")
        fields = {"points": str(POINTS[gate][sample.entry.product.handle][place])}
        if gate == Gate.JURY:
            fields["would_buy"] = "yes"
        browser.confirm(f"/jury/samples/{sample.pk}/score/", fields)


def list_passing_product(tenant: Tenant) -> None:
    """The shop's operator puts what passed on sale; nobody has a button for what did not."""
    operator = sign_in_operator(tenant)
    operator.get("/console/passed/")
    operator.submit(f"/console/passed/{products()[PASSING].pk}/list/")
    operator.close()


def on_sale(tenant: Tenant) -> set[str]:
    """Return which of the two a shop lists now."""
    product_ids: list[UUID] = [product.pk for product in products().values()]
    with in_tenant(tenant):
        return set(listing_selectors.listed().filter(pk__in=product_ids).values_list("handle", flat=True))
