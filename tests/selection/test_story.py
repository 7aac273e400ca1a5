"""Case A: fifty providers, two hundred jurors, and no way past them. Driven over HTTP by everybody."""

from collections.abc import Iterator
from io import BytesIO
from itertools import islice
from uuid import UUID

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.test import Client

from accounts import roles
from accounts.models import User
from fulfilment.models import SupplierOrder
from kernel.events import outbox
from kernel.tenancy import in_public, in_tenant
from selection.models import Proposal, Result, Round, Sample, Seat
from tenants.registry.models import Tenant
from tenants.shop.listings import selectors as listing_selectors
from tests.support.build import make_product, make_supplier, make_tenant, make_user
from tests.support.questions import press_and_confirm
from tests.support.rounds import ADDRESS_FORM, complete_sales, make_members

pytestmark = pytest.mark.slow

BACKEND = "accounts.backends.RoleBackend"
HOST = "club.localhost"


def browser(user: User, host: str, tenant: Tenant | None = None) -> Client:
    """Somebody's browser, signed in on a host."""
    client = Client(headers={"host": host, "accept-language": "en"})
    with in_tenant(tenant) if tenant else in_public():
        client.force_login(user, backend=BACKEND)
    return client


def post(client: Client, path: str, **content: str) -> int:
    """Send a form; returns the status."""
    with in_public():
        return client.post(path, content).status_code


def get(client: Client, path: str) -> str:
    """Open a page and return its text."""
    with in_public():
        answer = client.get(path)
    assert answer.status_code == 200, f"{path}: {answer.status_code}"
    return answer.content.decode()


@pytest.fixture
def club(db: None) -> Tenant:
    """A club of 60 providers with completed sales and 260 members."""
    tenant = make_tenant(HOST)
    providers = make_members(tenant, [f"provider{n:02}" for n in range(60)])
    complete_sales(tenant, {provider: (100 - n) * 100_000 for n, provider in enumerate(providers)})
    make_members(tenant, [f"juror{n:03}" for n in range(260)])
    with in_tenant(tenant):
        make_user("owner@club.test", role=roles.OWNER)
    return tenant


PROOF = {
    "scope": "00000000-0000-0000-0000-000000000000",
    "exclusive_months": "12",
    "price": "99.00",
    "maker": "云岭乳业",
    "maker_number": "91530100MA6K0000X1",
    "licence_1": "食品生产许可证",
    "licence_number_1": "SC1145301",
    "licence_until_1": "2030-01-01",
    "channel_1": "东海商城",
    "url_1": "https://east.example/1",
    "seen_price_1": "108.00",
}


def relay() -> None:
    """Let the outbox deliver its events."""
    with in_public():
        while outbox.relay():
            pass


def seats(gate: str) -> Iterator[tuple[Client, Seat]]:
    """One browser that is every judge of a gate in turn: its session is set without a sign-in."""
    tenant = Tenant.objects.get(domains__domain=HOST)
    judges = list(Seat.objects.filter(gate=gate).order_by("rank"))
    with in_tenant(tenant):
        people = User.objects.in_bulk([seat.user_id for seat in judges])
    client = Client(headers={"host": HOST, "accept-language": "en"})
    for seat in judges:
        with in_tenant(tenant):  # sessions lie apart by shop, too
            session = client.session
            session[SESSION_KEY] = str(seat.user_id)
            session[BACKEND_SESSION_KEY] = BACKEND
            session[HASH_SESSION_KEY] = people[seat.user_id].get_session_auth_hash()
            session.save()
        yield client, seat


def ask_and_send(gate: str, supplier: Client) -> None:
    """Three judges give an address and the supplier sends their samples by one file of numbers.

    The others' samples are set on their way at once: two hundred times the same proves nothing more.
    """
    for client, seat in islice(seats(gate), 3):
        assert post(client, f"/jury/seats/{seat.pk}/", **ADDRESS_FORM) == 302
    relay()
    waiting = list(SupplierOrder.objects.filter(kind="sample", state="to_ship"))
    requested = Sample.objects.filter(seat__gate=gate, state="requested")
    assert {order.order_id for order in waiting} == set(requested.values_list("pk", flat=True))
    assert {order.payable for order in waiting} == {0}
    rows = [f"{order.number},SF,SF{order.pk.hex[-12:]}" for order in waiting]
    file = BytesIO("\n".join(["number,carrier,tracking_number", *rows]).encode())
    file.name = "sent.csv"
    with in_public():
        assert supplier.post("/portal/import/", {"file": file}).status_code == 200
    relay()
    assert not requested.exists()
    Sample.objects.filter(seat__gate=gate, state="invited").update(state="shipped")


