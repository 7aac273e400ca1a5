"""The operators' page of their plan, an unpaid plan's effect on a shop's pages, the central team's view."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests

from accounts import roles
from billing.plans import selectors, usage
from billing.plans.gateway import biller
from billing.plans.limits import PlanRefuses
from billing.plans.models import Plan, Subscription
from billing.plans.subscriptions import services as subscription_services
from billing.plans.usage import Metric
from kernel import clock
from kernel.models import AuditEntry
from kernel.tenancy import in_tenant
from tenants.shop.orders import services as order_services
from tests.plans.conftest import choose_card, row_of
from tests.support.consoles import Browser, ShopConsole
from tests.support.sandbox import RunningSandbox


@pytest.fixture(autouse=True)
def _billing(sandbox: RunningSandbox) -> Iterator[None]:
    """Bill at the sandbox of this test."""
    biller.cache_clear()
    yield
    biller.cache_clear()


def subscribe(console: ShopConsole, plan: str = "start") -> None:
    """Subscribe with a good card."""
    subscription_services.subscribe(
        tenant=console.tenant, plan_code=plan, email="alice@example.test", acting_user="Alice"
    )
    choose_card(console.tenant)


def fall_behind(console: ShopConsole, days: int) -> None:
    """Let the last bill be unpaid for so many days."""
    Subscription.objects.update_or_create(
        tenant_id=console.tenant.id,
        defaults={
            "schema": console.tenant.schema_name,
            "plan": Plan.objects.get(code="start"),
            "state": Subscription.State.PAST_DUE,
            "past_due_since": clock.now() - timedelta(days=days),
        },
    )
    selectors.known_terms.clear()


def test_an_owner_chooses_a_plan_and_names_a_card(console: ShopConsole, sandbox: RunningSandbox) -> None:
    owner = console.browser()
    page = owner.get("/console/plan/").content.decode()
    assert "By agreement" in page
    assert "Try 14 days free" in page
    answer = owner.confirm("/console/plan/", act="choose", plan="grow")
    # A form may not lead to another host (CSP form-action), so a link does.
    assert answer.headers["Location"] == "/console/plan/"
    answer = owner.get("/console/plan/card/")
    assert answer.headers["Location"].startswith(f"{sandbox.url}/portal/")
    requests.post(
        answer.headers["Location"], data={"card": "pm_card_visa"}, timeout=60, allow_redirects=False
    )
    page = owner.get("/console/plan/").content.decode()
    assert "on trial" in page
    assert "1 % of the goods paid" in page
    assert row_of_house(console).plan.code == "grow"


def row_of_house(console: ShopConsole) -> Subscription:
    """The shop's subscription."""
    return row_of(console.tenant)


def test_an_upgrade_is_seen_before_it_is_made(console: ShopConsole) -> None:
    subscribe(console)
    owner = console.browser()
    page = owner.post("/console/plan/", act="preview", plan="grow").content.decode()
    assert "Go over to Grow" in page
    offer = page.split("To be paid now")[1].split("</form>")[0]
    assert "CN¥999.00 a month and 1 % of the goods paid" in page.split("Go over to")[1], (
        "what it costs afterwards"
    )
    assert "Grow: nothing while the trial lasts" in page
    fields = dict(re.findall(r'name="(plan|at|expected)" value="([^"]*)"', offer))
    assert row_of_house(console).plan.code == "start"
    answer = owner.post("/console/plan/", act="change", **fields)
    assert (answer.status_code, row_of_house(console).plan.code) == (302, "grow")


def test_what_an_offer_lists_adds_up(console: ShopConsole, sandbox: RunningSandbox) -> None:
    Plan.objects.update(trial_days=0)
    subscribe(console, "grow")
    subscription_services.sync(tenant_id=console.tenant.id)
    subscription_services.pay_open_invoice(tenant=console.tenant, acting_user="Alice")
    owner = console.browser()
    page = owner.post("/console/plan/", act="preview", plan="scale").content.decode()
    assert "Grow: the rest of the paid month, given back" in page
    assert "Scale: until the end of the paid month" in page
    assert re.search(r"Change the plan and pay CN¥[12],\d{3}\.\d\d<", page)
    page = owner.post("/console/plan/", act="preview", plan="start").content.decode()
    rows = re.findall(r">(-?)CN¥([\d,.]+)</td>", page.split("Go over to")[1].split("</table>")[0])
    credit, charge, kept, due = (
        int(f"{sign}{text.replace(',', '').replace('.', '')}") for sign, text in rows
    )
    assert (credit + charge + kept, due) == (0, 0), "cheaper: the rest is kept for the next bills"
    assert "Kept for the next bills" in page


def test_a_declined_card_is_explained_in_our_words(console: ShopConsole) -> None:
    Plan.objects.update(trial_days=0)
    subscribe(console)
    subscription_services.sync(tenant_id=console.tenant.id)
    choose_card(console.tenant, "pm_card_chargeCustomerFail")
    owner = console.browser()
    owner.confirm("/console/plan/", act="pay")
    page = owner.get("/console/plan/").content.decode()
    assert "The card was declined. Try another card or ask your bank." in page
    assert "Your card was declined" not in page, "the biller's words are English only"


