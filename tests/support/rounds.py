"""A club that judges: providers with completed sales, members, and proposals by the central team."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import connection

from accounts.models import User
from catalog.models import Product
from kernel import clock
from kernel.ids import new_id
from kernel.models import NO_ONE
from kernel.tenancy import in_public, in_tenant
from selection.models import Proposal, Round, Sample, Seat
from selection.proposals import services as proposal_services
from selection.proposals.services import ChannelPrice, ProposalLicence
from selection.rounds import services as round_services
from selection.rounds.services import RoundTerms
from selection.samples import services as sample_services
from tenants.agents.models import Member, Sale
from tenants.registry.models import Tenant
from tenants.shop.orders.models import Order

UNUSABLE = make_password(None)
SMALL = RoundTerms(
    panel_size=3, jury_size=5, panel_points=70, jury_points=70, want_percent=60, volunteers_percent=40
)
ADDRESS = {"name": "林晓", "phone": "13800138000", "region": "浙江省 杭州市", "address": "文三路 90 号"}
ADDRESS_FORM = {**ADDRESS, "division_1": "330000", "division_2": "330100", "division_3": "330106"}


def make_members(tenant: Tenant, names: Iterable[str]) -> list[User]:
    """Members of a shop, in few statements."""
    with in_tenant(tenant):
        people = User.objects.bulk_create(
            User(email=f"{name}@club.test", name=name, password=UNUSABLE) for name in names
        )
        Member.objects.bulk_create(
            Member(user=user, referral_code=f"S{n:04}{user.email[:5]}") for n, user in enumerate(people)
        )
    return people


def complete_sales(tenant: Tenant, sold: dict[User, int], *, state: str = Order.State.RECEIVED) -> None:
    """Orders that each seller brought, received unless said otherwise; amounts in minor units."""
    now = clock.now()
    with in_tenant(tenant):
        orders = Order.objects.bulk_create(
            Order(
                id=new_id(), number=new_id().hex[-20:], state=state, buyer=seller, currency=tenant.currency,
                idempotency_key=new_id().hex, request_hash="x", goods=amount, total=amount, paid_at=now,
            )
            for seller, amount in sold.items()
        )  # fmt: skip
        Sale.objects.bulk_create(
            Sale(
                order_id=order.pk, order_number=order.number, currency=tenant.currency, buyer_id=seller.pk,
                sharer_id=seller.pk, paid=amount, rules_version=0,
            )
            for order, (seller, amount) in zip(orders, sold.items(), strict=True)
        )  # fmt: skip


def make_club(tenant: Tenant, *, sellers: int = 4, members: int = 8) -> tuple[list[User], list[User]]:
    """Sellers, the best first, and members who sold nothing."""
    best = make_members(tenant, [f"seller{n}" for n in range(sellers)])
    others = make_members(tenant, [f"member{n}" for n in range(members)])
    complete_sales(tenant, {seller: (sellers - n) * 100_000 for n, seller in enumerate(best)})
    return best, others


def make_proposal(
    product: Product, *, point: str = "", tenant: Tenant | None = None, checked: bool = True, **fields: Any
) -> Proposal:
    """A proposal with all its proof, checked by the central team unless said otherwise."""
    proof: dict[str, Any] = {
        "selling_point": point or f"point {product.handle}",
        "price": 10_000,
        "maker": "云岭茶厂",
        "maker_number": "91530100MA6K0000X1",
        "licences": [ProposalLicence("食品生产许可证", "SC114530100", date(2030, 1, 1))],
        "evidence": [ChannelPrice("东海商城", "https://east.example/tea", 10_800, clock.today())],
        "by_supplier": False,
        "acting_user": "central",
        "tenant_id": tenant.id if tenant else NO_ONE,
    }
    proposal = proposal_services.propose(product_id=product.pk, **{**proof, **fields})
    if checked:
        proposal_services.check_proposal(proposal_id=proposal.pk, acting_user="central")
        proposal.refresh_from_db()
    return proposal


def send_samples(round_: Round, gate: str) -> None:
    """Every judge of a gate asks for their samples, and the suppliers have sent them."""
    for seat in round_.seats.filter(gate=gate):
        sample_services.request_samples(
            seat_id=seat.pk, tenant_id=seat.tenant_id, user_id=seat.user_id, ship_to=ADDRESS
        )
    Sample.objects.filter(seat__round=round_, state=Sample.State.REQUESTED).update(state=Sample.State.SHIPPED)


def vote(round_: Round, gate: str, points: Iterable[int] | int, *, buyers: int | None = None) -> None:
    """Let the judges of a gate score all their samples: one number for all, or one after the other."""
    send_samples(round_, gate)
    waiting = list(
        Sample.objects.filter(seat__round=round_, seat__gate=gate, state=Sample.State.SHIPPED)
        .select_related("seat")
        .order_by("entry__position", "seat__rank")
    )
    scores = iter([points] * len(waiting) if isinstance(points, int) else points)
    for number, sample in enumerate(waiting):
        wants = None if gate == "panel" else (buyers is None or number < buyers)
        score(sample, next(scores), wants)


def score(sample: Sample, points: int, wants: bool | None) -> None:
    """One judge scores one sample."""
    seat: Seat = sample.seat
    round_services.cast_vote(
        sample_id=sample.pk, tenant_id=seat.tenant_id, user_id=seat.user_id, points=points, would_buy=wants
    )


def pass_product(product: Product, tenant: Tenant | None = None) -> Round:
    """Take a product through a small round that passes it."""
    proposal = make_proposal(product, tenant=tenant)
    round_ = round_services.open_round(
        proposal_ids=[proposal.pk],
        terms=SMALL,
        acting_user="central",
        tenant_id=tenant.id if tenant else NO_ONE,
    )
    vote(round_, "panel", 90)
    vote(round_, "jury", 90)
    product.refresh_from_db()
    return round_


def sql(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """Run a statement in "public" and return its rows, if it has any."""
    with in_public(), connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        return cursor.fetchall() if cursor.description else []
