"""Subsidy budgets: filled first, never overspent, given back whole."""

import pytest
from django.db import transaction

from accounts import roles
from billing.ledger.models import AccountKind
from billing.subsidy_budgets import services as subsidy_budget_services
from billing.subsidy_budgets.models import SubsidyBudget, SubsidyClaim
from kernel.errors import Conflict, InsufficientBalance, InvalidInput, NotAllowed, NotFound
from kernel.ids import new_id
from kernel.models import AuditEntry
from tests.ledger.test_commits import at_once
from tests.payouts.people import Shop, boss, earn, wallet_of
from tests.support.books import drift

db = pytest.mark.django_db
PREPAID, MARGIN = AccountKind.TENANT_PREPAID, AccountKind.TENANT_MARGIN


def funded(shop: Shop, amount: int, *, key: str = "1", source: AccountKind = PREPAID) -> SubsidyBudget:
    """A budget with money from the prepaid balance."""
    return subsidy_budget_services.fund(
        tenant=shop,
        name="Opening",
        amount=amount,
        source=source,
        acting_user=boss(f"{new_id()}@example.test"),
        idempotency_key=key,
    )


def claim(budget: SubsidyBudget, amount: int, reference: object = None) -> SubsidyClaim:
    """Take something for a new order."""
    with transaction.atomic():
        return subsidy_budget_services.claim(
            budget_id=budget.id, reference_id=reference or new_id(), amount=amount
        )


@db
def test_money_is_set_aside_claimed_and_given_back() -> None:
    shop, order = Shop(), new_id()
    earn(shop, shop.id, 10_000, wallet=PREPAID, kind="tenant")
    budget = funded(shop, 6_000)
    assert funded(shop, 6_000) == budget, "the same key adds nothing"
    assert wallet_of(shop, shop.id, "tenant") == {"tenant_prepaid": 4_000}
    first_claim = claim(budget, 2_500, order)
    assert claim(budget, 2_500, order) == first_claim
    assert (subsidy_budget_services.left(budget), wallet_of(shop, shop.id, "tenant")["tenant_margin"]) == (
        3_500,
        2_500,
    )
    with pytest.raises(Conflict):
        claim(budget, 2_600, order)
    for _again in range(2):
        with transaction.atomic():
            subsidy_budget_services.release(
                budget_id=budget.id, reference_id=order, reason="refunded", acting_user="test"
            )
    assert subsidy_budget_services.left(budget) == 6_000
    assert wallet_of(shop, shop.id, "tenant") == {"tenant_prepaid": 4_000}
    with pytest.raises(Conflict):
        claim(budget, 2_500, order)
    assert drift() == []
    assert AuditEntry.objects.filter(action="subsidy.funded").count() == 1


@db
def test_never_more_than_there_is() -> None:
    shop = Shop()
    earn(shop, shop.id, 1_000, wallet=PREPAID, kind="tenant")
    budget = funded(shop, 1_000)
    claim(budget, 900)
    with pytest.raises(InsufficientBalance):
        claim(budget, 101)
    assert (subsidy_budget_services.left(budget), SubsidyClaim.objects.count()) == (100, 1)


@db
def test_a_budget_is_filled_with_money_that_is_there() -> None:
    shop = Shop()
    with pytest.raises(InsufficientBalance):
        funded(shop, 1)
    earn(shop, shop.id, 5_000, wallet=MARGIN, kind="tenant")
    with pytest.raises(InsufficientBalance):
        funded(shop, 1, source=MARGIN)
    earn(shop, shop.id, 700, wallet=MARGIN, kind="tenant", days_ago=30)
    with pytest.raises(InsufficientBalance):
        funded(shop, 701, source=MARGIN)
    assert subsidy_budget_services.left(funded(shop, 700, source=MARGIN)) == 700
    for wrong in (0, -1):
        with pytest.raises(InvalidInput):
            funded(shop, wrong)
    with pytest.raises(InvalidInput):
        funded(shop, 1, source=AccountKind.SUPPLIER_PAYABLE)


@db
@pytest.mark.parametrize("role", [roles.FINANCE, roles.SUPPORT, roles.MEMBER])
def test_who_may_not_set_money_aside(role: str) -> None:
    shop = Shop()
    earn(shop, shop.id, 1_000, wallet=PREPAID, kind="tenant")
    with pytest.raises(NotAllowed):
        subsidy_budget_services.fund(
            tenant=shop,
            name="x",
            amount=1,
            source=PREPAID,
            acting_user=boss("x@example.test", role),
            idempotency_key="1",
        )
    assert wallet_of(shop, shop.id, "tenant") == {"tenant_prepaid": 1_000}


@db
def test_a_closed_budget_gives_back_what_is_left() -> None:
    shop, owner = Shop(), boss()
    earn(shop, shop.id, 1_000, wallet=PREPAID, kind="tenant")
    budget = funded(shop, 1_000)
    claim(budget, 400)
    with pytest.raises(NotFound):
        subsidy_budget_services.close(budget_id=budget.id, tenant=Shop(id=new_id()), acting_user=owner)
    for _again in range(2):
        subsidy_budget_services.close(budget_id=budget.id, tenant=shop, acting_user=owner)
    assert wallet_of(shop, shop.id, "tenant") == {"tenant_prepaid": 600, "tenant_margin": 400}
    with pytest.raises(Conflict, match="closed"):
        claim(budget, 1)
    (view,) = subsidy_budget_services.budgets_of(shop.id)
    assert (view.left, view.claimed, view.claims, view.is_open) == (0, 400, 1, False)


@db
def test_no_money_is_caught_in_a_closed_budget() -> None:
    shop, owner, order = Shop(), boss(), new_id()
    earn(shop, shop.id, 1_000, wallet=PREPAID, kind="tenant")
    budget = funded(shop, 600)
    claim(budget, 400, order)
    subsidy_budget_services.close(budget_id=budget.id, tenant=shop, acting_user=owner)
    with pytest.raises(Conflict, match="closed"):
        funded(shop, 100, key="2")
    assert funded(shop, 600).id == budget.id, "the key of before is answered as before"
    with transaction.atomic():
        subsidy_budget_services.release(
            budget_id=budget.id, reference_id=order, reason="refunded", acting_user="test"
        )
    assert subsidy_budget_services.left(budget) == 400
    subsidy_budget_services.close(budget_id=budget.id, tenant=shop, acting_user=owner)
    assert wallet_of(shop, shop.id, "tenant") == {"tenant_prepaid": 1_000}


@pytest.mark.slow
def test_fifty_claims_at_once_never_overspend(own_database: str) -> None:
    shop = Shop()
    earn(shop, shop.id, 1_000, wallet=PREPAID, kind="tenant")
    budget = funded(shop, 1_000)
    results: list[object] = []
    for _round in range(5):
        results += at_once(*[lambda: claim(budget, 70)] * 10, atomic=False)
    claims = [result for result in results if isinstance(result, SubsidyClaim)]
    refused = [result for result in results if isinstance(result, InsufficientBalance)]
    assert (len(claims), len(refused)) == (14, 36), results
    assert subsidy_budget_services.left(budget) == 20
    assert SubsidyClaim.objects.count() == 14
    assert drift() == []
