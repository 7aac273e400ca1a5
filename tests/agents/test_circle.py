"""Binding, roles, earnings and versions in a tenant's schema. Alice runs the shop; Bob and Carol are in."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction

from accounts import roles
from kernel import clock
from kernel.errors import Conflict, InvalidDocument, InvalidInput, NotFound
from kernel.ids import new_id
from kernel.models import AuditEntry
from kernel.tenancy import in_tenant
from tenants.agents.bindings import selectors as binding_selectors
from tenants.agents.bindings import services as binding_services
from tenants.agents.circles import selectors as circle_selectors
from tenants.agents.earnings import selectors as earning_selectors
from tenants.agents.earnings import services as earning_services
from tenants.agents.members import selectors as member_selectors
from tenants.agents.models import Earning, Member, RulesVersion, Sale
from tenants.agents.roles import services as role_services
from tenants.agents.rules.reversal import give_back
from tenants.agents.rules.split import split_order
from tenants.agents.ruleset import presets
from tenants.agents.ruleset import selectors as ruleset_selectors
from tenants.registry.models import Tenant
from tests.agents.people import SIGNED, buy, make_member, switch_on
from tests.agents.sales import line, order, undivided
from tests.build import make_tenant, make_user
from tests.refused import refused_by


@pytest.fixture
def tenant(db: None) -> Iterator[Tenant]:
    tenant = make_tenant()
    with in_tenant(tenant):
        yield tenant


def bound(name: str, to: Member) -> Member:
    fan = make_member(name)
    assert binding_services.bind(member=fan, code=to.referral_code, how="link")
    return fan


def left(member: Member) -> int:
    invites = circle_selectors.circle_of(member.user).invites
    assert invites is not None
    return invites.left


def refund(order_id: UUID, amount: int | None = None) -> int:
    """Take the earnings of so much of the goods paid back, as a refund of the order does."""
    sale = Sale.objects.get(pk=order_id)
    open_amount = sale.paid - sale.refunded
    goods = open_amount if amount is None else amount
    clawed_back = give_back(
        [earning.left for earning in sale.earnings.order_by("position")], open_amount, goods
    )
    with transaction.atomic():
        earning_services.claw_back(
            order_id=order_id, amounts=clawed_back, goods=goods, is_whole=goods == open_amount
        )
    return sum(clawed_back)


class TestRules:
    def test_without_rules_nobody_earns_and_orders_are_still_split(self, tenant: Tenant) -> None:
        assert ruleset_selectors.active_rules()[0] == 0
        fan = bound("fan", make_member("bob"))
        earnings = earning_selectors.earnings_of(buy(fan))
        assert [(earning.kind, earning.amount, earning.payee_id) for earning in earnings] == [
            ("margin", 5_000, str(tenant.id))
        ]

    def test_the_same_document_again_is_the_same_version(self, tenant: Tenant) -> None:
        first = switch_on("deposit-club")
        assert switch_on("deposit-club").number == first.number == 1
        assert switch_on(presets.rules("deposit-club").as_yaml()).number == 1
        assert switch_on("share-lock").number == 2
        assert ruleset_selectors.active_rules()[0] == 2
        assert ruleset_selectors.rules_of(1).document.name == presets.rules("deposit-club").document.name
        with pytest.raises(NotFound):
            ruleset_selectors.rules_of(3)

    def test_amounts_of_another_currency_are_refused_and_percents_are_not(self, tenant: Tenant) -> None:
        Tenant.objects.filter(pk=tenant.pk).update(currency="USD")
        tenant.currency = "USD"
        with pytest.raises(InvalidDocument) as caught:
            switch_on("deposit-club")
        assert caught.value.faults[0].field == "join.deposit.amount"
        assert switch_on("local-life").number == 1

    def test_a_version_may_begin_on_a_later_day_of_the_shops_own_time_zone(self, tenant: Tenant) -> None:
        with time_machine.travel("2026-11-20 12:00Z", tick=False):
            switch_on("name: first")
            switch_on("name: second\neffective_from: 2026-11-25\n")
            assert ruleset_selectors.active_rules()[0] == 1
        with time_machine.travel("2026-11-24 15:59Z", tick=False):
            assert ruleset_selectors.active_rules()[0] == 1
        with time_machine.travel("2026-11-24 16:00Z", tick=False):
            assert ruleset_selectors.active_rules()[0] == 2

    def test_the_text_as_written_is_kept_with_its_comments(self, tenant: Tenant) -> None:
        assert switch_on("deposit-club").source == presets.source("deposit-club")

    @pytest.mark.parametrize(
        "sql", ["UPDATE agents_rulesversion SET source = ''", "DELETE FROM agents_rulesversion"]
    )
    def test_the_database_refuses_to_change_history(self, tenant: Tenant, sql: str) -> None:
        switch_on("deposit-club")
        with (
            refused_by("kernel.append_only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(sql)

    def test_a_fault_carries_field_line_and_remedy(self, tenant: Tenant) -> None:
        with pytest.raises(InvalidDocument) as caught:
            switch_on("name: x\nearn:\n  - {id: a, kind: commission, payee: sharer, percent: -5}\n")
        fault = caught.value.faults[0]
        assert (fault.field, fault.line, fault.value, fault.code) == ("earn[0].percent", 3, "-5", "negative")
        assert fault.remedy
        assert not RulesVersion.objects.exists()

    def test_refused_rules_cannot_be_switched_on_even_with_a_signature(self, tenant: Tenant) -> None:
        pack = "name: pack\njoin: {fee: {amount: 398, buys: goods}}\nrewards_per_head: [{amount: 100}]\n" + (
            "earn: [{id: a, kind: commission, payee: sharer, percent: 5}]\n"
        )
        with pytest.raises(InvalidDocument) as caught:
            switch_on(pack)
        assert {"entry_fee", "head_reward"} <= {fault.code for fault in caught.value.faults}
        assert all(fault.details["article"] and fault.details["patch"] for fault in caught.value.faults)
        assert not RulesVersion.objects.exists()

    def test_a_second_level_needs_a_name_that_is_kept_and_covers_nothing_else(self, tenant: Tenant) -> None:
        with pytest.raises(Conflict) as caught:
            switch_on("local-life", sign_off=None)
        assert caught.value.code == "needs_sign_off"
        assert len(caught.value.details["findings"]) == 3
        assert not RulesVersion.objects.exists()
        version = switch_on("local-life")
        assert {entry["by"] for entry in version.signed_off} == {"Lin Xiao"}
        audited = AuditEntry.objects.get(action="rules.activated")
        assert (audited.reason, audited.schema) == (SIGNED.reason, tenant.schema_name)
        text = presets.source("local-life")
        assert switch_on(text.replace("本地生活", "同城生活"), sign_off=None).number == 2
        with pytest.raises(Conflict):
            switch_on(text.replace("percent: 10", "percent: 20"), sign_off=None)


class TestBinding:
    def test_the_first_visit_wins_and_nobody_is_bound_to_themselves(self, tenant: Tenant) -> None:
        switch_on("share-lock")
        bob, carol, fan = make_member("bob"), make_member("carol"), make_member("fan")
        assert not binding_services.bind(member=bob, code=bob.referral_code, how="link")
        assert not binding_services.bind(member=fan, code="NOSUCH2", how="link")
        assert not binding_services.bind(member=fan, code=bob.referral_code, how="code")
        assert binding_services.bind(member=fan, code=bob.referral_code.lower(), how="link")
        assert not binding_services.bind(member=fan, code=carol.referral_code, how="link")
        fan.refresh_from_db()
        assert (fan.bound_to, fan.bound_by, fan.bound_until) == (bob, "link", None)

    def test_invitations_are_scarce_and_earned_with_own_sales(self, tenant: Tenant) -> None:
        switch_on("invitation-quota")
        bob = make_member("bob")
        assert bob.roles == []

        def invite(nick: str) -> bool:
            return binding_services.bind(member=make_member(nick), code=bob.referral_code, how="code")

        assert [invite(f"fan{number}") for number in range(4)] == [True, True, True, False]
        assert Member.objects.get(user__email="fan0@example.test").roles == ["promoter"]
        assert Member.objects.get(user__email="fan3@example.test").roles == []
        buyer = Member.objects.get(user__email="fan0@example.test")
        order_id = buy(buyer, paid=199_999)
        assert (left(bob), invite("fan4")) == (0, False)
        buy(buyer, paid=1)
        assert (left(bob), invite("fan5"), invite("fan6")) == (1, True, False)
        refund(order_id)
        assert left(bob) == 0
        assert not binding_services.bind(member=make_member("late"), code=bob.referral_code, how="link")

    def test_the_first_purchase_makes_a_promoter_where_buying_does(self, tenant: Tenant) -> None:
        switch_on("buy-anything")
        bob = make_member("bob")
        assert bob.roles == []
        buy(bob)
        bob.refresh_from_db()
        assert bob.roles == ["promoter"]

    def test_binding_never_closes_a_circle(self, tenant: Tenant) -> None:
        top = make_member("top")
        below = bound("below", bound("middle", top))
        assert not binding_services.bind(member=top, code=below.referral_code, how="link")
        top.refresh_from_db()
        assert top.bound_to is None

    def test_a_binding_for_days_ends_and_may_be_taken_over_if_the_rules_say_so(self, tenant: Tenant) -> None:
        switch_on("name: x\nbind: {days: 30, takeover: after_expiry}\n")
        bob, carol = make_member("bob"), make_member("carol")
        fan = bound("fan", bob)
        with time_machine.travel(clock.now() + timedelta(days=29), tick=False):
            assert not binding_services.bind(member=fan, code=carol.referral_code, how="link")
            assert binding_selectors.chain_of(fan.user).sharer
        with time_machine.travel(clock.now() + timedelta(days=31), tick=False):
            assert binding_selectors.chain_of(fan.user).sharer is None
            assert binding_services.bind(member=fan, code=carol.referral_code, how="link")

    def test_the_chain_is_the_whole_line_nearest_first_and_survives_json(self, tenant: Tenant) -> None:
        switch_on("deposit-club")
        provider = make_member("provider", company=True)
        provider = role_services.grant_role(member=provider, role="provider", acting_user=None)
        bob = bound("bob", provider)
        fan = bound("fan", bob)
        chain = binding_selectors.chain_of(fan.user)
        assert [person.id for person in chain.above] == [str(bob.pk), str(provider.pk)]
        assert (chain.sharer, chain.second) == chain.above
        assert chain.above[1].company
        assert chain.above[1].roles == {"provider"}
        assert binding_selectors.chain_from_json(binding_selectors.chain_to_json(chain)) == chain
        nobody = binding_selectors.chain_of(None)
        assert binding_selectors.chain_from_json(binding_selectors.chain_to_json(nobody)) == nobody
        assert binding_selectors.chain_from_json({}) == nobody


class TestLadder:
    def test_the_tenth_fan_makes_a_shopkeeper_and_the_tenth_shopkeeper_a_manager(
        self, tenant: Tenant
    ) -> None:
        switch_on("share-lock")
        top = make_member("top")
        keepers = [bound(f"keeper{number}", top) for number in range(10)]
        top.refresh_from_db()
        assert top.roles == ["member", "shopkeeper"]
        for number, keeper in enumerate(keepers):
            for fan in range(10):
                top.refresh_from_db()
                assert "manager" not in top.roles
                bound(f"fan{number}-{fan}", keeper)
        top.refresh_from_db()
        assert top.roles == ["member", "shopkeeper", "manager"]
        assert top.role_facts["shopkeeper"]["why"]["zh-hans"] == "绑定粉丝数 10，达到 10"

    def test_the_order_that_reaches_a_hundred_thousand_makes_the_provider(self, tenant: Tenant) -> None:
        switch_on("deposit-club")
        company = make_member("company", company=True)
        person = make_member("person")
        fans = [bound("fan1", company), bound("fan2", person)]
        for fan in fans:
            buy(fan, paid=9_999_999, cost=0)
        company.refresh_from_db()
        assert company.roles == []
        for fan in fans:
            assert [
                earning.kind for earning in earning_selectors.earnings_of(buy(fan, paid=100, cost=0))
            ] == ["margin"]
        company.refresh_from_db()
        person.refresh_from_db()
        assert (company.roles, person.roles) == (["provider"], [])
        assert company.role_facts["provider"]["why"]["en"] == (
            "goods bought by own fans: 100000.99, 100000.00 needed"
        )
        paid = earning_selectors.earnings_of(buy(fans[0], paid=10_000, cost=0))
        assert [(earning.kind, earning.amount) for earning in paid] == [
            ("service_fee", 500),
            ("margin", 9_500),
        ]

    def test_sales_count_on_the_shops_own_days_and_only_within_the_window(self, tenant: Tenant) -> None:
        with time_machine.travel("2026-08-01 00:00Z", tick=False):
            switch_on("deposit-club")
            company = make_member("company", company=True)
            fan = bound("fan", company)
        # 16:00 UTC is the next day in Shanghai: the 23rd is in a window up to 22 November, the 22nd not.
        for moment, paid in (("2026-08-22 15:59Z", 900_000), ("2026-08-22 16:00Z", 9_000_000)):
            with time_machine.travel(moment, tick=False):
                buy(fan, paid=paid, cost=0)
        with time_machine.travel("2026-11-22 01:00Z", tick=False):
            buy(fan, paid=999_999, cost=0)
            company.refresh_from_db()
            assert company.roles == []
            buy(fan, paid=1, cost=0)
            company.refresh_from_db()
            assert company.roles == ["provider"]

    def test_recording_an_order_costs_few_statements(
        self, tenant: Tenant, django_assert_max_num_queries: Any
    ) -> None:
        switch_on("share-lock")
        fan = bound("fan", bound("carol", make_member("bob")))
        _version, active = ruleset_selectors.active_rules()
        split = split_order(order(line(10_000, 5_000)), binding_selectors.chain_of(fan.user), active)
        with django_assert_max_num_queries(5):
            earning_services.record(
                order_id=new_id(),
                order_number="N",
                currency="CNY",
                split=split,
                portions=undivided(split),
            )

    def test_a_deposit_is_not_granted_by_coming_and_a_role_by_hand_is_audited(self, tenant: Tenant) -> None:
        switch_on("deposit-club")
        bob = make_member("bob")
        assert bob.roles == []
        alice = make_user("alice@example.test", role=roles.OWNER)
        for _again in range(2):
            bob = role_services.grant_role(member=bob, role="member", acting_user=alice)
        assert bob.roles == ["member"]
        assert AuditEntry.objects.filter(action="role.granted", actor_id=alice.pk).count() == 1
        with pytest.raises(InvalidInput, match="company_number"):
            role_services.grant_role(member=bob, role="provider", acting_user=alice)
        with pytest.raises(InvalidInput, match="role: "):
            role_services.grant_role(member=bob, role="king", acting_user=alice)
        bob = role_services.revoke_role(member=bob, role="member", acting_user=alice, reason="left")
        assert bob.roles == []


class TestEarnings:
    def test_an_order_is_recorded_once_and_explains_itself(self, tenant: Tenant) -> None:
        switch_on("local-life")
        bob = make_member("bob")
        carol = bound("carol", bob)
        order_id = buy(bound("fan", carol))
        _version, active = ruleset_selectors.active_rules()
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
        before = ruleset_selectors.active_rules()
        switch_on(presets.source("local-life").replace("percent: 30", "percent: 20"))
        assert ruleset_selectors.rules_of(before[0]) == before[1]
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
        assert ruleset_selectors.active_rules()[0] == 0
        assert earning_selectors.earnings_of(order_id) == []
        with pytest.raises(NotFound), transaction.atomic():
            earning_services.claw_back(order_id=order_id, amounts=[1], goods=1, is_whole=False)
        charlie = make_member("charlie")
        assert not binding_services.bind(member=charlie, code=bob.referral_code, how="link")
        with pytest.raises(NotFound):
            circle_selectors.circle_of(user)
    with in_tenant(ours):
        assert len(earning_selectors.earnings_of(order_id)) == 2
