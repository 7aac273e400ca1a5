"""People who try to earn twice, from themselves, or beyond what a day and a month may give."""

from datetime import datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import OperationalError, connection, transaction

from billing.payments.gateway import ProviderAccount
from billing.payouts.accounts import services as payout_account_services
from billing.payouts.models import PayoutAccount
from kernel.errors import InvalidDocument, InvalidInput
from kernel.events import outbox
from kernel.models import AuditEntry
from kernel.tenancy import in_public, in_tenant
from tenants.agents.earnings import limits
from tenants.agents.earnings import services as earning_services
from tenants.agents.models import Earning, RulesVersion, Sale
from tenants.agents.roles import services as role_services
from tenants.agents.rules.document.parsing import parse
from tenants.agents.rules.sale.values import Chain, Person
from tenants.agents.rules_versions import services as rules_version_services
from tenants.agents.rules_versions.services import SignOff
from tests.agents.running.rules_shop import RulesShop, make_rules_shop
from tests.agents.running.threads import in_a_thread
from tests.support.questions import press_and_confirm

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

    def paid_to(self, shop: RulesShop, name: str, fingerprint: str) -> None:
        with in_public():
            PayoutAccount.objects.create(
                owner_kind=PayoutAccount.OwnerKind.MEMBER,
                owner_id=shop.people[name].pk,
                tenant_id=shop.tenant.id,
                external_id=f"acct_{uuid4().hex}",
                fingerprint=fingerprint,
            )

    def shop(self, action: str) -> RulesShop:
        """Bob and his fan are paid to one account; his other fan to another."""
        shop = make_rules_shop(SHARE % ("", action))
        for name in ("fan", "other"):
            shop.bring(name, "bob")
        for name, fingerprint in (("bob", "one"), ("fan", "one"), ("other", "two")):
            self.paid_to(shop, name, fingerprint)
        return shop

    def test_refused_means_that_the_shop_keeps_it(self, db: None) -> None:
        shop = self.shop("refuse")
        assert shop.earned(shop.buy("fan")) == {"margin": 9_900}
        assert shop.earned(shop.buy("other"))["share"] == 1_000

    def test_held_means_that_it_waits_after_receipt_until_somebody_decides(self, db: None) -> None:
        shop = self.shop("hold")
        sale = shop.buy("fan")
        with in_tenant(shop.tenant):
            with transaction.atomic():
                earning_services.start_holding_period(order_id=sale.pk)
            earning = Earning.objects.get(sale_id=sale.pk, kind="commission")
            assert (earning.state, earning.review_reasons) == ("holding", ["shared_payout_account"])
        operator = shop.owner()
        assert "are paid to one account" in operator.get("/console/earning-reviews/").content.decode()
        press_and_confirm(
            operator, f"/console/earning-reviews/{earning.pk}/", {"decision": "pay", "reason": "a couple"}
        )
        with in_tenant(shop.tenant):
            earning.refresh_from_db()
        assert (earning.state, earning.review_reasons) == ("payable", [])

    @pytest.mark.parametrize(("action", "blocked"), [("hold", True), ("refuse", True), ("note", False)])
    def test_an_account_that_comes_after_the_order_is_looked_at_then(
        self, db: None, action: str, blocked: bool
    ) -> None:
        shop = make_rules_shop(SHARE % ("", action))
        shop.bring("fan", "bob")
        self.paid_to(shop, "bob", "one")
        self.paid_to(shop, "fan", "")
        sale = shop.buy("fan")
        account = PayoutAccount.objects.get(fingerprint="")
        provider_account = ProviderAccount(str(account.external_id), True, bank_fingerprint="one")
        for _time in range(2):
            with in_public(), transaction.atomic():
                payout_account_services.apply_account(provider_account)
            while outbox.relay():
                pass
        with in_tenant(shop.tenant):
            earning = Earning.objects.get(sale_id=sale.pk, kind="commission")
            noted = [
                (suspicion["member"], suspicion["action"])
                for suspicion in Sale.objects.get(pk=sale.pk).suspicions
            ]
        assert earning.review_reasons == (["shared_payout_account"] if blocked else [])
        assert noted == [(str(shop.member("bob").pk), "hold" if blocked else "note")]

    def test_noted_means_that_it_is_paid_and_written_down(self, db: None) -> None:
        shop = self.shop("note")
        sale = shop.buy("fan")
        assert shop.earned(sale)["share"] == 1_000
        with in_tenant(shop.tenant):
            suspicions = Sale.objects.get(pk=sale.pk).suspicions
        assert [(suspicion["kind"], suspicion["action"]) for suspicion in suspicions] == [
            ("shared_payout_account", "note")
        ]

    def test_another_shops_accounts_say_nothing_here(self, db: None) -> None:
        shop = make_rules_shop(SHARE % ("", "refuse"))
        shop.bring("fan", "bob")
        self.paid_to(shop, "bob", "one")
        with in_public():
            PayoutAccount.objects.create(
                owner_kind=PayoutAccount.OwnerKind.MEMBER,
                owner_id=shop.people["fan"].pk,
                tenant_id=uuid4(),
                external_id=f"acct_{uuid4().hex}",
                fingerprint="one",
            )
        assert shop.earned(shop.buy("fan"))["share"] == 1_000


