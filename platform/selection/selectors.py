"""Reads: what is for sale, how far a round is, and its whole record once a gate has closed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, TruncDate

from catalog.models import Product, Supplier
from catalog.products import selectors as product_selectors
from kernel import clock
from kernel.models import NO_ONE
from kernel.text import pick
from selection import sources
from selection.models import (
    Charter,
    CharterProduct,
    Closing,
    Complaint,
    Entry,
    Evidence,
    Gate,
    Proposal,
    Result,
    Round,
    Ruling,
    Sample,
    Seat,
    Vote,
)
from selection.proposals.services import FRESH
from selection.rounds import services as round_services

BINS = 10
PER_PAGE = 30
TO_DO = (Sample.State.INVITED, Sample.State.SHIPPED, Sample.State.RECEIVED)


def for_sale_in(tenant_id: UUID) -> Q:
    """Return what those who choose products let a shop sell, as a condition on Product; costs no query.

    The twin of ``selection_admits`` in admission/sql/admission.sql, which guards reservations and orders.
    """
    stays = CharterProduct.objects.filter(charter__tenant_id=tenant_id, product_id=OuterRef("pk"))
    return product_selectors.admitted_condition(tenant_id) & (
        ~Q(Exists(Charter.objects.filter(tenant_id=tenant_id)))
        | Q(admission=Product.Admission.PASSED)
        | Q(admitted_to__contains=[tenant_id])
        | Q(Exists(stays))
    )


def passed_products(tenant_id: UUID) -> QuerySet[Product]:
    """Return the products that passed for the whole network or for this shop, the latest first."""
    passed = Ruling.objects.filter(
        product_id=OuterRef("pk"), tenant_id__in={NO_ONE, tenant_id}, kind=Ruling.Kind.PASSED
    )
    return (
        Product.objects.filter(for_sale_in(tenant_id), Exists(passed))
        .select_related("supplier")
        .order_by("-id")
    )


def charter_of(tenant_id: UUID) -> Charter | None:
    """Return the charter of a shop, or of the network for NO_ONE."""
    return Charter.objects.filter(tenant_id=tenant_id).first()


@dataclass(frozen=True, slots=True)
class Tally:
    """What a gate said of an entry, with what it took. ``bins``: votes per ten points, lowest first."""

    gate: str
    result: Result
    bins: tuple[int, ...]
    comments: tuple[str, ...]

    @property
    def average(self) -> str:
        """Points a vote, two decimals cut off: nothing is rounded up to a threshold."""
        if not self.result.votes:
            return "–"
        hundredths = self.result.points * 100 // self.result.votes
        return f"{hundredths // 100}.{hundredths % 100:02d}"

    @property
    def short_by(self) -> int:
        """Points that were missing, 0 where there were enough."""
        return max(0, self.result.points_needed - self.result.points)

    @property
    def want_percent(self) -> int:
        """Share of the votes that would buy it, in whole percent, cut off."""
        return self.result.wants * 100 // self.result.votes if self.result.votes else 0


@dataclass(frozen=True, slots=True)
class EntryRecord:
    """One product of a round: how far its samples are, and what the closed gates said."""

    entry: Entry
    title: str
    supplier: str
    steps: dict[str, dict[str, int]]
    tallies: tuple[Tally, ...]
    verdict: str


@dataclass(frozen=True, slots=True)
class RoundRecord:
    """A round as its page shows it. Votes are in it only for gates that have closed."""

    round: Round
    scope: str
    gate: str
    until: datetime | None
    entries: tuple[EntryRecord, ...]
    panel: Sequence[Seat]
    jury: Sequence[Seat]
    volunteers: int
    seed: str
    closed: dict[str, datetime] = field(default_factory=dict)


def record_of(round_: Round) -> RoundRecord:
    """Return the whole record of a round. Scores of a gate that is open are not even read."""
    closings = {closing.gate: closing for closing in round_.closings.all()}
    seats = list(round_.seats.order_by("gate", "rank"))
    gate = round_services.open_gate(round_)
    return RoundRecord(
        round=round_,
        scope=sources.shop_name(round_.tenant_id),
        gate=gate,
        until=round_services.gate_until(round_.pk, gate) if gate else None,
        entries=tuple(_entries(round_, set(closings))),
        panel=[seat for seat in seats if seat.gate == Gate.PANEL],
        jury=[seat for seat in seats if seat.gate == Gate.JURY],
        volunteers=round_.volunteers.count(),
        seed=round_.seed or (closings[Gate.PANEL].seed if Gate.PANEL in closings else ""),
        closed={name: closing.at for name, closing in closings.items()},
    )


def _entries(round_: Round, closed: set[str]) -> list[EntryRecord]:
    entries = list(round_.entries.select_related("product__supplier").prefetch_related("results", "rulings"))
    steps: dict[UUID, dict[str, dict[str, int]]] = {
        entry.pk: {gate: dict.fromkeys(Sample.State.values, 0) for gate in Gate.values} for entry in entries
    }
    counted = (
        Sample.objects.filter(entry__round=round_)
        .values_list("entry_id", "seat__gate", "state")
        .annotate(Count("id"))
    )
    for key, gate, state, number in counted.order_by():
        steps[key][gate][state] = number
    votes: dict[tuple[UUID, str], list[tuple[int, str]]] = {}
    for key, gate, score, comment in Vote.objects.filter(
        entry__round=round_, seat__gate__in=closed
    ).values_list("entry_id", "seat__gate", "score", "comment"):
        votes.setdefault((key, gate), []).append((score, comment))
    return [
        EntryRecord(
            entry=entry,
            title=pick(entry.title),
            supplier=pick(entry.product.supplier.name),
            steps=steps[entry.pk],
            tallies=tuple(
                _tally(result, votes.get((entry.pk, result.gate), []))
                for result in sorted(entry.results.all(), key=lambda row: row.gate != Gate.PANEL)
            ),
            verdict=next((row.kind for row in entry.rulings.all() if row.kind in {"passed", "refused"}), ""),
        )
        for entry in entries
    ]


def _tally(result: Result, votes: Sequence[tuple[int, str]]) -> Tally:
    bins = [0] * BINS
    for points, _comment in votes:
        bins[min(points * BINS // 100, BINS - 1)] += 1
    # Sorted by their words: nobody can tell from the order who wrote them.
    return Tally(
        result.gate, result, tuple(bins), tuple(sorted(comment for _points, comment in votes if comment))
    )


def rounds_list(page: int = 1, tenant_id: UUID | None = None) -> Page[Round]:
    """Return a page of rounds, newest first; of one shop and the network if ``tenant_id`` is given."""
    found = Round.objects.prefetch_related("closings", "entries").order_by("-number")
    if tenant_id is not None:
        found = found.filter(tenant_id__in={NO_ONE, tenant_id})
    return Paginator(found, PER_PAGE).get_page(page)


def proposals_of(supplier: Supplier) -> QuerySet[Proposal]:
    """Return a supplier's proposals, newest first."""
    return (
        Proposal.objects.filter(product__supplier=supplier)
        .select_related("product")
        .prefetch_related("evidence", "entries__round__closings", "entries__rulings", "product__rulings")
        .order_by("-id")
    )


