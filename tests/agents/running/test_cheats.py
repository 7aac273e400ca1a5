"""People who try to earn twice, from themselves, or beyond what a day and a month may give."""

from datetime import datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import OperationalError, connection, transaction

from billing.payments.gateway import ProviderAccount
from billing.payouts.accounts import services as account_services
from billing.payouts.models import PayoutAccount
from kernel import outbox
from kernel.errors import InvalidDocument, InvalidInput
from kernel.models import AuditEntry
from kernel.tenancy import in_public, in_tenant
from tenants.agents import services
from tenants.agents.earnings import limits
from tenants.agents.earnings import services as earning_services
from tenants.agents.models import Earning, RulesVersion, Sale
from tenants.agents.rules.parsing import parse
from tenants.agents.rules.sale import Chain, Person
from tenants.agents.ruleset.services import SignOff, activate_rules
from tests.agents.running.house import House, make_house
from tests.agents.running.threads import in_a_thread

SHARE = """
name: Test
limits: {payout: {percent: 100, of: margin}%s}
tax: {commission: withheld_by_platform}
fraud: {shared_device: note, shared_payout_account: %s}
earn:
  - {id: share, kind: commission, payee: sharer, percent: 10}
"""


class TestSharedPayoutAccounts:
    """The bank tells by a fingerprint that two people are paid to one account."""

    def paid_to(self, house: House, name: str, fingerprint: str) -> None:
        with in_public():
            PayoutAccount.objects.create(
                owner_kind=PayoutAccount.OwnerKind.MEMBER,
                owner_id=house.people[name].pk,
                tenant_id=house.tenant.id,
                external_id=f"acct_{uuid4().hex}",
                fingerprint=fingerprint,
            )

    def house(self, action: str) -> House:
        """Bob and his fan are paid to one account; his other fan to another."""
        house = make_house(SHARE % ("", action))
        for name in ("fan", "other"):
            house.bring(name, "bob")
        for name, fingerprint in (("bob", "one"), ("fan", "one"), ("other", "two")):
            self.paid_to(house, name, fingerprint)
        return house

    def test_refused_means_that_the_shop_keeps_it(self, db: None) -> None:
        house = self.house("refuse")
        assert house.earned(house.buy("fan")) == {"margin": 9_900}
        assert house.earned(house.buy("other"))["share"] == 1_000

    def test_held_means_that_it_waits_after_receipt_until_somebody_decides(self, db: None) -> None:
        house = self.house("hold")
        sale = house.buy("fan")
        with in_tenant(house.tenant):
            with transaction.atomic():
                earning_services.hold(order_id=sale.pk)
            earning = Earning.objects.get(sale_id=sale.pk, kind="commission")
            assert (earning.state, earning.review_reasons) == ("held", ["shared_payout_account"])
        operator = house.owner()
        assert "are paid to one account" in operator.get("/console/earning-reviews/").content.decode()
        operator.post(f"/console/earning-reviews/{earning.pk}/", {"decision": "pay", "reason": "a couple"})
        with in_tenant(house.tenant):
            earning.refresh_from_db()
        assert (earning.state, earning.review_reasons) == ("payable", [])

    @pytest.mark.parametrize(("action", "blocked"), [("hold", True), ("refuse", True), ("note", False)])
    def test_an_account_that_comes_after_the_order_is_looked_at_then(
        self, db: None, action: str, blocked: bool
    ) -> None:
        house = make_house(SHARE % ("", action))
        house.bring("fan", "bob")
        self.paid_to(house, "bob", "one")
        self.paid_to(house, "fan", "")
        sale = house.buy("fan")
        account = PayoutAccount.objects.get(fingerprint="")
        news = ProviderAccount(str(account.external_id), True, True, bank_fingerprint="one")
        for _time in range(2):
            with in_public(), transaction.atomic():
                account_services.apply_account(news)
            while outbox.relay():
                pass
        with in_tenant(house.tenant):
            earning = Earning.objects.get(sale_id=sale.pk, kind="commission")
            noted = [(one["member"], one["action"]) for one in Sale.objects.get(pk=sale.pk).suspicions]
        assert earning.review_reasons == (["shared_payout_account"] if blocked else [])
        assert noted == [(str(house.member("bob").pk), "hold" if blocked else "note")]

    def test_noted_means_that_it_is_paid_and_written_down(self, db: None) -> None:
        house = self.house("note")
        sale = house.buy("fan")
        assert house.earned(sale)["share"] == 1_000
        with in_tenant(house.tenant):
            found = Sale.objects.get(pk=sale.pk).suspicions
        assert [(one["kind"], one["action"]) for one in found] == [("shared_payout_account", "note")]

    def test_another_shops_accounts_say_nothing_here(self, db: None) -> None:
        house = make_house(SHARE % ("", "refuse"))
        house.bring("fan", "bob")
        self.paid_to(house, "bob", "one")
        with in_public():
            PayoutAccount.objects.create(
                owner_kind=PayoutAccount.OwnerKind.MEMBER,
                owner_id=house.people["fan"].pk,
                tenant_id=uuid4(),
                external_id=f"acct_{uuid4().hex}",
                fingerprint="one",
            )
        assert house.earned(house.buy("fan"))["share"] == 1_000


