"""The demo's round: sellers and members of the network try two products, and only one of them passes."""

from collections.abc import Callable
from uuid import UUID

from accounts.models import User
from catalog.models import Product, Supplier
from config.demo import cast
from config.demo.browser import Browser
from config.demo.people import host_of, sign_in_operator, wait
from config.demo.stage import supplier_email
from config.env import env
from fulfilment.models import SupplierOrder
from kernel.tenancy import in_tenant
from selection.models import Gate, Proposal, Result, Round, Ruling, Sample, Seat
from tenants.registry.models import Tenant
from tenants.registry.selectors import get_tenant
from tenants.shop.listings import selectors as listing_selectors

SUPPLIER = "huayan-lab"
PASSES, MISSES = "camellia-serum", "boxwood-comb"
PRICES = {PASSES: ("228", "258"), MISSES: ("98", "108")}
POINTS = {"panel": {PASSES: (92, 88, 85), MISSES: (70, 70, 69)}, "jury": {PASSES: (95, 81, 90)}}
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
    found = Product.objects.filter(supplier__code=SUPPLIER, handle__in=PRICES).select_related("supplier")
    return {product.handle: product for product in found}


def rulings() -> dict[str, str]:
    """Return the last ruling on each of the two products, by handle; nothing for one never proposed."""
    found = Ruling.objects.filter(product__in=products().values()).order_by("number")
    return dict(found.values_list("product__handle", "kind"))


def results() -> list[Result]:
    """Return what the gates said of the two products, as the database counted it, in the gates' order."""
    found = Result.objects.filter(entry__product__in=products().values()).select_related("entry__product")
    return sorted(found, key=lambda row: (row.entry.position, row.gate != Gate.PANEL))


def choose(ship_for: ShipFor) -> Round:
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
    browser = Browser(env.PLATFORM_HOST, env.PORT)
    found = products()
    browser.get("/portal/")
    browser.submit("", {"username": supplier_email(found[PASSES].supplier), "password": cast.PASSWORD})
    for handle, product in sorted(found.items()):
        ours, theirs = PRICES[handle]
        about = {
            "product": str(product.pk),
            "selling_point": product.title["zh-hans"],
            "price": ours,
            "seen_price_1": theirs,
            "url_1": f"https://east.example/{handle}",
        }
        browser.get("/portal/proposals/new/")
        browser.submit("/proposals/new/", PROOF | about)
    browser.close()


def open_round() -> Round:
    """The office looks at the proof and opens the round. That is all that it can do."""
    office = Browser(env.PLATFORM_HOST, env.PORT)
    office.get("/console/login/")
    office.submit("/console/login/", {"username": cast.CENTRAL, "password": cast.PASSWORD})
    ours = Proposal.objects.filter(product__in=products().values())
    for key in ours.values_list("pk", flat=True):
        office.get(f"/console/selection/proposals/{key}/")
        office.submit("/selection/proposals/", button=("check", "1"))
    office.get("/console/selection/rounds/new/")
    chosen = [str(proposal.pk) for proposal in ours]
    office.submit("/selection/rounds/new/", {**TERMS, "proposals": chosen})
    office.close()
    return Round.objects.filter(entries__proposal__in=ours).distinct().get()


def ask_for_samples(seat: Seat) -> Browser:
    """Let a judge sign in and say where the samples shall go; returns the browser, signed in."""
    tenant = get_tenant(seat.tenant_id)
    with in_tenant(tenant):
        email = User.objects.get(pk=seat.user_id).email
    browser = Browser(host_of(tenant), env.PORT)
    browser.get("/account/login/")
    browser.submit("/account/login/", {"login": email, "password": cast.PASSWORD})
    browser.get(f"/jury/seats/{seat.pk}/")
    browser.submit("/jury/seats/", cast.ADDRESS)
    return browser


def send_samples(round_: Round, gate: str, ship_for: ShipFor) -> None:
    """The supplier sends every sample of a gate like any order; they cost nobody anything."""
    ours = Sample.objects.filter(seat__round=round_, seat__gate=gate)
    keys = list(ours.values_list("pk", flat=True))
    orders = SupplierOrder.objects.filter(order_id__in=keys, state=SupplierOrder.State.TO_SHIP)
    wait(lambda: orders.count() == len(keys), "the orders of samples")
    ship_for(products()[PASSES].supplier, list(orders.order_by("id")))
    wait(lambda: not ours.exclude(state=Sample.State.SHIPPED).exists(), "the samples")


def score(seat: Seat, browser: Browser, gate: str, place: int) -> None:
    """One judge scores every sample, once and for good."""
    for sample in seat.samples.select_related("entry__product"):
        browser.get(f"/jury/seats/{seat.pk}/")
        said = {"points": str(POINTS[gate][sample.entry.product.handle][place])}
        wants = {"would_buy": "yes"} if gate == Gate.JURY else {}
        browser.submit(f"/jury/samples/{sample.pk}/score/", said | wants)


def list_with_one_click(tenant: Tenant) -> None:
    """The shop's operator puts what passed on sale; nobody has a button for what did not."""
    operator = sign_in_operator(tenant)
    operator.get("/console/passed/")
    operator.submit(f"/console/passed/{products()[PASSES].pk}/list/")
    operator.close()


def on_sale(tenant: Tenant) -> set[str]:
    """Return which of the two a shop lists now."""
    mine: list[UUID] = [product.pk for product in products().values()]
    with in_tenant(tenant):
        return set(listing_selectors.listed().filter(pk__in=mine).values_list("handle", flat=True))
