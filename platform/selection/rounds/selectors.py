"""Reads of rounds: which gate is open, who may volunteer, and the whole record once a gate has closed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db import connection
from django.db.models import Count, Exists, OuterRef

from catalog.models import Product
from kernel.models import NO_ONE
from kernel.texts.translated import pick
from selection import sources
from selection.admission.models import Ruling
from selection.rounds.models import Gate, Result, Round, RoundEntry, Seat, Vote
from selection.samples.models import Sample

BINS, PER_PAGE = 10, 30


def open_rounds() -> Sequence[Round]:
    """Return the rounds with a gate still open, oldest first."""
    return [
        round_
        for round_ in Round.objects.order_by("number").prefetch_related("closings")
        if open_gate(round_)
    ]


def open_gate(round_: Round) -> str:
    """Return the gate at which people score now; empty for a round that is over."""
    closed = {closing.gate for closing in round_.closings.all()}
    if round_.kind == Round.Kind.REVIEW:
        return "" if Gate.JURY in closed else Gate.JURY
    if Gate.PANEL not in closed:
        return Gate.PANEL
    if Gate.JURY in closed or not round_.seats.filter(gate=Gate.JURY).exists():
        return ""
    return Gate.JURY


def gate_until(round_id: UUID, gate: str) -> Any:
    """Return the moment at which a gate closes by itself; None for a jury whose panel is still at work."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT public.selection_until(%s, %s)", [round_id, gate])
        return cursor.fetchone()[0]


@dataclass(frozen=True, slots=True)
class Tally:
    """How a gate judged an entry, and what it took to pass. ``bins``: votes per ten points, lowest first."""

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

    entry: RoundEntry
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
    gate = open_gate(round_)
    return RoundRecord(
        round=round_,
        scope=sources.shop_name(round_.tenant_id),
        gate=gate,
        until=gate_until(round_.pk, gate) if gate else None,
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
    # Sorted by their words: the order does not show who wrote them.
    return Tally(
        result.gate, result, tuple(bins), tuple(sorted(comment for _points, comment in votes if comment))
    )


def rounds_page(page: int = 1, tenant_id: UUID | None = None) -> Page[Round]:
    """Return a page of rounds, newest first; of one shop and the network if ``tenant_id`` is given."""
    rounds = Round.objects.prefetch_related("closings", "entries").order_by("-number")
    if tenant_id is not None:
        rounds = rounds.filter(tenant_id__in={NO_ONE, tenant_id})
    return Paginator(rounds, PER_PAGE).get_page(page)


def concerns(round_: Round, *, tenant_id: UUID, user_id: UUID) -> bool:
    """True if a round is this shop's or the network's: its members may read the record of it."""
    return round_.tenant_id in {NO_ONE, tenant_id} or round_.seats.filter(user_id=user_id).exists()


def open_to_volunteers(*, tenant_id: UUID, user_id: UUID) -> list[tuple[Round, bool]]:
    """Return the rounds whose jury is not drawn yet, each with whether this member has come forward."""
    undrawn = Round.objects.filter(
        tenant_id__in={NO_ONE, tenant_id}, kind=Round.Kind.SELECTION, closings=None
    )
    has_seat = Exists(Seat.objects.filter(round=OuterRef("pk"), tenant_id=tenant_id, user_id=user_id))
    rounds = undrawn.exclude(has_seat).prefetch_related("entries").order_by("-number")
    willing = set(
        Round.objects.filter(volunteers__tenant_id=tenant_id, volunteers__user_id=user_id).values_list(
            "pk", flat=True
        )
    )
    return [(round_, round_.pk in willing) for round_ in rounds]


def waiting_for_review() -> list[Ruling]:
    """Return the products that were called back and that no round is judging, oldest first."""
    later = Ruling.objects.filter(
        product=OuterRef("product"), tenant_id=OuterRef("tenant_id"), number__gt=OuterRef("number")
    )
    judged = RoundEntry.objects.filter(
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
    entries = RoundEntry.objects.filter(undecided, product=product).select_related("round")
    return [entry.round for entry in entries]
