"""What the shop has to keep of a document by itself: limits, reviews, devices, rooms, first orders."""

from datetime import datetime
from threading import Barrier, Thread
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection, transaction
from django.http import HttpRequest

from kernel import outbox
from kernel.ids import new_id
from kernel.tenancy import in_tenant
from storefront_theme.visits import cookies
from tenants.agents import selectors
from tenants.agents.bindings import attribution, circles
from tenants.agents.bindings.attribution import Visit
from tenants.agents.models import DeviceSeen, Earning, Sale
from tenants.agents.rules.sale import Spent
from tenants.agents.rules.split import split_order
from tenants.shop.orders import booking
from tenants.shop.orders import services as order_services
from tests.agents.running.house import House, make_house

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
            house = make_house(SHARE % ", per_person_day: 15")
            house.bring("fan", "bob")
            first = house.buy("fan")
        with at("2026-11-20 23:59:59"):
            second, third = house.buy("fan"), house.buy("fan")
        with at("2026-11-21 00:00"):
            fourth = house.buy("fan")
        assert [house.earned(sale).get("share", 0) for sale in (first, second, third, fourth)] == [
            1_000,
            500,
            0,
            1_000,
        ]
        with in_tenant(house.tenant):
            assert "每人每日上限" in selectors.earnings_of(second.pk)[0].why["zh-hans"]
            facts = Sale.objects.get(pk=second.pk).facts
            assert facts == {"today": {str(house.people["bob"].pk): 1_000}, "month": 0}
            chain, rules = booking.pinned_rules(second)
            again = split_order(booking.sale_of(second, second.lines.all()), chain, rules, Spent(**facts))
            assert {earning.earn_id: earning.amount for earning in again.earnings} == house.earned(second)

    def test_a_months_budget_is_never_overspent_and_what_came_back_can_be_earned_again(
        self, db: None
    ) -> None:
        with at("2026-10-31 23:00"):
            house = make_house(SHARE % ", budget_month: 25")
            house.bring("fan", "bob")
            old = house.buy("fan")
        with at("2026-11-01 00:00"):
            sales = [house.buy("fan") for _number in range(3)]
            assert [house.earned(sale).get("share", 0) for sale in (old, *sales)] == [
                1_000,
                1_000,
                1_000,
                500,
            ]
            house.refund(sales[0])
            assert house.earned(house.buy("fan"))["share"] == 1_000
            assert house.earned(house.buy("fan")) == {"margin": 9_900}

    def test_two_payments_at_once_share_one_budget(self, own_database: str) -> None:
        house = make_house(SHARE % ", budget_month: 15")
        house.bring("fan", "bob")
        placed = [house.place("fan") for _number in range(4)]
        start = Barrier(len(placed))

        def pay(order: object) -> None:
            try:
                start.wait()
                house.pay(order)  # type: ignore[arg-type]
            finally:
                connection.close()

        threads = [Thread(target=pay, args=[order]) for order in placed]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(house.earned(order).get("share", 0) for order in placed) == 1_500


FIRST = """
name: Welcome
limits: {payout: {percent: 100, of: margin}}
earn:
  - {id: welcome, kind: price_reduction, payee: buyer, fixed: 20, when: {first_order: true}}
"""


