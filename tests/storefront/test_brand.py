"""A shop's look: what may be written, how it is published, what its stylesheet says."""

import pytest

from kernel.errors import InvalidDocument
from kernel.models import AuditEntry
from kernel.tenancy import in_tenant
from tenants.brand import selectors as brand_selectors
from tenants.brand import services as brand_services
from tenants.brand import stylesheet
from tenants.brand.document import BrandDocument
from tenants.brand.themes import THEMES
from tests.storefront.conftest import dress
from tests.support.build import make_user


def test_there_are_five_shops_that_differ_in_build_and_not_only_in_colour():
    builds = {(theme.header, theme.hero, theme.card) for theme in THEMES.values()}
    assert len(builds) == len(THEMES) >= 5


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"theme": "nosuch"}, "theme"),
        ({"tokens": {"primary": "red; } body { display: none"}}, "tokens.primary"),
        ({"tokens": {"radius": 400}}, "tokens.radius"),
        ({"logo": "ABC"}, "logo"),
        ({"logo": "<b"}, "logo"),
        ({"tagline": {"fr": "bonjour"}}, "tagline"),
        ({"hero": {"title": {"en": "x"}, "link": "https://elsewhere.example/"}}, "hero.link"),
        ({"hero": {"title": {"en": "x"}, "link": "//elsewhere.example/"}}, "hero.link"),
        ({"home": [{"kind": "script"}]}, "home.0"),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_a_fault_names_its_field(document, field):
    with pytest.raises(InvalidDocument) as caught:
        brand_services.parse_brand(document)
    assert [fault.field for fault in caught.value.faults] == [field]


def test_every_fault_is_named_at_once():
    with pytest.raises(InvalidDocument) as caught:
        brand_services.parse_brand({"theme": "nosuch", "logo": "ABC"})
    assert len(caught.value.faults) == 2


def test_a_draft_shows_to_nobody_until_it_is_published(shop):
    with in_tenant(shop.tenant):
        owner = make_user("alice@example.test", role="owner")
        before = brand_selectors.look()
        brand_services.save_draft(document={"theme": "night"}, acting_user=owner)
        assert brand_selectors.look() == before
        assert brand_selectors.read_look(draft=True).document.theme == "night"
        brand_services.publish(acting_user=owner)
        after = brand_selectors.look()
    assert (after.document.theme, after.version) == ("night", before.version + 1)


def test_saving_and_publishing_again_changes_nothing(shop):
    with in_tenant(shop.tenant):
        owner = make_user("alice@example.test", role="owner")
        for _again in range(2):
            brand_services.save_draft(document={"theme": "paper"}, acting_user=owner)
        versions = {brand_services.publish(acting_user=owner).version for _again in range(2)}
    assert len(versions) == 1
    assert list(AuditEntry.objects.values_list("action", flat=True).order_by("id")) == [
        "brand.draft",
        "brand.publish",
    ]


def test_the_stylesheet_is_kept_for_ever_only_under_the_version_in_force(shop):
    browser = shop.visitor()
    with in_tenant(shop.tenant):
        version = brand_selectors.look().version
    assert "immutable" in browser.get(f"/theme.css?v={version}")["Cache-Control"]
    assert "immutable" not in browser.get(f"/theme.css?v={version + 1}")["Cache-Control"]


def test_a_draft_is_seen_by_operators_only(shop):
    with in_tenant(shop.tenant):
        owner = make_user("alice@example.test", role="owner")
        brand_services.save_draft(document={"tokens": {"primary": "#123456"}}, acting_user=owner)
    operator, member = shop.visitor(), shop.member()
    with in_tenant(shop.tenant):
        operator.force_login(owner, backend="accounts.backends.RoleBackend")
    assert "#123456" in operator.get("/theme.css?v=draft").content.decode()
    assert member.get("/theme.css?v=draft").status_code == 404
    assert shop.visitor().get("/theme.css?v=draft").status_code == 404


def test_a_brand_may_change_every_token():
    tokens = {
        "primary": "oklch(60% 0.2 30)", "secondary": "#00f", "accent": "#0f0", "base": "#fff",
        "price": "#f00", "scheme": "auto", "radius": 3, "scale": 1.1, "density": "airy", "display": "round",
    }  # fmt: skip
    css = stylesheet.render(BrandDocument.model_validate({"tokens": tokens}).model_dump_json())
    assert "--radius-box:3px" in css
    assert "--scale:1.1" in css
    assert "prefers-color-scheme: dark" in css
    assert css.count("{") == css.count("}") == 3


def test_the_logo_is_drawn_with_what_the_brand_says_and_nothing_else(shop):
    dress(shop.tenant, logo="禾")
    svg = shop.visitor().get("/brand/logo.svg").content.decode()
    assert "禾" in svg
    assert "<script" not in svg


def test_the_app_can_be_installed_under_the_shops_own_name(shop):
    manifest = shop.visitor("en").get("/manifest.webmanifest").json()
    assert manifest["name"] == "Alice's shop"
    assert manifest["icons"][0]["src"].startswith("/brand/logo.svg")
