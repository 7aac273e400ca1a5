"""What the shop has to keep of a document by itself: limits, reviews, devices, rooms, first orders."""

from datetime import datetime
from threading import Barrier, Thread
from zoneinfo import ZoneInfo

import time_machine
from django.db import connection, transaction

from kernel.events import outbox
from kernel.ids import new_id
from kernel.tenancy import in_tenant
from tenants.agents.attribution import selectors as attribution_selectors
from tenants.agents.attribution import services as attribution_services
from tenants.agents.circles import selectors as circle_selectors
from tenants.agents.earnings import selectors as earning_selectors
from tenants.agents.models import DeviceSeen, Earning, Sale
from tenants.agents.rules.sale.values import Spent
from tenants.agents.rules.splitting.split import split_order
from tenants.shop.cart.models import CartLine
from tenants.shop.orders import legs
from tenants.shop.orders import services as order_services
from tests.agents.running.rules_shop import RulesShop, make_rules_shop
from tests.support.questions import press_and_confirm

SHARE = """
name: Test
limits: {payout: {percent: 100, of: margin}%s}
tax: {commission: withheld_by_platform}
earn:
  - {id: share, kind: commission, payee: sharer, percent: 10}
"""
SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(text: str) -> time_machine.travel:
    """Stop the clock at a moment of the shop's time zone."""
    return time_machine.travel(datetime.fromisoformat(text).replace(tzinfo=SHANGHAI), tick=False)


class TestLimits:
    def test_a_day_ends_at_midnight_where_the_shop_is(self, db: None) -> None:
        with at("2026-11-20 09:00"):
            shop = make_rules_shop(SHARE % ", per_person_day: 15")
            shop.bring("fan", "bob")
            first = shop.buy("fan")
        with at("2026-11-20 23:59:59"):
            second, third = shop.buy("fan"), shop.buy("fan")
        with at("2026-11-21 00:00"):
            fourth = shop.buy("fan")
        assert [shop.earned(sale).get("share", 0) for sale in (first, second, third, fourth)] == [
            1_000,
            500,
            0,
            1_000,
        ]
        with in_tenant(shop.tenant):
            assert "每人每日上限" in earning_selectors.earnings_of(second.pk)[0].why["zh-hans"]
            facts = Sale.objects.get(pk=second.pk).facts
            assert facts == {"today": {str(shop.people["bob"].pk): 1_000}, "month": 0}
            chain, rules = legs.pinned_rules(second)
            again = split_order(legs.sale_of(second, second.lines.all()), chain, rules, Spent(**facts))
            assert {earning.earn_id: earning.amount for earning in again.earnings} == shop.earned(second)

    def test_a_months_budget_is_never_overspent_and_what_came_back_can_be_earned_again(
        self, db: None
    ) -> None:
        with at("2026-10-31 23:00"):
            shop = make_rules_shop(SHARE % ", budget_month: 25")
            shop.bring("fan", "bob")
            old = shop.buy("fan")
        with at("2026-11-01 00:00"):
            sales = [shop.buy("fan") for _number in range(3)]
            assert [shop.earned(sale).get("share", 0) for sale in (old, *sales)] == [
                1_000,
                1_000,
                1_000,
                500,
            ]
            shop.refund(sales[0])
            assert shop.earned(shop.buy("fan"))["share"] == 1_000
            assert shop.earned(shop.buy("fan")) == {"margin": 9_900}

    def test_two_payments_at_once_share_one_budget(self, own_database: str) -> None:
        shop = make_rules_shop(SHARE % ", budget_month: 15")
        shop.bring("fan", "bob")
        placed = [shop.place("fan") for _number in range(4)]
        start = Barrier(len(placed))

        def pay(order: object) -> None:
            try:
                start.wait()
                shop.pay(order)  # type: ignore[arg-type]
            finally:
                connection.close()

        threads = [Thread(target=pay, args=[order]) for order in placed]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(shop.earned(order).get("share", 0) for order in placed) == 1_500


FIRST = """
name: Welcome
limits: {payout: {percent: 100, of: margin}}
earn:
  - {id: welcome, kind: price_reduction, payee: buyer, fixed: 20, when: {first_order: true}}
"""