class TestFirstOrder:
    def test_of_two_open_orders_only_one_is_the_first_and_closing_it_frees_the_place(self, db: None) -> None:
        house = make_house(FIRST)
        first, second = house.place("ann"), house.place("ann")
        assert (first.total, second.total) == (8_000, 10_000)
        with in_tenant(house.tenant):
            order_services.cancel_order(order_id=first.pk, acting_user=house.people["ann"])
        third = house.place("ann")
        assert third.total == 8_000
        house.pay(third)
        assert house.place("ann").total == 10_000

    def test_an_order_that_expires_frees_the_place_too(self, db: None) -> None:
        with at("2026-11-20 09:00"):
            house = make_house(FIRST)
            house.place("ann")
        with at("2026-11-20 09:31"):
            outbox.relay()
            assert house.place("ann").total == 8_000

    def test_of_two_that_claim_at_once_one_is_first(self, own_database: str) -> None:
        house = make_house(FIRST)
        house.member("ann")
        start, told = Barrier(2), []

        def claim() -> None:
            try:
                with in_tenant(house.tenant), transaction.atomic():
                    start.wait()
                    told.append(attribution.claim_first_order(user=house.people["ann"], order_id=new_id()))
            finally:
                connection.close()

        threads = [Thread(target=claim) for _number in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(told) == [False, True]
        assert house.place("ann").total == 10_000


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
            house = make_house(LADDER)
            house.bring("fan", "bob")
            house.buy("fan")
            assert house.roles("bob") == ["keeper"]
        with at("2026-11-01 00:00"):
            outbox.relay()
            assert house.roles("bob") == ["keeper"], "October was good enough"
        with at("2026-11-30 23:59:59"):
            outbox.relay()
            assert house.roles("bob") == ["keeper"]
        with at("2026-12-01 00:00"):
            outbox.relay()
            assert house.roles("bob") == []
            page = house.browser("bob").get("/circle/").content.decode()
            assert "Lost" in page
            assert "0.00, 100.00 needed" in page

    def test_a_role_that_was_lost_comes_back_only_with_what_keeps_it(self, db: None) -> None:
        with at("2026-10-10 09:00"):
            house = make_house(LADDER, price=6_000)
            house.bring("fan", "bob")
            house.buy("fan", 2)
        with at("2026-12-01 00:00"):
            outbox.relay()
        with at("2026-12-01 00:01"):
            outbox.relay()
            assert house.roles("bob") == []
            house.buy("fan")
            assert house.roles("bob") == [], "all-time sales alone would be enough for somebody new"
            house.buy("fan")
            assert house.roles("bob") == ["keeper"]

    def test_edges_missed_while_the_shop_was_down_are_made_up_in_order(self, db: None) -> None:
        with at("2026-10-10 09:00"):
            house = make_house(LADDER)
            house.bring("fan", "bob")
            house.buy("fan")
            house.bring("late", "eve")
        with at("2027-01-15 12:00"):
            house.buy("late")
            outbox.relay()
            assert (house.roles("bob"), house.roles("eve")) == ([], ["keeper"])
        with at("2027-02-01 00:00"):
            outbox.relay()
            assert house.roles("eve") == ["keeper"]

    def test_rules_that_were_replaced_before_the_edge_take_nothing(self, db: None) -> None:
        with at("2026-10-10 09:00"):
            house = make_house(LADDER)
            house.bring("fan", "bob")
            house.buy("fan")
        with at("2026-11-30 12:00"):
            house.switch_on(LADDER.replace("lost: {every: month", "lost: {every: year"))
        with at("2026-12-02 00:00"):
            outbox.relay()
            assert house.roles("bob") == ["keeper"]


class TestInvitations:
    def test_what_was_not_used_in_time_is_gone(self, db: None) -> None:
        with at("2026-11-01 09:00"):
            house = make_house("name: x\nbind: {by: [code]}\ninvites: {at_start: 2, expire_days: 10}\n")
            house.member("bob")
            house.bring_by_code("one", "bob")
        with at("2026-11-11 23:59"):
            assert "People you may still invite: 1" in house.browser("bob").get("/circle/").content.decode()
        with at("2026-11-12 00:00"), in_tenant(house.tenant):
            invites = circles.circle_of(house.people["bob"]).invites
            assert invites is not None
            assert (invites.left, invites.expired) == (0, 1)


DOUBT = SHARE % "" + "fraud: {shared_device: %s, shared_payout_account: note}\n"


class TestFraud:
    def suspects(self, action: str) -> House:
        """Bob signs in on the device on which his fan buys."""
        house = make_house(DOUBT % action)
        house.bring("fan", "bob")
        with in_tenant(house.tenant):
            for name in ("bob", "fan"):
                attribution.note_device(member=house.people[name].member, device="d" * 43)
        return house

    def test_refused_means_that_the_shop_keeps_it(self, db: None) -> None:
        house = self.suspects("refuse")
        sale = house.buy("fan")
        assert house.earned(sale) == {"margin": 9_900}
        with in_tenant(house.tenant):
            assert Sale.objects.get(pk=sale.pk).suspicions[0]["kind"] == "shared_device"

    def test_held_means_that_somebody_decides(self, db: None) -> None:
        house = self.suspects("hold")
        sale, other = house.buy("fan"), house.buy("fan")
        operator = house.owner()
        page = operator.get("/console/earning-reviews/").content.decode()
        assert page.count("buyer and payee use one device") == 2
        with in_tenant(house.tenant):
            ids = [Earning.objects.get(sale_id=order.pk, kind="commission").pk for order in (sale, other)]
        operator.post(f"/console/earning-reviews/{ids[0]}/", {"decision": "pay", "reason": "a family of two"})
        operator.post(f"/console/earning-reviews/{ids[1]}/", {"decision": "refuse", "reason": "one person"})
        with in_tenant(house.tenant):
            paid, refused = (Earning.objects.get(pk=key) for key in ids)
        assert (paid.review_reasons, paid.state, refused.state) == ([], "pending", "refused")

    def test_noted_means_that_it_is_paid_and_written_down(self, db: None) -> None:
        house = self.suspects("note")
        sale = house.buy("fan")
        assert house.earned(sale)["share"] == 1_000
        with in_tenant(house.tenant):
            assert Sale.objects.get(pk=sale.pk).suspicions[0]["action"] == "note"
            assert Earning.objects.exclude(review_reasons=[]).count() == 0

    def test_a_device_is_known_from_signing_in_and_a_stranger_on_another_is_no_suspect(
        self, db: None
    ) -> None:
        house = make_house(DOUBT % "refuse")
        phone = house.browser()
        for name in ("bob", "fan"):
            house.sign_up(name, phone)
            phone.post("/account/logout/")
        house.sign_up("other")
        with in_tenant(house.tenant):
            assert DeviceSeen.objects.count() == 3
            assert attribution.sharing_device(house.user("bob").pk) == {house.user("fan").pk}
        house.bring("fan", "bob")
        house.bring("other", "bob")
        assert house.earned(house.buy("fan")) == {"margin": 9_900}
        assert house.earned(house.buy("other"))["share"] == 1_000

    def test_nobody_earns_from_their_own_purchase(self, db: None) -> None:
        house = make_house(SHARE % "")
        browser = house.browser("bob")
        browser.get(f"/?s={house.member('bob').referral_code}")
        assert house.member("bob").bound_to is None
        assert house.earned(house.buy("bob")) == {"margin": 9_900}


ROOMS = """
name: Rooms
limits: {payout: {percent: 100, of: margin}}
tax: {commission: withheld_by_platform}
earn:
  - {id: stream, kind: commission, payee: streamer, percent: 6}
  - {id: viewer, kind: commission, payee: bringer, percent: 4}
  - {id: note, kind: commission, payee: author, percent: 7}
  - {id: group, kind: commission, payee: leader, percent: 3}
"""


class TestOrigins:
    @pytest.mark.parametrize(
        ("kind", "expected"),
        [
            ("room", {"stream": 600, "viewer": 400}),
            ("note", {"note": 700}),
            ("group", {"group": 300}),
        ],
    )
    def test_whose_it_is_stands_in_the_row_and_never_in_the_address(
        self, db: None, kind: str, expected: dict[str, int]
    ) -> None:
        house = make_house(ROOMS)
        owner, viewer = house.member("host"), house.member("friend")
        with in_tenant(house.tenant):
            origin = attribution.open_origin(kind=kind, owner=owner, title="Tonight", acting_user=None)
        browser = house.browser()
        # The address says "note" whatever it is, and who brought the viewer: only the row is believed.
        browser.get(f"/?s={viewer.referral_code}&via=note:{origin.code}")
        assert "visit" in browser.cookies
        house.sign_up("fan", browser)
        visit = _visit_of(house, browser.get("/").wsgi_request)
        assert (visit.origin, visit.bringer) == (origin.code, viewer.referral_code)
        earned = house.earned(house.buy("fan", visit=visit))
        assert {key: amount for key, amount in earned.items() if key != "margin"} == expected
        assert house.earned(house.buy("fan")) == {"margin": 9_900}
        with in_tenant(house.tenant):
            attribution.close_origin(origin=origin, acting_user=None)
        assert house.earned(house.buy("fan", visit=visit)) == {"margin": 9_900}

    def test_an_origin_of_another_shop_or_of_nobody_is_worth_nothing(self, db: None) -> None:
        house = make_house(ROOMS)
        browser = house.browser()
        browser.get(f"/?s={house.member('friend').referral_code}&via=room:NOSUCH234")
        assert "visit" not in browser.cookies
        assert house.earned(house.buy("fan", visit=Visit(origin="NOSUCH234"))) == {"margin": 9_900}


def _visit_of(house: House, request: HttpRequest) -> Visit:
    with in_tenant(house.tenant):
        return cookies.visit_of(request)


class TestVersions:
    def test_orders_placed_before_noon_keep_the_rules_of_the_morning(self, db: None) -> None:
        with at("2026-11-20 11:00"):
            house = make_house(SHARE % "")
            house.bring("fan", "bob")
            morning = house.place("fan")
        with at("2026-11-20 12:00"):
            house.switch_on((SHARE % "").replace("sharer, percent: 10", "sharer, percent: 20"))
            noon = house.place("fan")
        with at("2026-11-20 12:05"):
            house.pay(noon)
            house.pay(morning)
        assert (house.earned(morning)["share"], house.earned(noon)["share"]) == (1_000, 2_000)
        with in_tenant(house.tenant):
            versions = [earning.why["en"] for earning in selectors.earnings_of(morning.pk)]
        assert "version 1" in versions[0]


class TestBindingAcrossDevices:
    def test_the_binding_of_the_phone_holds_on_the_desk_and_a_later_touch_steals_nothing(
        self, db: None
    ) -> None:
        house = make_house("name: x\n")
        bob, eve = house.member("bob"), house.member("eve")
        phone, desk = house.browser(), house.browser()
        phone.get(f"/?s={bob.referral_code}")
        house.sign_up("fan", phone)
        desk.get(f"/?s={eve.referral_code}&via=poster")
        desk.post("/account/login/", {"login": "fan@example.test", "password": "secret-pass-1"})
        desk.get(f"/?s={eve.referral_code}")
        assert (house.member("fan").bound_to, house.member("fan").bound_by) == (bob, "link")

    def test_a_poster_binds_as_a_poster(self, db: None) -> None:
        house = make_house("name: x\nbind: {by: [poster]}\n")
        bob = house.member("bob")
        browser = house.browser()
        browser.get(f"/?s={bob.referral_code}&via=poster")
        house.sign_up("fan", browser)
        assert house.member("fan").bound_by == "poster"
