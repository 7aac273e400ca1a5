"""Writes of rounds: opened with their people frozen, filled up by a draw, closed by their deadlines."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from accounts import roles
from accounts.models import User
from kernel import audit, clock
from kernel.database.unit_of_work import lock_name
from kernel.errors import BanyanError, Conflict, InvalidInput, NotFound
from kernel.events import outbox
from kernel.models import NO_ONE
from kernel.tenancy import in_public
from selection import sources
from selection.admission.models import Ruling
from selection.proposals import services as proposal_services
from selection.proposals.models import Proposal
from selection.rounds.models import Closing, Gate, Round, RoundEntry, Seat, Volunteer
from selection.rounds.selectors import gate_until, open_gate, open_rounds
from selection.samples import access as sample_access
from selection.samples import services as sample_services
from selection.samples.models import Sample
from selection.sources import Candidate


@dataclass(frozen=True, slots=True)
class RoundTerms:
    """How a round judges. Points run from 0 to 100; percents are of the gate's people or votes."""

    panel_size: int = 50
    panel_points: int = 70
    panel_hours: int = 14 * 24
    jury_size: int = 200
    jury_points: int = 70
    jury_hours: int = 21 * 24
    want_percent: int = 60
    quorum_percent: int = 60
    volunteers_percent: int = 30


def open_round(
    *,
    proposal_ids: Sequence[UUID],
    terms: RoundTerms,
    acting_user: Any,
    tenant_id: UUID = NO_ONE,
    currency: str = "CNY",
) -> Round:
    """Open a round on checked proposals of one scope; its panel is frozen by completed sales at this moment.

    The suppliers' own people are left out. Raises InvalidInput if there are fewer sellers than the panel has
    seats or a term means nothing, Conflict if a proposal is not ready or its selling point is taken.
    """
    with transaction.atomic(durable=True):
        proposals = list(
            Proposal.objects.filter(id__in=proposal_ids, tenant_id=tenant_id)
            .select_related("product")
            .order_by("product_id")
        )
        if not proposals or len(proposals) < len(set(proposal_ids)):
            raise NotFound(_("there is no such proposal"), field="proposals")
        for proposal in proposals:
            proposal_services.require_free(
                proposal.point_key, tenant_id=tenant_id, product_id=proposal.product_id
            )
        round_ = _new_round(Round.Kind.SELECTION, tenant_id, currency, terms, acting_user)
        entries = [
            RoundEntry(
                round=round_, proposal=row, product=row.product, title=row.product.title, position=place
            )
            for place, row in enumerate(proposals, 1)
        ]
        for entry in entries:
            entry.save(force_insert=True)
        best = sources.panel(tenant_id, currency, terms.panel_size, _conflicted(entries))
        if len(best) < terms.panel_size:
            raise InvalidInput(
                _("only %(there)d people have completed sales, and the panel has %(seats)d seats")
                % {"there": len(best), "seats": terms.panel_size},
                field="panel_size",
                value=terms.panel_size,
                remedy=_("choose a smaller panel, or wait until more have sold"),
            )
        _seat(round_, Gate.PANEL, [(candidate, Seat.Origin.RANKED) for candidate in best], entries)
        audit.record_on(
            round_, "round.opened", actor=acting_user, changes={"products": len(entries), **asdict(terms)}
        )
    round_.refresh_from_db()
    return round_


def open_review(
    *, product_ids: Sequence[UUID], terms: RoundTerms, acting_user: Any, tenant_id: UUID = NO_ONE
) -> Round:
    """Let a jury decide about products that were called back; they stay off sale until it has.

    Raises InvalidInput if fewer than three members can be drawn, Conflict if a product was not called back.
    """
    with transaction.atomic(durable=True):
        rulings = (
            Ruling.objects.filter(product_id__in=product_ids, tenant_id=tenant_id)
            .select_related("product")
            .order_by("product_id", "-number")
            .distinct("product_id")
        )
        recalls = [ruling for ruling in rulings if ruling.kind == Ruling.Kind.RECALLED]
        if not recalls or len(recalls) < len(set(product_ids)):
            raise Conflict(_("this product is not waiting for such a round"), field="products")
        round_ = _new_round(Round.Kind.REVIEW, tenant_id, "CNY", terms, acting_user)
        entries = [
            RoundEntry(round=round_, product=row.product, title=row.product.title, position=place)
            for place, row in enumerate(recalls, 1)
        ]
        for entry in entries:
            entry.save(force_insert=True)
        round_.refresh_from_db()
        drawn = draw(round_, round_.seed, _conflicted(entries))
        if len(drawn) < 3:
            raise InvalidInput(
                _("fewer than three members could be drawn"), field="jury_size", value=len(drawn),
                remedy=_("open the review for the whole network"),
            )  # fmt: skip
        _seat(round_, Gate.JURY, drawn, entries)
        audit.record_on(
            round_, "round.opened", actor=acting_user, changes={"products": len(entries), "review": True}
        )
    return round_