class TestFirstOrder:
    def test_of_two_open_orders_only_one_is_the_first_and_closing_it_frees_the_place(self, db: None) -> None:
        shop = make_rules_shop(FIRST)
        first, second = shop.place("ann"), shop.place("ann")
        assert (first.total, second.total) == (8_000, 10_000)
        with in_tenant(shop.tenant):
            order_services.cancel_order(order_id=first.pk, acting_user=shop.people["ann"])
            CartLine.objects.all().delete()  # the goods of the cancelled order
        third = shop.place("ann")
        assert third.total == 8_000
        shop.pay(third)
        assert shop.place("ann").total == 10_000

    def test_an_order_that_expires_frees_the_place_too(self, db: None) -> None:
        with at("2026-11-20 09:00"):
            shop = make_rules_shop(FIRST)
            shop.place("ann")
        with at("2026-11-20 09:31"):
            outbox.relay()
            assert shop.place("ann").total == 8_000

    def test_of_two_that_claim_at_once_one_is_first(self, own_database: str) -> None:
        shop = make_rules_shop(FIRST)
        shop.member("ann")
        start, claims = Barrier(2), []

        def claim() -> None:
            try:
                with in_tenant(shop.tenant), transaction.atomic():
                    start.wait()
                    claims.append(
                        attribution_services.claim_first_order(user=shop.people["ann"], order_id=new_id())
                    )
            finally:
                connection.close()

        threads = [Thread(target=claim) for _number in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(claims) == [False, True]
        assert shop.place("ann").total == 10_000


LADDER = """
name: Ladder
roles:
  - id: keeper
    name: {zh-hans: 店主, en: Keeper}
    reach: {metric: own_sales, at_least: 100}
    lost: {every: month, needs: {metric: own_sales, at_least: 100, window: {calendar: month}}}
earn:
  - {id: share, kind: commission, payee: sharer, percent: 10, when: {payee_roles: [keeper]}}
limits: {payout: {percent: 100, of: margin}}
tax: {commission: withheld_by_platform}
"""


class TestReviews:
    def test_a_role_is_lost_at_the_edge_of_the_month_with_the_fact_shown(self, db: None) -> None:
        with at("2026-10-10 09:00"):
            shop = make_rules_shop(LADDER)
            shop.bring("fan", "bob")
            shop.buy("fan")
            assert shop.roles("bob") == ["keeper"]
        with at("2026-11-01 00:00"):
            outbox.relay()
            assert shop.roles("bob") == ["keeper"], "October was good enough"
        with at("2026-11-30 23:59:59"):
            outbox.relay()
            assert shop.roles("bob") == ["keeper"]
        with at("2026-12-01 00:00"):
            outbox.relay()
            assert shop.roles("bob") == []
            page = shop.browser("bob").get("/circle/").content.decode()
            assert "Lost" in page
            assert "0.00, 100.00 needed" in page

    def test_a_role_that_was_lost_comes_back_only_with_what_keeps_it(self, db: None) -> None:
        with at("2026-10-10 09:00"):
            shop = make_rules_shop(LADDER, price=6_000)
            shop.bring("fan", "bob")
            shop.buy("fan", 2)
        with at("2026-12-01 00:00"):
            outbox.relay()
        with at("2026-12-01 00:01"):
            outbox.relay()
            assert shop.roles("bob") == []
            shop.buy("fan")
            assert shop.roles("bob") == [], "all-time sales alone would be enough for somebody new"
            shop.buy("fan")
            assert shop.roles("bob") == ["keeper"]

    def test_edges_missed_while_the_shop_was_down_are_made_up_in_order(self, db: None) -> None:
        with at("2026-10-10 09:00"):
            shop = make_rules_shop(LADDER)
            shop.bring("fan", "bob")
            shop.buy("fan")
            shop.bring("late", "eve")
        with at("2027-01-15 12:00"):
            shop.buy("late")
            outbox.relay()
            assert (shop.roles("bob"), shop.roles("eve")) == ([], ["keeper"])
        with at("2027-02-01 00:00"):
            outbox.relay()
            assert shop.roles("eve") == ["keeper"]

    def test_rules_that_were_replaced_before_the_edge_take_nothing(self, db: None) -> None:
        with at("2026-10-10 09:00"):
            shop = make_rules_shop(LADDER)
            shop.bring("fan", "bob")
            shop.buy("fan")
        with at("2026-11-30 12:00"):
            shop.switch_on(LADDER.replace("lost: {every: month", "lost: {every: year"))
        with at("2026-12-02 00:00"):
            outbox.relay()
            assert shop.roles("bob") == ["keeper"]


class TestInvitations:
    def test_what_was_not_used_in_time_is_gone(self, db: None) -> None:
        with at("2026-11-01 09:00"):
            shop = make_rules_shop("name: x\nbind: {by: [code]}\ninvites: {at_start: 2, expire_days: 10}\n")
            shop.member("bob")
            shop.bring_by_code("one", "bob")
        with at("2026-11-11 23:59"):
            assert "People you may still invite: 1" in shop.browser("bob").get("/circle/").content.decode()
        with at("2026-11-12 00:00"), in_tenant(shop.tenant):
            invites = circle_selectors.circle_of(shop.people["bob"]).invites
            assert invites is not None
            assert (invites.left, invites.expired) == (0, 1)


REVIEWED = SHARE % "" + "fraud: {shared_device: %s, shared_payout_account: note}\n"


class TestFraud:
    def suspects(self, action: str) -> RulesShop:
        """Bob signs in on the device on which his fan buys."""
        shop = make_rules_shop(REVIEWED % action)
        shop.bring("fan", "bob")
        with in_tenant(shop.tenant):
            for name in ("bob", "fan"):
                attribution_services.note_device(member=shop.people[name].member, device="d" * 43)
        return shop

    def test_refused_means_that_the_shop_keeps_it(self, db: None) -> None:
        shop = self.suspects("refuse")
        sale = shop.buy("fan")
        assert shop.earned(sale) == {"margin": 9_900}
        with in_tenant(shop.tenant):
            assert Sale.objects.get(pk=sale.pk).suspicions[0]["kind"] == "shared_device"

    def test_held_means_that_somebody_decides(self, db: None) -> None:
        shop = self.suspects("hold")
        sale, other = shop.buy("fan"), shop.buy("fan")
        operator = shop.owner()
        page = operator.get("/console/earning-reviews/").content.decode()
        assert page.count("buyer and payee use one device") == 2
        with in_tenant(shop.tenant):
            ids = [Earning.objects.get(sale_id=order.pk, kind="commission").pk for order in (sale, other)]
        press_and_confirm(
            operator, f"/console/earning-reviews/{ids[0]}/", {"decision": "pay", "reason": "a family of two"}
        )
        press_and_confirm(
            operator, f"/console/earning-reviews/{ids[1]}/", {"decision": "refuse", "reason": "one person"}
        )
        with in_tenant(shop.tenant):
            paid, refused = (Earning.objects.get(pk=key) for key in ids)
        assert (paid.review_reasons, paid.state, refused.state) == ([], "pending", "refused")

    def test_noted_means_that_it_is_paid_and_written_down(self, db: None) -> None:
        shop = self.suspects("note")
        sale = shop.buy("fan")
        assert shop.earned(sale)["share"] == 1_000
        with in_tenant(shop.tenant):
            assert Sale.objects.get(pk=sale.pk).suspicions[0]["action"] == "note"
            assert Earning.objects.exclude(review_reasons=[]).count() == 0

    def test_a_device_is_known_from_signing_in_and_a_stranger_on_another_is_no_suspect(
        self, db: None
    ) -> None:
        shop = make_rules_shop(REVIEWED % "refuse")
        phone = shop.browser()
        for name in ("bob", "fan"):
            shop.sign_up(name, phone)
            phone.post("/account/logout/")
        shop.sign_up("other")
        with in_tenant(shop.tenant):
            assert DeviceSeen.objects.count() == 3
            assert attribution_selectors.sharing_device(shop.user("bob").pk) == {shop.user("fan").pk}
        shop.bring("fan", "bob")
        shop.bring("other", "bob")
        assert shop.earned(shop.buy("fan")) == {"margin": 9_900}
        assert shop.earned(shop.buy("other"))["share"] == 1_000

    def test_nobody_earns_from_their_own_purchase(self, db: None) -> None:
        shop = make_rules_shop(SHARE % "")
        browser = shop.browser("bob")
        browser.get(f"/?s={shop.member('bob').referral_code}")
        assert shop.member("bob").bound_to is None
        assert shop.earned(shop.buy("bob")) == {"margin": 9_900}
