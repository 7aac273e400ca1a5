"""Versions of the rules: switched on, signed off, kept."""

import pytest
import time_machine
from django.db import connection, transaction

from kernel.errors import Conflict, InvalidDocument, NotFound
from kernel.models import AuditEntry
from tenants.agents.earnings import selectors as earning_selectors
from tenants.agents.models import RulesVersion
from tenants.agents.rules import presets
from tenants.agents.rules_versions import selectors as rules_version_selectors
from tenants.registry.models import Tenant
from tests.agents.people import SIGNED, bound, buy, make_member, switch_on
from tests.support.refused import refused_by


class TestRules:
    def test_without_rules_nobody_earns_and_orders_are_still_split(self, tenant: Tenant) -> None:
        assert rules_version_selectors.active_rules()[0] == 0
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
        assert rules_version_selectors.active_rules()[0] == 2
        assert (
            rules_version_selectors.rules_of(1).document.name == presets.rules("deposit-club").document.name
        )
        with pytest.raises(NotFound):
            rules_version_selectors.rules_of(3)

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
            assert rules_version_selectors.active_rules()[0] == 1
        with time_machine.travel("2026-11-24 15:59Z", tick=False):
            assert rules_version_selectors.active_rules()[0] == 1
        with time_machine.travel("2026-11-24 16:00Z", tick=False):
            assert rules_version_selectors.active_rules()[0] == 2

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