def volunteer(*, round_id: UUID, tenant_id: UUID, user: User) -> Volunteer:
    """Put a member's name down for a round's jury; the draw decides. Again: no change.

    Raises Conflict once the panel has closed or for somebody of a supplier in this round or of the panel.
    """
    with transaction.atomic(durable=True):
        round_ = Round.objects.filter(id=round_id, tenant_id__in={NO_ONE, tenant_id}).first()
        if round_ is None:
            raise NotFound(_("there is no such round"), field="round", value=round_id)
        person = sources.person_key(user.email)
        if round_.kind != Round.Kind.SELECTION or round_.closings.exists():
            raise Conflict(_("the jury of this round is drawn already"), field="round")
        if person in _conflicted(round_.entries.all()):
            raise Conflict(_("you belong to a supplier whose goods this round judges"), field="round")
        if round_.seats.filter(person=person).exists():
            raise Conflict(_("you sit in this round already"), field="round")
        row, _created = Volunteer.objects.get_or_create(
            round=round_,
            person=person,
            defaults={"tenant_id": tenant_id, "user_id": user.pk, "name": str(user)[:120]},
        )
    return row


def close_due() -> int:
    """Close every gate whose deadline has passed; return how many. One that fails stops no other."""
    closed = 0
    for round_ in open_rounds():
        gate = open_gate(round_)
        if gate and (until := gate_until(round_.pk, gate)) and until <= clock.now():
            try:
                closed += close_gate(round_id=round_.pk, gate=gate) is not None
            except BanyanError as error:
                audit.record_on(round_, "round.stuck", actor="selection", reason=str(error))
    return closed


def close_gate(*, round_id: UUID, gate: str) -> Closing | None:
    """Close a gate: the database counts and decides, and the jury of what passed the panel is drawn.

    Raises Conflict before the deadline unless everybody has scored. Again: None.
    """
    with transaction.atomic(durable=True):
        lock_name(f"close {round_id}")
        round_ = Round.objects.filter(id=round_id).first()
        if round_ is None:
            raise NotFound(_("there is no such round"), field="round", value=round_id)
        if round_.closings.filter(gate=gate).exists():
            return None
        closing = Closing(round=round_, gate=gate)
        closing.save(force_insert=True)
        closing.refresh_from_db()
        if gate == Gate.PANEL:
            passed = [entry for entry in round_.entries.all() if entry.results.filter(passed=True).exists()]
            drawn = draw(round_, closing.seed, _conflicted(round_.entries.all())) if passed else []
            _seat(round_, Gate.JURY, drawn, passed)
            if passed and not drawn:
                # Nobody is left to judge: what has no jury has not passed it.
                Closing(round=round_, gate=Gate.JURY).save(force_insert=True)
        audit.record_on(round_, "round.gate_closed", actor="selection", changes={"gate": gate})
        outbox.emit("round.gate_closed", {"round_id": str(round_.pk), "gate": gate})
    return closing


def close_if_complete(*, round_id: UUID, gate: str) -> None:
    """Close a gate at once if its last vote has been cast."""
    waiting = Sample.objects.filter(seat__round_id=round_id, seat__gate=gate).exclude(
        state=Sample.State.SCORED
    )
    if not waiting.exists():
        close_gate(round_id=round_id, gate=gate)


