"""What an order gives to whom, and what a refund claws back."""

import pytest
from django.db import IntegrityError, transaction

from kernel.errors import NotFound
from kernel.tenancy import in_tenant
from tenants.agents.bindings import selectors as binding_selectors
from tenants.agents.bindings import services as binding_services
from tenants.agents.circles import selectors as circle_selectors
from tenants.agents.earnings import selectors as earning_selectors
from tenants.agents.earnings import services as earning_services
from tenants.agents.members import selectors as member_selectors
from tenants.agents.models import Earning, Member, Sale
from tenants.agents.rules import presets
from tenants.agents.rules.splitting.split import split_order
from tenants.agents.rules_versions import selectors as rules_version_selectors
from tenants.registry.models import Tenant
from tests.agents.people import bound, buy, make_member, refund, switch_on
from tests.agents.sales import line, order, undivided
from tests.support.build import make_tenant


class TestEarnings:
    def test_an_order_is_recorded_once_and_explains_itself(self, tenant: Tenant) -> None:
        switch_on("local-life")
        bob = make_member("bob")
        carol = bound("carol", bob)
        order_id = buy(bound("fan", carol))
        _version, active = rules_version_selectors.active_rules()
        with transaction.atomic():
            split = split_order(order(line(1, 1)), binding_selectors.chain_of(None), active)
            earning_services.record(
                order_id=order_id,
                order_number="N",
                currency="CNY",
                split=split,
                portions=undivided(split),
            )
        earnings = earning_selectors.earnings_of(order_id)
        assert [(earning.payee_id, earning.level, earning.amount) for earning in earnings] == [
            (str(carol.pk), 1, 1_500),
            (str(bob.pk), 2, 500),
            (str(tenant.id), 0, 3_000),
        ]
        assert earnings[0].why["en"] == (
            "15.00 = 30 % of 50.00 margin, as first sharer, rule `first`, version 1"
        )
        assert Sale.objects.count() == 1

    def test_a_first_order_is_first_once(self, tenant: Tenant) -> None:
        switch_on(
            "name: x\nearn: [{id: a, kind: commission, payee: sharer, fixed: 5, when: {first_order: true}}]\n"
            "limits: {payout: {percent: 100}}\ntax: {commission: withheld_by_platform}\n"
        )
        fan = bound("fan", make_member("bob"))
        assert [len(earning_selectors.earnings_of(buy(fan))) for _order in range(2)] == [2, 1]

    def test_running_orders_keep_their_version(self, tenant: Tenant) -> None:
        switch_on("local-life")
        fan = bound("fan", make_member("bob"))
        before = rules_version_selectors.active_rules()
        switch_on(presets.source("local-life").replace("percent: 30", "percent: 20"))
        assert rules_version_selectors.rules_of(before[0]) == before[1]
        assert earning_selectors.earnings_of(buy(fan))[0].amount == 1_000

    def test_partial_refunds_and_then_the_rest_leave_nothing(self, tenant: Tenant) -> None:
        switch_on("local-life")
        fan = bound("fan", bound("carol", make_member("bob")))
        order_id = buy(fan, paid=9_999, cost=5_001)
        assert refund(order_id, 3_333) == 4_998 * 3_333 // 9_999
        assert {earning.state for earning in earning_selectors.earnings_of(order_id)} == {"pending"}
        with pytest.raises(IntegrityError), transaction.atomic():
            refund(order_id, 6_667)
        refund(order_id, 1)
        refund(order_id)
        assert all(
            earning.clawed_back == earning.amount for earning in earning_selectors.earnings_of(order_id)
        )
        assert {earning.state for earning in earning_selectors.earnings_of(order_id)} == {"reversed"}
        assert refund(order_id) == 0
        assert Sale.objects.get().refunded == 9_999

    def test_the_database_knows_what_a_share_may_be(self, tenant: Tenant) -> None:
        switch_on("local-life")
        fan = bound("fan", make_member("bob"))
        buy(fan)
        earning = Earning.objects.get(kind="commission")
        for change in (
            {"amount": -1},
            {"level": 3},
            {"clawed_back": earning.amount + 1},
            {"payee": None},
            {"kind": "service_fee"},
            {"state": "reversed"},
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                Earning.objects.filter(pk=earning.pk).update(**change)
        with pytest.raises(IntegrityError), transaction.atomic():
            Member.objects.filter(pk=fan.pk).update(bound_to=fan.pk)

    def test_the_circle_shows_fans_earnings_and_why_but_no_address(self, tenant: Tenant) -> None:
        switch_on("local-life")
        bob = make_member("bob")
        fan = bound("fanny", bob)
        first, second = buy(fan), buy(fan)
        refund(first)
        circle = circle_selectors.circle_of(bob.user)
        assert (circle.code, circle.link_path) == (bob.referral_code, f"/?s={bob.referral_code}")
        assert [(row.name, row.orders, row.spent) for row in circle.fans] == [("fa***", 2, 10_000)]
        assert [(row.amount, row.clawed_back, row.state) for row in circle.earnings] == [
            (1_500, 0, "pending"),
            (1_500, 1_500, "reversed"),
        ]
        assert circle.earnings[0].order_number == Sale.objects.get(pk=second).order_number
        assert (circle.totals.pending, circle.totals.clawed_back, circle.totals.fan_sales) == (
            1_500,
            1_500,
            10_000,
        )
        assert [role.id for role in circle.roles] == ["promoter"]
        assert member_selectors.member_names([str(bob.pk), ""]) == {bob.pk: "bob"}

    def test_sharing_earns_what_a_newcomer_would_bring(self, tenant: Tenant) -> None:
        switch_on("local-life")
        goods = [line(10_000, 5_000)]
        assert binding_selectors.sharing_earns(make_member("bob").user, goods) == 1_500
        assert binding_selectors.sharing_earns(None, goods) == 1_500
        assert member_selectors.newcomer().roles == {"promoter"}


def test_two_shops_know_nothing_of_each_other(db: None) -> None:
    ours, theirs = make_tenant(), make_tenant("charlie.localhost")
    with in_tenant(ours):
        switch_on("local-life")
        bob = make_member("bob")
        order_id, user = buy(bound("fan", bob)), bob.user
    with in_tenant(theirs):
        assert rules_version_selectors.active_rules()[0] == 0
        assert earning_selectors.earnings_of(order_id) == []
        with pytest.raises(NotFound), transaction.atomic():
            earning_services.claw_back(order_id=order_id, amounts=[1], goods=1, is_whole=False)
        charlie = make_member("charlie")
        assert not binding_services.bind(member=charlie, code=bob.referral_code, how="link")
        with pytest.raises(NotFound):
            circle_selectors.circle_of(user)
    with in_tenant(ours):
        assert len(earning_selectors.earnings_of(order_id)) == 2
