"""Fans belong to whoever brought them: what may be taken along, and how a circle follows, if it wants to."""

import base64
import contextlib
import csv
import io
import json
import zlib
from pathlib import Path

import pytest

from accounts.models import User
from kernel.tenancy import in_tenant
from tenants.agents.models import Member
from tenants.registry import services as registry_services
from tests.agents.running.rules_shop import RulesShop, make_rules_shop
from tests.support.questions import press_and_confirm

RULES = """
name: Test
limits: {payout: {percent: 100, of: margin}}
tax: {commission: withheld_by_platform}
earn:
  - {id: share, kind: commission, payee: sharer, percent: 10}
"""


@pytest.fixture
def shop(db: None) -> RulesShop:
    """Bob brought three fans; each bought once."""
    shop = make_rules_shop(RULES)
    for name in ("open", "quiet", "sly"):
        shop.bring(name, "bob")
        shop.buy(name)
    with in_tenant(shop.tenant):
        User.objects.filter(email="sly@example.test").update(
            name='=HYPERLINK("http://x.test")', phone="+86139"
        )
        User.objects.filter(email="open@example.test").update(name="Open Ann", phone="139")
    return shop


def rows(shop: RulesShop) -> list[dict[str, str]]:
    text = shop.browser("bob").get("/circle/export.csv").content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def agree(shop: RulesShop, name: str, *consents: str) -> None:
    answer = shop.browser(name).post("/circle/agree/", dict.fromkeys(consents, "on"))
    assert answer["Location"] == "/circle/"


def invitation_of(shop: RulesShop, name: str) -> str:
    exported = json.loads(shop.browser("bob").get("/circle/export.json").content)
    place = ["open", "quiet", "sly"].index(name)
    invitation: str = exported["fans"][place]["invitation"]
    return invitation


class TestExport:
    def test_without_a_word_of_the_fan_only_numbers_leave(self, shop: RulesShop) -> None:
        contacts = rows(shop)
        assert [(row["orders"], row["spent"]) for row in contacts] == [("1", "10000")] * 3
        assert {row[key] for row in contacts for key in ("name", "email", "phone", "invitation")} == {""}

    def test_what_a_fan_agreed_to_leaves_and_nothing_else_until_they_change_their_mind(
        self, shop: RulesShop
    ) -> None:
        agree(shop, "open", "name", "email")
        first = rows(shop)[0]
        assert (first["name"], first["email"], first["phone"]) == ("Open Ann", "open@example.test", "")
        agree(shop, "open")
        assert {rows(shop)[0][key] for key in ("name", "email", "phone")} == {""}

    def test_no_cell_is_a_formula(self, shop: RulesShop) -> None:
        agree(shop, "sly", "name", "phone")
        sly = rows(shop)[2]
        assert (sly["name"], sly["phone"]) == ('\'=HYPERLINK("http://x.test")', "'+86139")

    def test_everybody_exports_their_own_circle_only(self, shop: RulesShop) -> None:
        agree(shop, "open", "name", "email")
        exported = json.loads(shop.browser("quiet").get("/circle/export.json").content)
        assert exported["fans"] == []
        assert shop.browser().get("/circle/export.csv").status_code == 302

    def test_whoever_belongs_to_nobody_has_nothing_to_agree_to(self, shop: RulesShop) -> None:
        agree(shop, "bob", "name")
        assert shop.member("bob").consents == []

    def test_a_new_friend_learns_nothing_that_was_said_to_the_old_one(self, db: None) -> None:
        shop = make_rules_shop("name: x\nbind: {days: 1, takeover: after_expiry}\n")
        shop.bring("fan", "bob")
        agree(shop, "fan", "name", "email", "transfer")
        with in_tenant(shop.tenant):
            Member.objects.filter(user__email="fan@example.test").update(bound_until="2026-01-01T00:00Z")
        shop.bring("fan", "eve")
        assert shop.member("fan").consents == []


def _decoded(text: str) -> list[str]:
    """Return what anybody reads of a text by undoing base64 and compression."""
    parts = [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in text.split(":") if part]
    for part in list(parts):
        with contextlib.suppress(zlib.error):
            parts.append(zlib.decompress(part))
    return [part.decode(errors="replace") for part in parts]