def draw(round_: Round, seed: str, excluded: set[str]) -> Sequence[tuple[Candidate, str]]:
    """Return the jury: volunteers for their share of the seats, the others drawn from all members.

    Who has the lowest ``sources.lot`` is drawn, so that the seed and a person's key show whether rightly.
    """
    seated = set(round_.seats.values_list("person", flat=True)) | excluded
    willing = sorted(
        (
            Candidate(row.tenant_id, row.user_id, row.name, row.person)
            for row in round_.volunteers.all()
            if row.person not in seated
        ),
        key=lambda candidate: sources.lot(seed, candidate.person),
    )
    willing = willing[: round_.jury_size * round_.volunteers_percent // 100]
    excluded = seated | {candidate.person for candidate in willing}
    others = sources.jury(round_.tenant_id, seed, round_.jury_size - len(willing), excluded)
    return [
        *((candidate, Seat.Origin.VOLUNTEER) for candidate in willing),
        *((candidate, Seat.Origin.DRAWN) for candidate in others),
    ]


def _new_round(kind: str, tenant_id: UUID, currency: str, terms: RoundTerms, acting_user: Any) -> Round:
    lock_name("number of rounds")
    round_ = Round(
        number=1 + (Round.objects.aggregate(last=Max("number"))["last"] or 0),
        kind=kind,
        tenant_id=tenant_id,
        currency=currency,
        opened_by=str(acting_user)[:200],
        **asdict(terms),
    )
    try:
        round_.full_clean(exclude=["id", "opened_at", "opened_in", "seed"])
    except ValidationError as error:
        raise InvalidInput(
            _("these terms would let anything pass, or nobody judge"), field="terms",
            value="; ".join(error.messages),
            remedy=_("thresholds from 50 to 100 points, at least 3 people a gate"),
        ) from None  # fmt: skip
    round_.save(force_insert=True)
    return round_


def _seat(
    round_: Round, gate: str, people: Sequence[tuple[Candidate, str]], entries: Sequence[RoundEntry]
) -> None:
    seats = Seat.objects.bulk_create(
        Seat(
            round=round_,
            gate=gate,
            tenant_id=candidate.tenant_id,
            user_id=candidate.user_id,
            name=candidate.name[:120],
            person=candidate.person,
            origin=origin,
            rank=rank,
            completed_sales=candidate.completed_sales,
        )
        for rank, (candidate, origin) in enumerate(people, 1)
    )
    sample_services.create_samples(seats=seats, entries=entries)
    if seats:
        outbox.emit("round.seated", {"round_id": str(round_.pk), "gate": gate})


def _conflicted(entries: Any) -> set[str]:
    """Return the person keys of everybody who works for a supplier of these entries."""
    suppliers = {entry.product.supplier_id: entry.product.supplier for entry in entries}
    with in_public():
        people = User.objects.filter(role=roles.SUPPLIER, supplier_id__in=suppliers)
        addresses = {
            *people.values_list("email", flat=True),
            *(supplier.email for supplier in suppliers.values()),
        }
    return {sources.person_key(address) for address in addresses if address}


def cast_vote(
    *,
    sample_id: UUID,
    tenant_id: UUID,
    user_id: UUID,
    points: int,
    would_buy: bool | None = None,
    comment: str = "",
) -> None:
    """Cast a judge's vote on a sample, for good: 0 to 100 points, and of the jury whether it would buy it.

    Who scores has received it. Closes the gate if this was the last vote. Raises Conflict if it is not sent
    yet, is scored already, or its gate has closed; nothing is kept then.
    """
    if not 0 <= points <= 100:
        raise InvalidInput(
            _("points run from 0 to 100"), field="points", value=points, remedy=_("change the number")
        )
    with transaction.atomic(durable=True):
        sample = sample_access.locked_sample_of(sample_id=sample_id, tenant_id=tenant_id, user_id=user_id)
        if sample.state == Sample.State.SCORED:
            raise Conflict(_("you have scored this already; a score is for good"), field="points")
        sample_services.record_received(sample)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT public.selection_cast_vote(%s, %s, %s, %s, %s, %s)",
                [sample_id, tenant_id, user_id, points, would_buy, comment.strip()[:500]],
            )
        seat = sample.seat
        # That somebody has voted, never how: scores are secret until the gate has closed.
        audit.record(
            "sample.scored", actor=seat.name, object_type="selection.sample", object_id=sample_id,
            object_label=str(sample.entry.round),
        )  # fmt: skip
    close_if_complete(round_id=seat.round_id, gate=seat.gate)