class TestLimitsAreSettledOneByOne:
    @pytest.mark.parametrize(
        ("limit", "waits"),
        [("per_person_day: 15", {"bob"}), ("budget_month: 15", {"bob", "eve"})],
    )
    def test_who_draws_on_the_same_limit_waits(self, own_database: str, limit: str, waits: set[str]) -> None:
        """A sale that is being settled holds back those that would count without it, and no others."""
        house = make_house(SHARE % (f", {limit}", "note"))
        rules = parse(SHARE % (f", {limit}", "note"))
        people = {name: Person(str(house.member(name).pk)) for name in ("bob", "eve")}

        def count(name: str) -> bool:
            """Whether another connection has to wait to count what ``name`` has earned."""
            with in_tenant(house.tenant), transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("SET LOCAL lock_timeout = '100ms'")
                try:
                    limits.count_spent(Chain(Person("x"), people[name]), rules)
                except OperationalError:
                    return True
            return False

        with in_tenant(house.tenant), transaction.atomic():
            limits.count_spent(Chain(Person("x"), people["bob"]), rules)
            found = {name for name in people if in_a_thread(count, name)}
        assert found == waits

    def test_what_was_refused_gave_nothing(self, db: None) -> None:
        house = make_house(SHARE % (", per_person_day: 15, budget_month: 15", "note"))
        house.bring("fan", "bob")
        first = house.buy("fan")
        operator = house.owner()
        assert operator
        with in_tenant(house.tenant):
            earning = Earning.objects.get(sale_id=first.pk, kind="commission")
            earning_services.refuse(
                earning_id=earning.pk, reason="one person", acting_user=house.people["owner"]
            )
        assert house.earned(house.buy("fan"))["share"] == 1_000


LADDER = """
name: Ladder
roles:
  - id: keeper
    name: Keeper
    reach: {metric: own_sales, at_least: 150, window: {calendar: month}}
  - {id: promoter, name: Promoter}
join: {who: buyers, grants: [promoter]}
earn:
  - {id: share, kind: commission, payee: sharer, percent: 10, when: {payee_roles: [keeper]}}
limits: {payout: {percent: 100, of: margin}}
tax: {commission: withheld_by_platform}
"""
SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(text: str) -> time_machine.travel:
    """Stop the clock at a moment of the shop's time zone."""
    return time_machine.travel(datetime.fromisoformat(text).replace(tzinfo=SHANGHAI), tick=False)


