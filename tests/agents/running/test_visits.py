"""Through whom a sale comes, which version counts, and what several devices make of it."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.http import HttpRequest

from kernel.tenancy import in_tenant
from storefront_theme.visits import cookies
from tenants.agents.attribution.selectors import Visit
from tenants.agents.earnings import selectors as earning_selectors
from tenants.agents.origins import services as origin_services
from tests.agents.running.rules_shop import RulesShop, make_rules_shop

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
        shop = make_rules_shop(ROOMS)
        owner, viewer = shop.member("host"), shop.member("friend")
        with in_tenant(shop.tenant):
            origin = origin_services.open_origin(kind=kind, owner=owner, title="Tonight", acting_user=None)
        browser = shop.browser()
        # The address says "note" whatever it is, and who brought the viewer: only the row is believed.
        browser.get(f"/?s={viewer.referral_code}&via=note:{origin.code}")
        assert "visit" in browser.cookies
        shop.sign_up("fan", browser)
        visit = _visit_of(shop, browser.get("/").wsgi_request)
        assert (visit.origin, visit.bringer) == (origin.code, viewer.referral_code)
        earned = shop.earned(shop.buy("fan", visit=visit))
        assert {key: amount for key, amount in earned.items() if key != "margin"} == expected
        assert shop.earned(shop.buy("fan")) == {"margin": 9_900}
        with in_tenant(shop.tenant):
            origin_services.close_origin(origin=origin, acting_user=None)
        assert shop.earned(shop.buy("fan", visit=visit)) == {"margin": 9_900}

    def test_an_origin_of_another_shop_or_of_nobody_is_worth_nothing(self, db: None) -> None:
        shop = make_rules_shop(ROOMS)
        browser = shop.browser()
        browser.get(f"/?s={shop.member('friend').referral_code}&via=room:NOSUCH234")
        assert "visit" not in browser.cookies
        assert shop.earned(shop.buy("fan", visit=Visit(origin="NOSUCH234"))) == {"margin": 9_900}


def _visit_of(shop: RulesShop, request: HttpRequest) -> Visit:
    with in_tenant(shop.tenant):
        return cookies.visit_of(request)


class TestVersions:
    def test_orders_placed_before_noon_keep_the_rules_of_the_morning(self, db: None) -> None:
        with at("2026-11-20 11:00"):
            shop = make_rules_shop(SHARE % "")
            shop.bring("fan", "bob")
            morning = shop.place("fan")
        with at("2026-11-20 12:00"):
            shop.switch_on((SHARE % "").replace("sharer, percent: 10", "sharer, percent: 20"))
            noon = shop.place("fan")
        with at("2026-11-20 12:05"):
            shop.pay(noon)
            shop.pay(morning)
        assert (shop.earned(morning)["share"], shop.earned(noon)["share"]) == (1_000, 2_000)
        with in_tenant(shop.tenant):
            versions = [earning.why["en"] for earning in earning_selectors.earnings_of(morning.pk)]
        assert "version 1" in versions[0]


class TestBindingAcrossDevices:
    def test_the_binding_of_the_phone_holds_on_the_desk_and_a_later_visit_steals_nothing(
        self, db: None
    ) -> None:
        shop = make_rules_shop("name: x\n")
        bob, eve = shop.member("bob"), shop.member("eve")
        phone, desk = shop.browser(), shop.browser()
        phone.get(f"/?s={bob.referral_code}")
        shop.sign_up("fan", phone)
        desk.get(f"/?s={eve.referral_code}&via=poster")
        desk.post("/account/login/", {"login": "fan@example.test", "password": "secret-pass-1"})
        desk.get(f"/?s={eve.referral_code}")
        assert (shop.member("fan").bound_to, shop.member("fan").bound_by) == (bob, "link")

    def test_a_poster_binds_as_a_poster(self, db: None) -> None:
        shop = make_rules_shop("name: x\nbind: {by: [poster]}\n")
        bob = shop.member("bob")
        browser = shop.browser()
        browser.get(f"/?s={bob.referral_code}&via=poster")
        shop.sign_up("fan", browser)
        assert shop.member("fan").bound_by == "poster"