def score_all(gate: str, points: dict[UUID, list[int]]) -> None:
    """Every judge scores every sample; ``points`` by product, one number a judge."""
    samples: dict[UUID, list[Sample]] = {}
    for sample in Sample.objects.filter(seat__gate=gate).select_related("entry"):
        samples.setdefault(sample.seat_id, []).append(sample)
    for place, (client, seat) in enumerate(seats(gate)):
        for sample in samples[seat.pk]:
            wants = {} if gate == "panel" else {"would_buy": "yes" if place % 10 < 6 else "no"}
            score = points[sample.entry.product_id][place]
            with in_public():
                path = f"/jury/samples/{sample.pk}/score/"
                answer = press_and_confirm(client, path, {"points": str(score), **wants})
            assert answer.status_code == 302


def test_fifty_providers_and_two_hundred_jurors_choose(club: Tenant) -> None:
    farm = make_supplier("farm")
    milk, tea = (
        make_product(farm, handle, title={"en": handle, "zh-hans": handle}, price=9_900, cost=5_000)
        for handle in ("milk", "tea")
    )
    supplier = browser(make_user("farmer@farm.test", roles.SUPPLIER, supplier_id=farm.pk), "localhost")
    central_team = browser(make_user("chief@central.test", roles.CENTRAL_ADMIN), "localhost")
    # The supplier proposes; the central team checks and opens the round. That is all that it can do.
    for product in (milk, tea):
        assert (
            post(
                supplier,
                "/portal/proposals/new/",
                product=str(product.pk),
                selling_point=f"{product.handle} point",
                **PROOF,
            )
            == 302
        )
    proposals = list(Proposal.objects.order_by("id"))
    for proposal in proposals:
        assert post(central_team, f"/console/selection/proposals/{proposal.pk}/", check="1") == 302
    terms = {
        "panel_size": "50",
        "panel_points": "70",
        "panel_hours": "336",
        "jury_size": "200",
        "jury_points": "75",
        "jury_hours": "504",
        "want_percent": "60",
        "quorum_percent": "60",
        "volunteers_percent": "30",
        "currency": "CNY",
    }
    with in_public():
        opened = central_team.post(
            "/console/selection/rounds/new/",
            {**terms, "proposals": [str(proposal.pk) for proposal in proposals]},
        )
    assert opened.status_code == 302, opened.content.decode()[-3000:]
    round_ = Round.objects.get()
    assert list(round_.seats.values_list("name", flat=True)) == [f"provider{n:02}" for n in range(50)]

    # The panel: milk with exactly 70 on average, tea one point short of it.
    ask_and_send("panel", supplier)
    exactly, short = [70] * 50, [*[70] * 49, 69]
    score_all("panel", {milk.pk: exactly, tea.pk: short})
    verdicts = dict(Result.objects.filter(gate="panel").values_list("entry__product__handle", "passed"))
    assert verdicts == {"milk": True, "tea": False}
    assert round_.seats.filter(gate="jury").count() == 200

    # The jury: milk reaches 15,000 points and 120 buyers, exactly what is needed.
    ask_and_send("jury", supplier)
    assert not Sample.objects.filter(entry__product=tea, seat__gate="jury").exists()
    score_all("jury", {milk.pk: [75] * 200})
    sums = {
        row.entry.product.handle: (row.points, row.points_needed, row.wants, row.wants_needed, row.passed)
        for row in Result.objects.filter(gate="jury").select_related("entry__product")
    }
    assert sums == {"milk": (15_000, 15_000, 120, 120, True)}

    # What missed a gate by one point is nowhere; what passed is listed with one click.
    with in_tenant(club):
        assert set(listing_selectors.listed().values_list("handle", flat=True)) == {"milk"}
        owner = User.objects.get(email="owner@club.test")
    tea.refresh_from_db()
    assert tea.admission == "refused"
    with in_public():
        assert Client(headers={"host": HOST}).get("/p/farm/tea/").status_code == 404
    operator = browser(owner, HOST, club)
    assert "milk" in get(operator, "/console/passed/")
    assert "tea" not in get(operator, "/console/passed/").partition("bn-table")[2].partition("</table>")[0]
    assert post(operator, f"/console/passed/{tea.pk}/list/") == 404
    assert post(operator, f"/console/passed/{milk.pk}/list/") == 302
    # Everybody concerned reads the whole record.
    assert "15000 of 15000 needed" in get(operator, f"/console/passed/rounds/{round_.pk}/")
    assert "1 point was missing" in get(supplier, f"/portal/proposals/{proposals[1].pk}/")
    juror = next(client for client, _seat in seats("jury"))
    assert "1 point was missing" in get(juror, f"/jury/rounds/{round_.pk}/")
    assert "75.00 points on average" in get(central_team, f"/console/selection/rounds/{round_.pk}/")
