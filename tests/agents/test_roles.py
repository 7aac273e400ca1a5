"""Roles reached, granted and lost in a tenant's schema."""

from typing import Any

import pytest
import time_machine

from accounts import roles
from kernel.errors import InvalidInput
from kernel.ids import new_id
from kernel.models import AuditEntry
from tenants.agents.bindings import selectors as binding_selectors
from tenants.agents.earnings import selectors as earning_selectors
from tenants.agents.earnings import services as earning_services
from tenants.agents.roles import services as role_services
from tenants.agents.rules.splitting.split import split_order
from tenants.agents.rules_versions import selectors as rules_version_selectors
from tenants.registry.models import Tenant
from tests.agents.people import bound, buy, make_member, switch_on
from tests.agents.sales import line, order, undivided
from tests.support.build import make_user


class TestLadder:
    @pytest.mark.slow
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
        assert top.role_facts["shopkeeper"]["why"]["zh-hans"] == "锁粉人数 10，达到 10"

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
        _version, active = rules_version_selectors.active_rules()
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