@pytest.mark.parametrize("at", ["99999999999999", "9" * 30, "-1", "1.5", "x", ""])
def test_an_offer_with_an_impossible_moment_changes_nothing(console: ShopConsole, at: str) -> None:
    subscribe(console)
    answer = console.browser().post("/console/plan/", act="change", plan="grow", at=at, expected="1")
    assert (answer.status_code, row_of_house(console).plan.code) == (302, "start")


def test_only_those_who_may_change_the_plan(console: ShopConsole) -> None:
    for role in (roles.MANAGER, roles.FINANCE):
        browser = console.browser(role)
        assert browser.get("/console/plan/").status_code == 200
        browser.post("/console/plan/", act="choose", plan="grow")
    assert console.browser(roles.SUPPORT).get("/console/plan/").status_code == 403
    assert not Subscription.objects.exists()


def test_a_biller_out_of_reach_is_said(console: ShopConsole, sandbox: RunningSandbox) -> None:
    sandbox.break_next("/v1/customers", times=3)
    owner = console.browser()
    owner.confirm("/console/plan/", act="choose", plan="grow")
    assert "does not answer at present" in owner.get("/console/plan/").content.decode()


def test_an_unpaid_shop_can_only_be_read(console: ShopConsole) -> None:
    owner, visitor = console.browser(), Browser("alice.localhost")
    fall_behind(console, 8)
    assert "this shop takes no orders" in owner.get("/console/").content.decode()
    refused = owner.post("/console/brand/", primary="#ff0000")
    assert (refused.status_code, refused.headers["Location"]) == (302, "/console/plan/")
    page = owner.get("/console/plan/").content.decode()
    assert "Nothing was changed" in page
    assert "can only be read" in page
    assert visitor.get("/").status_code == 200
    answer = visitor.post("/checkout/")
    assert answer.status_code == 503
    assert "takes no new orders at present" in answer.content.decode()
    with in_tenant(console.tenant), pytest.raises(PlanRefuses, match="takes no new orders") as caught:
        order_services.place_partner_order(
            tenant=console.tenant, lines=[], ship_to={}, reference="", idempotency_key="k"
        )
    assert caught.value.status == 402


def test_a_suspended_shop_is_closed_and_opens_when_paid(console: ShopConsole) -> None:
    visitor = Browser("alice.localhost")
    assert visitor.get("/").status_code == 200
    assert visitor.get("/").status_code == 200, "a kept page"
    fall_behind(console, 22)
    closed = visitor.get("/")
    assert closed.status_code == 503
    assert "closed at present" in closed.content.decode()
    assert visitor.get("/theme.css").status_code == 200
    assert visitor.get("/account/login/").status_code == 200
    assert visitor.get("/orders/").status_code == 302, "to the sign-in, as ever"
    owner = console.browser()
    assert "closed to members until its plan is paid" in owner.get("/console/plan/").content.decode()
    Subscription.objects.update(state="active", past_due_since=None)
    selectors.known_terms.clear()
    assert visitor.get("/").status_code == 200


def test_a_full_shop_takes_no_more_members(console: ShopConsole) -> None:
    fall_behind(console, 0)
    Plan.objects.filter(code="start").update(members=3)
    selectors.known_terms.clear()
    visitor = Browser("alice.localhost")
    answer = visitor.post("/account/signup/", email="new@x.test")
    assert answer.status_code == 503
    assert "takes no new members" in answer.content.decode()
    assert usage.used(console.tenant.id, Metric.MEMBERS) >= 3


def test_the_central_team_sees_and_agrees(console: ShopConsole, central_team: Browser) -> None:
    fall_behind(console, 8)
    listed = central_team.get("/console/plans/subscription/").content.decode()
    assert "only to be read" in listed
    assert "not paid" in listed
    row = row_of_house(console)
    assert central_team.get(f"/console/plans/subscription/{row.id}/change/").status_code == 200
    form = {"plan": "agreement", "fee_bp": "250", "card_fee_bearer": "shop", "reason": "a partner of ours"}
    assert central_team.post(f"/console/plans/{row.id}/agree/", **form).status_code == 302
    assert (row_of_house(console).state, selectors.fee_bp_of(console.tenant.id)) == ("active", 250)
    assert selectors.bears_card_fees(console.tenant.id)
    entry = AuditEntry.objects.get(action="plan.agreed")
    assert (entry.reason, entry.changes["fee_bp"]) == ("a partner of ours", 250)


def test_the_central_team_makes_plans(central_team: Browser, db: None) -> None:
    content: dict[str, Any] = {
        "name_zh-hans": "小店版",
        "name_en": "Corner",
        "code": "corner",
        "price": "9900",
        "currency": "CNY",
        "fee_bp": "300",
        "card_fee_bearer": "shop",
        "card_fee_bp": "290",
        "trial_days": "0",
        "members": "50",
        "position": "1",
        "is_offered": "on",
    }
    answer = central_team.post("/console/plans/plan/add/", **content)
    assert answer.status_code == 302
    plan = Plan.objects.get(code="corner")
    assert (plan.members, plan.card_fee_bearer, plan.card_fee_bp) == (50, "shop", 290)
    assert "99.00" in central_team.get("/console/plans/plan/").content.decode()
    assert AuditEntry.objects.filter(object_type="plans.plan", action="added").count() == 1
