"""Rounds through the services: who sits, what is secret, what passes, and what no hand can change."""

import pytest
from django.db import transaction

from accounts import roles
from accounts.models import User
from catalog.models import Product
from kernel.errors import Conflict, InvalidInput
from kernel.tenancy import in_tenant
from selection import sources
from selection.models import Closing, Result, Ruling, Sample, Seat, Vote
from selection.proposals import services as proposal_services
from selection.rounds import selectors as round_selectors
from selection.rounds import services as round_services
from tenants.registry.models import Tenant
from tests.support.build import make_product, make_supplier, make_tenant, make_user
from tests.support.refused import refused_by
from tests.support.rounds import (
    SMALL,
    complete_sales,
    make_club,
    make_members,
    make_proposal,
    score,
    send_samples,
    sql,
    vote,
)


@pytest.fixture
def club(db: None) -> Tenant:
    """A club of four sellers and eight members."""
    tenant = make_tenant()
    make_club(tenant)
    return tenant


def open_small(*products: Product, **more: object) -> round_services.Round:
    """A small round on these products for the whole network."""
    proposals = [make_proposal(product) for product in products]
    return round_services.open_round(
        proposal_ids=[proposal.pk for proposal in proposals], terms=SMALL, acting_user="central", **more
    )


def test_the_panel_is_the_best_sellers_of_completed_sales_frozen_when_it_opens(club: Tenant) -> None:
    tea = make_product(make_supplier())
    late = make_members(club, ["late", "undelivered"])
    complete_sales(club, {late[1]: 9_000_000}, state="paid")
    round_ = open_small(tea)
    complete_sales(club, {late[0]: 9_000_000})
    panel = round_.seats.filter(gate="panel")
    assert [(seat.name, seat.completed_sales) for seat in panel.order_by("rank")] == [
        ("seller0", 400_000), ("seller1", 300_000), ("seller2", 200_000),
    ]  # fmt: skip


def test_a_product_passes_both_gates_and_is_for_sale(club: Tenant) -> None:
    tea = make_product(make_supplier())
    round_ = open_small(tea)
    tea.refresh_from_db()
    assert tea.admission == Product.Admission.NEEDED
    vote(round_, "panel", 70)
    assert round_.seats.filter(gate="jury").count() == 5
    vote(round_, "jury", 70, buyers=3)
    tea.refresh_from_db()
    assert tea.admission == Product.Admission.PASSED
    assert list(tea.rulings.values_list("kind", flat=True)) == ["proposed", "passed"]
    assert not round_selectors.open_gate(round_)


@pytest.mark.parametrize(
    ("panel", "jury", "buyers"),
    [([70, 70, 69], 0, 0), (70, [70, 70, 70, 70, 69], 5), (70, 70, 2)],
    ids=["the panel by one point", "the jury by one point", "one who would not buy it"],
)
def test_whoever_misses_a_gate_by_one_point_is_refused(
    club: Tenant, panel: list[int] | int, jury: list[int] | int, buyers: int
) -> None:
    tea = make_product(make_supplier())
    round_ = open_small(tea)
    vote(round_, "panel", panel)
    if buyers:
        vote(round_, "jury", jury, buyers=buyers)
    tea.refresh_from_db()
    assert tea.admission == Product.Admission.REFUSED
    assert Result.objects.filter(passed=False).count() == 1


def test_too_few_votes_pass_nothing_when_the_deadline_comes(club: Tenant) -> None:
    tea = make_product(make_supplier())
    round_ = open_small(tea)
    send_samples(round_, "panel")
    score(Sample.objects.filter(state="shipped").first(), 100, None)
    with pytest.raises(Conflict, match="until"):
        round_services.close_gate(round_id=round_.pk, gate="panel")
    assert round_services.close_due() == 0
    travel(days=15)
    with pytest.raises(Conflict, match="closed"):
        score(Sample.objects.filter(state="shipped").first(), 100, None)
    assert round_services.close_due() == 0  # our own clock has not come so far; the database's has
    assert round_services.close_gate(round_id=round_.pk, gate="panel")
    assert round_services.close_gate(round_id=round_.pk, gate="panel") is None
    result = Result.objects.get()
    assert (result.votes, result.votes_needed, result.passed) == (1, 2, False)
    assert not round_selectors.open_gate(round_)


def travel(*, days: int) -> None:
    """Set the database's own clock forward, for this transaction; the application's role cannot."""
    sql(
        "CREATE OR REPLACE FUNCTION selection_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS "
        f"'SELECT clock_timestamp() + interval ''{days} days'''"
    )


def test_the_jury_is_drawn_by_a_seed_that_anybody_can_check(club: Tenant) -> None:
    tea = make_product(make_supplier())
    round_ = open_small(tea)
    with in_tenant(club):
        willing = User.objects.get(email="member3@club.test")
    round_services.volunteer(round_id=round_.pk, tenant_id=club.id, user=willing)
    vote(round_, "panel", 90)
    seed = round_.closings.get(gate="panel").seed
    jury = list(round_.seats.filter(gate="jury").order_by("rank"))
    assert [seat.origin for seat in jury] == ["volunteer", *["drawn"] * 4]
    assert jury[0].user_id == willing.pk
    panel = set(round_.seats.filter(gate="panel").values_list("person", flat=True))
    with in_tenant(club):
        everybody = {sources.person_key(email) for email in User.objects.values_list("email", flat=True)}
    expected = sorted(everybody - panel - {jury[0].person}, key=lambda person: sources.lot(seed, person))[:4]
    assert [seat.person for seat in jury[1:]] == expected