def concerns(round_: Round, *, tenant_id: UUID, user_id: UUID) -> bool:
    """True if a round is this shop's or the network's: its members may read the record of it."""
    return round_.tenant_id in {NO_ONE, tenant_id} or round_.seats.filter(user_id=user_id).exists()


@dataclass(frozen=True, slots=True)
class Duty:
    """A member's seat in a round, with its samples and until when they can be scored."""

    seat: Seat
    round: Round
    samples: tuple[Sample, ...]
    until: datetime | None
    is_open: bool

    @property
    def to_do(self) -> bool:
        """True while something waits for the member."""
        return self.is_open and any(sample.state in TO_DO for sample in self.samples)


def seat_of(sample_id: UUID, *, tenant_id: UUID, user_id: UUID) -> UUID | None:
    """Return the seat that a member's sample belongs to; None if it is not theirs."""
    mine = Sample.objects.filter(pk=sample_id, seat__tenant_id=tenant_id, seat__user_id=user_id)
    return mine.values_list("seat_id", flat=True).first()


def duties_of(*, tenant_id: UUID, user_id: UUID) -> list[Duty]:
    """Return a member's seats, newest round first. A few queries a seat; people have few."""
    seats = (
        Seat.objects.filter(tenant_id=tenant_id, user_id=user_id)
        .select_related("round")
        .order_by("-round__number")
    )
    found = []
    for seat in seats[:20]:
        gate = round_services.open_gate(seat.round)
        found.append(
            Duty(
                seat=seat,
                round=seat.round,
                samples=tuple(
                    seat.samples.select_related("entry__product__supplier").order_by("entry__position")
                ),
                until=round_services.gate_until(seat.round_id, seat.gate),
                is_open=gate == seat.gate,
            )
        )
    return found