class TestLimitsAreCountedOneByOne:
    @pytest.mark.parametrize(
        ("limit", "waits"),
        [("per_person_day: 15", {"bob"}), ("budget_month: 15", {"bob", "eve"})],
    )
    def test_who_draws_on_the_same_limit_waits(self, own_database: str, limit: str, waits: set[str]) -> None:
        """A sale that is being split holds back those that would count without it, and no others."""
        shop = make_rules_shop(SHARE % (f", {limit}", "note"))
        rules = parse(SHARE % (f", {limit}", "note"))
        people = {name: Person(str(shop.member(name).pk)) for name in ("bob", "eve")}

        def count(name: str) -> bool:
            """Whether another connection has to wait to count what ``name`` has earned."""
            with in_tenant(shop.tenant), transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("SET LOCAL lock_timeout = '100ms'")
                try:
                    limits.count_spent(Chain(Person("x"), people[name]), rules)
                except OperationalError:
                    return True
            return False

        with in_tenant(shop.tenant), transaction.atomic():
            limits.count_spent(Chain(Person("x"), people["bob"]), rules)
            limited = {name for name in people if in_a_thread(count, name)}
        assert limited == waits

    def test_what_was_refused_gave_nothing(self, db: None) -> None:
        shop = make_rules_shop(SHARE % (", per_person_day: 15, budget_month: 15", "note"))
        shop.bring("fan", "bob")
        first = shop.buy("fan")
        operator = shop.owner()
        assert operator
        with in_tenant(shop.tenant):
            earning = Earning.objects.get(sale_id=first.pk, kind="commission")
            earning_services.refuse(
                earning_id=earning.pk, reason="one person", acting_user=shop.people["owner"]
            )
        assert shop.earned(shop.buy("fan"))["share"] == 1_000


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
        shop = make_rules_shop(LADDER)
        shop.bring("fan", "bob")
        shop.buy("fan")
        last = shop.buy("fan")
        assert shop.roles("bob") == ["keeper"]
        shop.refund(last, 4_000)
        assert shop.roles("bob") == ["keeper"], "160.00 are left"
        shop.refund(last)
        assert shop.roles("bob") == []
        page = shop.browser("bob").get("/circle/").content.decode()
        assert "after a refund: goods bought by own fans: 100.00, 150.00 needed" in page
        shop.buy("fan")
        assert shop.roles("bob") == ["keeper"]

    def test_a_role_stays_if_other_sales_reached_it_since_in_a_month_that_is_over(self, db: None) -> None:
        with at("2026-10-10 09:00"):
            shop = make_rules_shop(LADDER)
            shop.bring("fan", "bob")
            early = shop.buy("fan", 2)
        with at("2026-10-20 09:00"):
            shop.buy("fan", 2)
        with at("2026-11-05 09:00"):
            shop.refund(early)
            assert shop.roles("bob") == ["keeper"]

    def test_the_rules_of_the_day_decide(self, db: None) -> None:
        shop = make_rules_shop(LADDER)
        shop.bring("fan", "bob")
        shop.buy("fan", 2)
        small = shop.buy("fan")
        shop.switch_on(LADDER.replace("at_least: 150", "at_least: 900"))
        shop.refund(small)
        assert shop.roles("bob") == ["keeper"]

    def test_who_gives_everything_back_has_bought_nothing(self, db: None) -> None:
        shop = make_rules_shop(LADDER)
        first, second = shop.buy("ann"), shop.buy("ann")
        assert shop.roles("ann") == ["promoter"]
        shop.refund(first)
        assert shop.roles("ann") == ["promoter"]
        shop.refund(second)
        assert shop.roles("ann") == []

    def test_what_the_shop_gave_by_hand_stays(self, db: None) -> None:
        shop = make_rules_shop(LADDER)
        shop.bring("fan", "bob")
        member = shop.member("bob")
        with in_tenant(shop.tenant):
            role_services.grant_role(member=member, role="keeper", acting_user=None)
        sale = shop.buy("fan", 2)
        shop.refund(sale)
        assert shop.roles("bob") == ["keeper"]


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
        shop = make_rules_shop(SHARE % ("", "note"))
        with in_tenant(shop.tenant):
            with pytest.raises(InvalidInput):
                rules_version_services.activate_rules(
                    document=TWO_LEVELS, acting_user=None, sign_off=sign_off
                )
            assert RulesVersion.objects.count() == 1

    def test_no_signature_stands_for_what_is_refused(self, db: None) -> None:
        shop = make_rules_shop(SHARE % ("", "note"))
        refused = TWO_LEVELS + "rewards_per_head: [{amount: 9}]\n"
        with in_tenant(shop.tenant), pytest.raises(InvalidDocument):
            rules_version_services.activate_rules(
                document=refused, acting_user=None, sign_off=SignOff("Dana", "an exception")
            )

    def test_the_log_names_who_signed_and_why(self, db: None) -> None:
        shop = make_rules_shop(SHARE % ("", "note"))
        with in_tenant(shop.tenant):
            rules_version_services.activate_rules(
                document=TWO_LEVELS, acting_user=None, sign_off=SignOff("Dana", "sale-linked")
            )
            entry = AuditEntry.objects.filter(action="rules.activated").latest("id")
        assert (entry.actor_label, entry.reason) == ("Dana", "sale-linked")
        assert entry.changes["signed_off"][0]["by"] == "Dana"