def test_a_suppliers_own_people_judge_nothing(club: Tenant) -> None:
    farm = make_supplier(email="member1@club.test")
    make_user("SELLER0@club.test", role=roles.SUPPLIER, supplier_id=farm.pk)
    round_ = open_small(make_product(farm))
    assert [seat.name for seat in round_.seats.order_by("rank")] == ["seller1", "seller2", "seller3"]
    with in_tenant(club):
        boss = User.objects.get(email="member1@club.test")
    with pytest.raises(Conflict, match="belong to a supplier"):
        round_services.volunteer(round_id=round_.pk, tenant_id=club.id, user=boss)
    vote(round_, "panel", 90)
    assert "member1" not in round_.seats.values_list("name", flat=True)
    assert round_.seats.filter(gate="jury").count() == 5


def test_scores_are_not_even_read_before_their_gate_has_closed(club: Tenant) -> None:
    round_ = open_small(make_product(make_supplier()))
    send_samples(round_, "panel")
    waiting = list(Sample.objects.select_related("seat"))
    for sample in waiting[:2]:
        score(sample, 93, None)
    record = round_selectors.record_of(round_)
    assert record.entries[0].tallies == ()
    assert record.entries[0].steps["panel"]["scored"] == 2
    assert "93" not in str(record.entries[0].steps)
    score(waiting[2], 60, None)
    (tally,) = round_selectors.record_of(round_).entries[0].tallies
    assert (tally.average, tally.bins[9], tally.bins[6]) == ("82.00", 2, 1)


def test_one_person_scores_once_and_only_what_was_received(club: Tenant) -> None:
    round_ = open_small(make_product(make_supplier()))
    sample = Sample.objects.select_related("seat").first()
    assert sample
    with pytest.raises(Conflict, match="not been sent"):
        score(sample, 90, None)
    send_samples(round_, "panel")
    score(sample, 90, None)
    with pytest.raises(Conflict, match="for good"):
        score(sample, 10, None)
    assert Vote.objects.get().score == 90
    stranger = round_.seats.exclude(pk=sample.seat_id).first()
    assert stranger
    with pytest.raises(Exception, match="no seat"):
        round_services.cast_vote(sample_id=sample.pk, tenant_id=club.id, user_id=stranger.user_id, points=1)


def test_a_round_needs_enough_sellers_and_terms_that_mean_something(club: Tenant) -> None:
    proposal = make_proposal(make_product(make_supplier()))
    big = round_services.RoundTerms(panel_size=50)
    with pytest.raises(InvalidInput, match="only 4 people"):
        round_services.open_round(proposal_ids=[proposal.pk], terms=big, acting_user="central")
    soft = round_services.RoundTerms(panel_size=3, panel_points=1)
    with pytest.raises(InvalidInput, match="anything pass"):
        round_services.open_round(proposal_ids=[proposal.pk], terms=soft, acting_user="central")


def test_a_selling_point_in_force_stops_the_next_proposal_by_name(club: Tenant) -> None:
    farm = make_supplier()
    tea = make_product(farm, title={"en": "A2 milk of the farm", "zh-hans": "农场 A2 牛奶"})
    other = make_product(farm, "other")
    round_ = round_services.open_round(
        proposal_ids=[make_proposal(tea, point="A2 Milk").pk], terms=SMALL, acting_user="central"
    )
    vote(round_, "panel", 90)
    vote(round_, "jury", 90)
    with pytest.raises(Conflict, match="A2 milk of the farm"):
        make_proposal(other, point=" a2-MILK ")
    claim = tea.claims.get()
    proposal_services.end_claim(claim_id=claim.pk, reason="the milk was not A2", acting_user="central")
    assert make_proposal(other, point="A2 milk").pk
    claim.refresh_from_db()
    assert claim.ended_by == "breach"


def test_the_lowest_price_of_all_channels_is_asked_for(club: Tenant) -> None:
    tea = make_product(make_supplier())
    with pytest.raises(InvalidInput, match="less than") as caught:
        make_proposal(tea, price=10_900)
    assert caught.value.code == "not_the_lowest_price"
    proposal = make_proposal(tea, checked=False)
    evidence = proposal.evidence.get()
    proposal_services.recheck_price(evidence_id=evidence.pk, price=9_900, acting_user="central")
    with pytest.raises(Conflict, match="asks less"):
        proposal_services.check_proposal(proposal_id=proposal.pk, acting_user="central")


@pytest.mark.parametrize("table", ["round", "roundentry", "seat", "vote", "closing", "result", "ruling"])
def test_what_was_said_can_be_neither_changed_nor_removed(club: Tenant, table: str) -> None:
    tea = make_product(make_supplier())
    round_ = open_small(tea)
    vote(round_, "panel", 10)
    assert Seat.objects.count() == 3
    assert Closing.objects.count() == 1
    assert Ruling.objects.filter(kind="refused").exists()
    sql("SET CONSTRAINTS ALL IMMEDIATE")  # TRUNCATE would be refused for what is pending, not for what it is
    for statement in (
        "UPDATE selection_{} SET id = id",
        "DELETE FROM selection_{}",
        "TRUNCATE selection_{} CASCADE",
    ):
        with refused_by("kernel.append_only"), transaction.atomic():
            sql(statement.format(table))