class TestRolesOfRefundedSales:
    def test_a_role_goes_with_the_sale_that_reached_it_and_says_so(self, db: None) -> None:
        house = make_house(LADDER)
        house.bring("fan", "bob")
        house.buy("fan")
        last = house.buy("fan")
        assert house.roles("bob") == ["keeper"]
        house.refund(last, 4_000)
        assert house.roles("bob") == ["keeper"], "160.00 are left"
        house.refund(last)
        assert house.roles("bob") == []
        page = house.browser("bob").get("/circle/").content.decode()
        assert "after a refund: goods bought by own fans: 100.00, 150.00 needed" in page
        house.buy("fan")
        assert house.roles("bob") == ["keeper"]

    def test_a_role_stays_if_other_sales_reached_it_since_in_a_month_that_is_over(self, db: None) -> None:
        with at("2026-10-10 09:00"):
            house = make_house(LADDER)
            house.bring("fan", "bob")
            early = house.buy("fan", 2)
        with at("2026-10-20 09:00"):
            house.buy("fan", 2)
        with at("2026-11-05 09:00"):
            house.refund(early)
            assert house.roles("bob") == ["keeper"]

    def test_the_rules_of_the_day_decide(self, db: None) -> None:
        house = make_house(LADDER)
        house.bring("fan", "bob")
        house.buy("fan", 2)
        small = house.buy("fan")
        house.switch_on(LADDER.replace("at_least: 150", "at_least: 900"))
        house.refund(small)
        assert house.roles("bob") == ["keeper"]

    def test_who_gives_everything_back_has_bought_nothing(self, db: None) -> None:
        house = make_house(LADDER)
        first, second = house.buy("ann"), house.buy("ann")
        assert house.roles("ann") == ["promoter"]
        house.refund(first)
        assert house.roles("ann") == ["promoter"]
        house.refund(second)
        assert house.roles("ann") == []

    def test_what_the_shop_gave_by_hand_stays(self, db: None) -> None:
        house = make_house(LADDER)
        house.bring("fan", "bob")
        member = house.member("bob")
        with in_tenant(house.tenant):
            services.grant_role(member=member, role="keeper", acting_user=None)
        sale = house.buy("fan", 2)
        house.refund(sale)
        assert house.roles("bob") == ["keeper"]


TWO_LEVELS = """
name: Two levels
earn:
  - {id: share, kind: commission, payee: sharer, percent: 5}
  - {id: second, kind: commission, payee: second, percent: 2}
limits: {payout: {percent: 100, of: margin}}
tax: {commission: withheld_by_platform}
"""


class TestSignatures:
    @pytest.mark.parametrize("sign_off", [SignOff(by=" ", reason="fine"), SignOff(by="Dana", reason="")])
    def test_a_signature_without_a_name_or_a_reason_is_none(self, db: None, sign_off: SignOff) -> None:
        house = make_house(SHARE % ("", "note"))
        with in_tenant(house.tenant):
            with pytest.raises(InvalidInput):
                activate_rules(document=TWO_LEVELS, acting_user=None, sign_off=sign_off)
            assert RulesVersion.objects.count() == 1

    def test_no_signature_stands_for_what_is_refused(self, db: None) -> None:
        house = make_house(SHARE % ("", "note"))
        refused = TWO_LEVELS + "rewards_per_head: [{amount: 9}]\n"
        with in_tenant(house.tenant), pytest.raises(InvalidDocument):
            activate_rules(document=refused, acting_user=None, sign_off=SignOff("Dana", "an exception"))

    def test_the_log_names_who_signed_and_why(self, db: None) -> None:
        house = make_house(SHARE % ("", "note"))
        with in_tenant(house.tenant):
            activate_rules(document=TWO_LEVELS, acting_user=None, sign_off=SignOff("Dana", "sale-linked"))
            entry = AuditEntry.objects.filter(action="rules.activated").latest("id")
        assert (entry.actor_label, entry.reason) == ("Dana", "sale-linked")
        assert entry.changes["signed_off"][0]["by"] == "Dana"