def waiting_for(*, tenant_id: UUID, user_id: UUID) -> int:
    """Return how many samples wait for a member, to be asked for or to be scored, at gates still open."""
    closed = Closing.objects.filter(round=OuterRef("seat__round"), gate=OuterRef("seat__gate"))
    mine = Sample.objects.filter(
        ~Exists(closed), seat__tenant_id=tenant_id, seat__user_id=user_id, state__in=TO_DO
    )
    return mine.count()


def open_to_volunteers(*, tenant_id: UUID, user_id: UUID) -> list[tuple[Round, bool]]:
    """Return the rounds whose jury is not drawn yet, each with whether this member has come forward."""
    found = Round.objects.filter(tenant_id__in={NO_ONE, tenant_id}, kind=Round.Kind.SELECTION, closings=None)
    mine = Exists(Seat.objects.filter(round=OuterRef("pk"), tenant_id=tenant_id, user_id=user_id))
    rows = found.exclude(mine).prefetch_related("entries").order_by("-number")
    willing = set(
        Round.objects.filter(volunteers__tenant_id=tenant_id, volunteers__user_id=user_id).values_list(
            "pk", flat=True
        )
    )
    return [(row, row.pk in willing) for row in rows]


def prices_to_recheck() -> list[Evidence]:
    """Return the prices on other channels that nobody has looked at for FRESH, the oldest look first.

    ``looked`` is the day of the latest look. What was refused or delisted is not looked at again.
    """
    latest = Ruling.objects.filter(
        product=OuterRef("proposal__product"), tenant_id=OuterRef("proposal__tenant_id")
    ).order_by("-number")
    again = TruncDate(Max("rechecks__checked_at"), tzinfo=UTC)
    return list(
        Evidence.objects.annotate(
            looked=Coalesce(again, "seen_on"), stands=Subquery(latest.values("kind")[:1])
        )
        .filter(looked__lt=clock.now().date() - FRESH)
        .exclude(stands__in=[Ruling.Kind.REFUSED, Ruling.Kind.DELISTED])
        .exclude(proposal__state=Proposal.State.WITHDRAWN)
        .select_related("proposal__product__supplier")
        .order_by("looked", "id")[:100]
    )


def proposals_to_check() -> QuerySet[Proposal]:
    """Return the proposals that the office has not looked at yet."""
    return Proposal.objects.filter(state=Proposal.State.OPEN, entries=None)


def waiting_for_review() -> list[Ruling]:
    """Return the products that were called back and that no round is judging, oldest first."""
    later = Ruling.objects.filter(
        product=OuterRef("product"), tenant_id=OuterRef("tenant_id"), number__gt=OuterRef("number")
    )
    judged = Entry.objects.filter(
        product=OuterRef("product"),
        round__tenant_id=OuterRef("tenant_id"),
        round__opened_at__gt=OuterRef("at"),
    )
    return list(
        Ruling.objects.filter(~Exists(later), ~Exists(judged), kind=Ruling.Kind.RECALLED)
        .select_related("product__supplier")
        .order_by("at")
    )


def rounds_judging(product: Product) -> list[Round]:
    """Return the rounds that have the product and have not decided on it yet."""
    undecided = ~Exists(Ruling.objects.filter(entry=OuterRef("pk")))
    entries = Entry.objects.filter(undecided, product=product).select_related("round")
    return [entry.round for entry in entries]


def complaints_about(product: Product) -> dict[str, Any]:
    """Return how many complaints there are of each kind, and the latest ones."""
    counts = dict(product.complaints.order_by().values_list("kind").annotate(Count("id")))
    return {
        "counts": {kind: counts.get(kind, 0) for kind in Complaint.Kind.values},
        "latest": product.complaints.all()[:20],
    }
