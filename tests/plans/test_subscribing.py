"""A shop's plan from its trial to its end: billed, changed, unpaid and back."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from billing.ledger.models import AccountKind, Entry
from billing.plans import limits, selectors, usage
from billing.plans.gateway import Preview, biller
from billing.plans.limits import PlanRefuses
from billing.plans.models import Invoice, Plan, Subscription
from billing.plans.selectors import Standing
from billing.plans.subscriptions import services as subscription_services
from billing.plans.usage import Metric
from kernel import clock
from kernel.calls.errors import NoClearAnswer
from kernel.errors import Conflict, InvalidInput, NotFound
from kernel.models import AuditEntry
from tenants.registry.models import Tenant
from tests.plans.conftest import choose_card, row_of, start
from tests.support.sandbox import RunningSandbox

Days = Callable[[int], None]


def booked() -> list[int]:
    """What the ledger holds of plans, oldest first."""
    rows = Entry.objects.filter(transfer__kind="plan.paid", account__kind=AccountKind.PLATFORM_FEE)
    return list(rows.order_by("transfer__occurred_at").values_list("amount", flat=True))


def test_a_shop_without_a_plan_pays_what_was_agreed(shop: Tenant) -> None:
    terms = selectors.terms_of(shop.id)
    assert (terms.plan, terms.fee_bp, terms.standing(clock.now())) == ("agreement", 100, Standing.OPEN)
    assert set(terms.limits.values()) == {None}
    subscription_services.agree(tenant=shop, plan_code="agreement", fee_bp=150, acting_user="Chief")
    assert selectors.fee_percent_of(shop.id) == 1.5


def test_a_trial_becomes_a_paid_plan_by_itself(shop: Tenant, later: Days, hear: Any) -> None:
    subscription = start(shop, "grow")
    hear()
    assert (subscription.state, subscription.plan.code, subscription.wanted_plan) == (
        Subscription.State.TRIALING,
        "grow",
        None,
    )
    assert selectors.fee_bp_of(shop.id) == 100
    later(15)
    assert row_of(shop).state == Subscription.State.ACTIVE
    later(31)
    paid = [(row.state, row.paid) for row in selectors.invoices_of(shop.id)]
    assert paid == [("paid", 99_900), ("paid", 99_900), ("paid", 0)]
    assert booked() == [99_900, 99_900], "once each, and nothing for the trial"
    newest = selectors.invoices_of(shop.id)[0]
    assert newest.number.endswith("-0003")
    assert newest.pdf_url.endswith(".pdf")
    assert newest.charge_id.startswith("ch_")


def test_an_upgrade_costs_what_the_preview_said(shop: Tenant, later: Days) -> None:
    start(shop, "start")
    later(15)
    later(10)
    offer = subscription_services.preview(tenant=shop, plan_code="grow")
    assert [line.amount < 0 for line in offer.lines] == [True, False]
    assert 0 < offer.due_now < 99_900 - 29_900
    with pytest.raises(Conflict, match="costs something else"):
        subscription_services.change_plan(
            tenant=shop, plan_code="grow", at=offer.at, expected=offer.due_now - 1, acting_user="Alice"
        )
    assert row_of(shop).plan.code == "start", "nothing changed"
    for _twice in range(2):
        changed = subscription_services.change_plan(
            tenant=shop, plan_code="grow", at=offer.at, expected=offer.due_now, acting_user="Alice"
        )
        assert changed.plan.code == "grow"
    later(0)
    assert selectors.invoices_of(shop.id)[0].paid == offer.due_now
    assert selectors.fee_bp_of(shop.id) == 100
    assert AuditEntry.objects.filter(action="plan.change").count() == 1


def test_an_old_offer_is_not_taken(shop: Tenant) -> None:
    start(shop, "start")
    with pytest.raises(Conflict, match="too old"):
        subscription_services.change_plan(
            tenant=shop,
            plan_code="grow",
            at=clock.now() - timedelta(hours=2),
            expected=0,
            acting_user="Alice",
        )


@pytest.mark.slow
def test_an_unpaid_plan_is_read_then_closed_and_comes_back_when_paid(shop: Tenant, later: Days) -> None:
    start(shop, "start", "pm_card_chargeCustomerFail")
    later(15)
    assert selectors.standing_of(shop.id) == Standing.GRACE
    limits.require_writable(shop)
    seen = {}
    for day in range(1, 24):
        later(1)
        seen[day] = selectors.standing_of(shop.id)
    assert [seen[day] for day in (6, 8, 20, 22)] == [
        Standing.GRACE,
        Standing.READ_ONLY,
        Standing.READ_ONLY,
        Standing.SUSPENDED,
    ]
    with pytest.raises(PlanRefuses) as caught:
        limits.require_writable(shop)
    assert (caught.value.code, caught.value.status) == ("plan_suspended", 402)
    with pytest.raises(Conflict, match="pay it first"):
        subscription_services.preview(tenant=shop, plan_code="grow")
    with pytest.raises(Conflict, match="pay it first"):
        subscription_services.change_plan(
            tenant=shop, plan_code="grow", at=clock.now(), expected=0, acting_user="Alice"
        )
    with pytest.raises(InvalidInput, match="declined"):
        subscription_services.pay_open_invoice(tenant=shop, acting_user="Alice")
    choose_card(shop)
    subscription_services.pay_open_invoice(tenant=shop, acting_user="Alice")
    assert selectors.standing_of(shop.id) == Standing.OPEN
    limits.require_writable(shop)
    later(0)
    assert booked() == [29_900]


def test_a_trial_without_a_card_leaves_a_bill(shop: Tenant, later: Days) -> None:
    start(shop, card="")
    later(15)
    row = row_of(shop)
    assert (row.state, row.past_due_since is not None) == (Subscription.State.PAST_DUE, True)
    assert Invoice.objects.filter(state="open", total=29_900).count() == 1


def test_the_same_command_twice_is_one_subscription(
    shop: Tenant, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.break_next("/v1/subscriptions")
    with pytest.raises(NoClearAnswer):
        start(shop)
    start(shop)
    assert (sandbox.count("subscription"), sandbox.count("customer")) == (1, 1)
    with pytest.raises(Conflict, match="already"):
        start(shop)


FORGOTTEN = timedelta(hours=25)
"""By then the biller knows a key no more."""


@pytest.mark.parametrize("after", [timedelta(0), FORGOTTEN])
def test_a_subscription_whose_answer_was_lost_is_found_and_not_made_twice(
    shop: Tenant, sandbox: RunningSandbox, after: timedelta
) -> None:
    sandbox.break_next("/v1/subscriptions")
    with pytest.raises(NoClearAnswer):
        start(shop)
    with time_machine.travel(clock.now() + after):
        subscription = start(shop, card="")
    (only,) = sandbox.store.all("subscription")
    assert (subscription.external_id, subscription.state) == (only["id"], Subscription.State.TRIALING)
    assert sandbox.count("customer") == 1


def test_another_plan_after_a_lost_answer_is_no_second_subscription(
    shop: Tenant, sandbox: RunningSandbox
) -> None:
    sandbox.break_next("/v1/subscriptions")
    with pytest.raises(NoClearAnswer):
        start(shop, "start")
    with pytest.raises(Conflict, match="has a subscription already"):
        start(shop, "grow", card="")
    assert (sandbox.count("subscription"), row_of(shop).plan.code) == (1, "start"), "the one that is there"


@pytest.mark.parametrize("after", [timedelta(0), FORGOTTEN])
def test_a_change_whose_answer_was_lost_happens_and_is_billed_once(
    shop: Tenant, sandbox: RunningSandbox, later: Days, after: timedelta
) -> None:
    subscription = start(shop, "start")
    later(20)
    offer = subscription_services.preview(tenant=shop, plan_code="grow")

    def change(offer: Preview) -> Subscription:
        return subscription_services.change_plan(
            tenant=shop, plan_code="grow", at=offer.at, expected=offer.due_now, acting_user="Alice"
        )

    before = sandbox.count("invoice")
    sandbox.break_next(f"/v1/subscriptions/{subscription.external_id}")
    with pytest.raises(NoClearAnswer):
        change(offer)
    assert row_of(shop).plan.code == "start", "nobody told us"
    with time_machine.travel(clock.now() + after):
        # A day later the page asks for the price anew, as the old offer is no longer taken.
        again = subscription_services.preview(tenant=shop, plan_code="grow") if after else offer
        assert change(again).plan.code == "grow"
    billed = [row["total"] for row in sandbox.store.all("invoice")]
    assert (len(billed), billed[0], offer.due_now > 0) == (before + 1, offer.due_now, True)
    assert row_of(shop).fee_bp is None


def test_an_event_may_come_before_the_answer(shop: Tenant, sandbox: RunningSandbox, hear: Any) -> None:
    sandbox.break_next("/v1/subscriptions")
    with pytest.raises(NoClearAnswer):
        start(shop)
    hear()
    row = row_of(shop)
    assert (row.state, row.plan.code) == (Subscription.State.TRIALING, "start")


def test_older_answers_change_nothing(shop: Tenant) -> None:
    subscription = start(shop)
    old = biller().fetch_subscription(subscription.external_id or "")
    subscription_services.sync(tenant_id=shop.id)
    subscription_services.apply_subscription(tenant_id=shop.id, provider_subscription=old)
    before = row_of(shop).synced_at
    assert before is not None
    assert before > old.asked_at


def test_a_plan_that_ended_closes_the_shop_and_the_next_has_no_trial(
    shop: Tenant, sandbox: RunningSandbox, later: Days
) -> None:
    subscription = start(shop)
    with sandbox.store.transaction():
        from_stripe = sandbox.store.get(subscription.external_id or "")
        assert from_stripe is not None
    sandbox.change(subscription.external_id or "", status="canceled", cancel_at_period_end=False)
    subscription_services.sync(tenant_id=shop.id)
    assert selectors.standing_of(shop.id) == Standing.SUSPENDED
    again = subscription_services.subscribe(
        tenant=shop, plan_code="start", email="a@x.test", acting_user="Alice"
    )
    assert (again.state, selectors.standing_of(shop.id)) == (Subscription.State.ACTIVE, Standing.OPEN)


def test_a_lost_event_is_looked_up(shop: Tenant, sandbox: RunningSandbox) -> None:
    subscription = start(shop)
    sandbox.change(subscription.external_id or "", status="past_due")
    assert subscription_services.sync_stale() == 0, "heard of just now"
    Subscription.objects.update(synced_at=clock.now() - timedelta(hours=7))
    assert subscription_services.sync_stale() == 1
    assert row_of(shop).state == Subscription.State.PAST_DUE


def test_a_bill_whose_event_was_lost_is_looked_up_and_booked_once(
    shop: Tenant, later: Days, hear: Any, sandbox: RunningSandbox
) -> None:
    start(shop, card="")
    later(15)
    bill = Invoice.objects.get(state="open")
    choose_card(shop)
    sandbox.break_next(f"/v1/invoices/{bill.external_id}/pay")
    with pytest.raises(NoClearAnswer):
        subscription_services.pay_open_invoice(tenant=shop, acting_user="Alice")
    assert row_of(shop).state == Subscription.State.PAST_DUE, "paid there, and nobody told us"
    subscription_services.pay_open_invoice(tenant=shop, acting_user="Alice")
    bill.refresh_from_db()
    assert (bill.state, booked(), row_of(shop).state) == ("paid", [29_900], Subscription.State.ACTIVE)
    hear()
    assert booked() == [29_900], "a late event books nothing twice"


def test_a_bill_of_which_no_event_came_is_found(
    shop: Tenant, later: Days, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(shop)
    monkeypatch.setattr(RunningSandbox, "deliver", lambda *_given: 200)
    later(15)
    assert not Invoice.objects.filter(total=29_900).exists(), "its event was lost"
    subscription_services.sync(tenant_id=shop.id)
    assert (Invoice.objects.get(total=29_900).state, booked()) == ("paid", [29_900])


def test_only_what_is_offered_can_be_chosen(shop: Tenant) -> None:
    for code in ("agreement", "gold"):
        with pytest.raises(NotFound):
            subscription_services.subscribe(
                tenant=shop, plan_code=code, email="a@x.test", acting_user="Alice"
            )
    with pytest.raises(NotFound, match="not billed"):
        subscription_services.preview(tenant=shop, plan_code="grow")
    start(shop)
    with pytest.raises(Conflict, match="billed"):
        subscription_services.agree(tenant=shop, plan_code="agreement", fee_bp=0, acting_user="Chief")


def test_limits_refuse_one_more(shop: Tenant) -> None:
    Plan.objects.filter(code="start").update(orders=2, api_calls=3)
    start(shop)
    limits.require_within(shop.id, Metric.ORDERS)
    usage.add(shop.id, Metric.ORDERS)
    usage.add(shop.id, Metric.ORDERS)
    limits.require_within(shop.id, Metric.ORDERS)  # a count may be a minute old
    usage.forget(shop.id, Metric.ORDERS)
    with pytest.raises(PlanRefuses) as caught:
        limits.require_within(shop.id, Metric.ORDERS)
    assert (caught.value.code, caught.value.field, caught.value.value) == ("plan_limit", "orders", 2)
    for _call in range(3):
        limits.count_call(shop.id)
    with pytest.raises(PlanRefuses, match="used up"):
        limits.count_call(shop.id)
    bars = {bar.metric: bar for bar in selectors.bars_of(shop.id)}
    assert (bars[Metric.ORDERS].percent, bars[Metric.ORDERS].used) == (100, bars[Metric.ORDERS].limit)
    assert (bars[Metric.API_CALLS].used, bars[Metric.MEMBERS].limit) == (4, 500)


def test_terms_cost_no_statement_when_warm(shop: Tenant, django_assert_num_queries: Any) -> None:
    start(shop)
    selectors.fee_bp_of(shop.id)
    limits.require_within(shop.id, Metric.ORDERS)
    with django_assert_num_queries(0):
        limits.require_writable(shop)
        limits.require_within(shop.id, Metric.ORDERS)
        assert selectors.fee_bp_of(shop.id) == 200