class TestMoving:
    @pytest.fixture
    def there(self, shop: RulesShop) -> RulesShop:
        """Another shop, in which Bob has an account too."""
        there = make_rules_shop("name: there\n", host="charlie.localhost")
        there.sign_up("bob")
        return there

    def offer(self, shop: RulesShop) -> None:
        answer = press_and_confirm(
            shop.browser("bob"), "/circle/transfer/", {"host": "https://charlie.localhost/"}
        )
        assert answer["Location"] == "/circle/"

    def test_a_fan_who_agreed_is_asked_and_moves_only_by_saying_so_there(
        self, shop: RulesShop, there: RulesShop
    ) -> None:
        agree(shop, "open", "transfer")
        self.offer(shop)
        assert "Your friend has moved" not in shop.browser("quiet").get("/circle/").content.decode()
        page = shop.browser("open").get("/circle/").content.decode()
        assert "Your friend has moved" in page
        address = page.split("/circle/follow/?invitation=")[1].partition('"')[0]
        with in_tenant(there.tenant):
            assert not Member.objects.filter(bound_to__isnull=False).exists()
        browser = there.sign_up("open")
        invitation_page = browser.get(f"/circle/follow/?invitation={address}")
        assert "Follow your friend" in invitation_page.content.decode()
        assert there.member("open").bound_to is None
        browser.post("/circle/follow/", {"invitation": address})
        browser.post("/circle/follow/", {"invitation": address})
        moved = there.member("open")
        assert (moved.bound_to, moved.bound_by) == (there.member("bob"), "transfer")
        assert shop.member("open").bound_to == shop.member("bob")

    def test_an_offer_taken_back_asks_nobody(self, shop: RulesShop, there: RulesShop) -> None:
        agree(shop, "open", "transfer")
        self.offer(shop)
        shop.browser("bob").post("/circle/transfer/", {"withdraw": "1"})
        assert "Your friend has moved" not in shop.browser("open").get("/circle/").content.decode()

    def test_nobody_offers_a_shop_in_which_they_are_no_member(self, shop: RulesShop) -> None:
        make_rules_shop("name: there\n", host="charlie.localhost")
        self.offer(shop)
        assert shop.member("bob").transfer_offer == {}
        press_and_confirm(shop.browser("bob"), "/circle/transfer/", {"host": "nowhere.example"})
        assert shop.member("bob").transfer_offer == {}

    def test_an_invitation_is_worth_nothing_to_others_nor_forged_nor_in_a_shop_without_the_friend(
        self, shop: RulesShop, there: RulesShop
    ) -> None:
        agree(shop, "open", "transfer")
        invitation = invitation_of(shop, "open")
        thief = there.sign_up("thief")
        assert (
            "written to somebody else"
            in thief.get("/circle/follow/", {"invitation": invitation}).content.decode()
        )
        thief.post("/circle/follow/", {"invitation": invitation})
        assert there.member("thief").bound_to is None
        assert thief.get("/circle/follow/", {"invitation": invitation[:-2] + "xx"}).status_code == 404
        third = make_rules_shop("name: third\n", host="third.localhost")
        assert third.sign_up("open").get("/circle/follow/", {"invitation": invitation}).status_code == 404

    def test_no_circle_goes_to_whoever_signed_up_with_its_owner_s_address(self, shop: RulesShop) -> None:
        there = make_rules_shop("name: there\n", host="charlie.localhost")
        there.sign_up("bob", is_verified=False)
        agree(shop, "open", "transfer")
        self.offer(shop)
        assert shop.member("bob").transfer_offer == {}
        browser = there.sign_up("open")
        invitation = invitation_of(shop, "open")
        assert browser.post("/circle/follow/", {"invitation": invitation}).status_code == 404
        assert there.member("open").bound_to is None

    def test_nobody_follows_under_an_address_that_is_not_shown_to_be_theirs(
        self, shop: RulesShop, there: RulesShop
    ) -> None:
        agree(shop, "open", "transfer")
        browser = there.sign_up("open", is_verified=False)
        browser.post("/circle/follow/", {"invitation": invitation_of(shop, "open")})
        assert there.member("open").bound_to is None

    def test_an_invitation_shows_no_address_to_whoever_hands_it_on(self, shop: RulesShop) -> None:
        agree(shop, "open", "transfer")
        invitation = invitation_of(shop, "open")
        for text in (invitation, *_decoded(invitation)):
            assert "open@example.test" not in text
            assert "bob@example.test" not in text

    def test_who_belongs_to_another_there_stays_with_them(self, shop: RulesShop, there: RulesShop) -> None:
        agree(shop, "open", "transfer")
        there.bring("open", "eve")
        there.browser("open").post("/circle/follow/", {"invitation": invitation_of(shop, "open")})
        assert there.member("open").bound_to == there.member("eve")


def test_an_invitation_outlives_the_shop_that_was_retired(own_database: str, tmp_path: Path) -> None:
    shop, there = make_rules_shop(RULES), make_rules_shop("name: there\n", host="charlie.localhost")
    there.sign_up("bob")
    shop.bring("open", "bob")
    agree(shop, "open", "transfer")
    invitation = json.loads(shop.browser("bob").get("/circle/export.json").content)["fans"][0]["invitation"]
    registry_services.retire(tenant=shop.tenant, export_to=tmp_path, acting_user="central")
    browser = there.sign_up("open")
    browser.post("/circle/follow/", {"invitation": invitation})
    assert there.member("open").bound_to == there.member("bob")


class TestWhy:
    def test_a_member_reads_why_they_got_an_amount_and_nobody_else_does(self, shop: RulesShop) -> None:
        browser = shop.browser("bob")
        page = browser.get("/circle/").content.decode()
        link = "/circle/earnings/" + page.split("/circle/earnings/")[1].partition('"')[0]
        story = browser.get(link).content.decode()
        assert "10.00 = 10 % of 100.00 goods paid" in story
        assert "payee: sharer" not in story, "the document is the shop's"
        assert shop.browser("open").get(link).status_code == 404
        assert "10.00 = " in shop.browser("bob", language="zh-hans").get(link).content.decode()
