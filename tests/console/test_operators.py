"""What operators do in their console, through its pages."""

import html
import re
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

import config.urls.tenant  # noqa: F401  the console's screens are registered with its URLs
from accounts import roles
from accounts.models import User
from billing.ledger import selectors as ledger_selectors
from billing.payments.models import Payment
from catalog.models import Product
from kernel.ids import new_id
from kernel.models import AuditEntry
from kernel.tenancy import in_public, in_tenant
from tenants.agents.models import Member, RulesVersion
from tenants.api_keys.models import ApiKey
from tenants.brand.models import Brand
from tenants.console.urls import console
from tenants.shop.listings import selectors as listing_selectors
from tenants.shop.listings.assortment import AssortmentRule
from tenants.shop.listings.models import Listing, ListingPrice
from tenants.shop.listings.overlay import overlay
from tenants.shop.orders.models import Order
from tenants.shop.refunds import services as refund_services
from tenants.shop.refunds.models import OrderRefund
from tests.support.build import make_tenant
from tests.support.consoles import ShopConsole

ON_THE_WAY = {"/console/payout-account/go/", "/console/payout-account/return/", "/console/plan/card/"}
"""To the payment service and back: these lead on and show nothing."""


def pages() -> list[str]:
    """Every page of the console that needs no id."""
    lists = [
        reverse(
            f"console:{model._meta.app_label}_{model._meta.model_name}_changelist",
            urlconf="config.urls.tenant",
        )
        for model in console._registry
    ]
    screens = [f"/console/{screen.route}" for screen in console.screens if "<" not in screen.route]
    return ["/console/", "/console/password_change/", *lists, *screens]


@pytest.mark.slow
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_page_opens_in_both_languages(console: ShopConsole, paid_order: Order, language: str) -> None:
    owner = console.browser()
    for page in pages():
        expected = 302 if page in ON_THE_WAY else 200
        assert owner.get(page, **{"accept-language": language}).status_code == expected, page


def test_support_sees_orders_and_members_and_changes_nothing(console: ShopConsole, paid_order: Order) -> None:
    support = console.browser(roles.SUPPORT)
    assert support.get("/console/shop/order/").status_code == 200
    assert support.get(f"/console/shop/order/{paid_order.pk}/change/").status_code == 200
    for closed in ("/console/keys/", "/console/prepaid/", "/console/brand/", "/console/team/invite/"):
        assert support.get(closed).status_code == 403, closed
    assert support.get(f"/console/orders/{paid_order.pk}/refund/").status_code == 403
    member = console.person(roles.MEMBER).pk
    assert support.post(f"/console/members/{member}/grant/", role="provider").status_code == 403
    assert support.post("/console/rules/", document="name: x", activate="1").status_code == 200
    with in_tenant(console.tenant):
        assert RulesVersion.objects.count() == 1


def test_the_overview_counts_what_was_sold_today(console: ShopConsole, paid_order: Order) -> None:
    page = console.browser().get("/console/").content.decode()
    assert paid_order.number in page
    assert "<svg" in page
    assert f"{Decimal(paid_order.total) / 100:,.2f}" in page


def test_an_order_shows_its_supplier_orders_earnings_reasons_and_money(
    console: ShopConsole, paid_order: Order
) -> None:
    page = console.browser().get(f"/console/shop/order/{paid_order.pk}/change/").content.decode()
    for text in ("The farm", "Product lamp", "Where the money went", "<svg", "王小满", "Saved", "margin"):
        assert text in page, text


def test_orders_are_found_by_number_and_buyer(console: ShopConsole, paid_order: Order) -> None:
    owner = console.browser()
    assert paid_order.number in owner.get(f"/console/shop/order/?q={paid_order.number}").content.decode()
    assert paid_order.number in owner.get("/console/shop/order/?q=carol@example").content.decode()
    assert paid_order.number not in owner.get("/console/shop/order/?q=nobody").content.decode()


def test_a_refund_shows_what_it_takes_from_whom_and_goes_out_once(
    console: ShopConsole, paid_order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    refunds: list[dict[str, Any]] = []

    def note(**arguments: Any) -> OrderRefund:
        refunds.append(arguments)
        return OrderRefund(state="requested")

    monkeypatch.setattr(refund_services, "refund_order", note)
    owner = console.browser()
    path = f"/console/orders/{paid_order.pk}/refund/"
    with in_tenant(console.tenant):
        line = paid_order.lines.get(sku="lamp-0")
    form = {f"units_{line.pk.hex}": "1", "freight": "1.00", "stop_shipping": "on", "key": "k"}
    assert owner.post(path, **form, reason="", confirm="").status_code == 200
    form["reason"] = "arrived broken"
    page = owner.post(path, **form, preview="").content.decode()
    for text in ("Who gives back", "The farm", "Platform fee", "margin", " now"):
        assert text in page, text
    shown = re.search(r'name="shown" value="([^"]+)"', page)
    assert shown
    # What is sent is what was seen, or it is shown once more.
    other = {**form, "freight": "2.00"}
    assert owner.post(path, **other, shown=html.unescape(shown[1]), confirm="").status_code == 200
    # A zero somebody typed is not everything.
    for zero in ({"amount": "0"}, {f"units_{line.pk.hex}": "0"}, {"freight": "0.00"}):
        page = owner.post(path, **zero, key="k", reason="a slip", preview="").content.decode()
        assert "Who gives back" not in page
    assert refunds == []
    assert owner.post(path, **form, shown=html.unescape(shown[1]), confirm="").status_code == 302
    assert [(arguments["reason"], arguments["lines"], arguments["freight"]) for arguments in refunds] == [
        ("arrived broken", {line.pk: 1}, 100)
    ]


def test_a_price_by_hand_shows_in_the_shop_and_its_margin_here(console: ShopConsole) -> None:
    owner, variant = console.browser(), console.tea.variants.get()
    path, field = f"/console/listings/{console.tea.pk}/", f"price_{variant.pk.hex}"
    form = {"title_zh-hans": "爱丽丝的茶", "title_en": "", "featured": "1", field: "120.50"}
    assert owner.post(path, **form).status_code == 302
    with in_tenant(console.tenant):
        assert ListingPrice.objects.get(variant_id=variant.pk).amount == 12_050
        [offer] = listing_selectors.offered_variants(overlay(), products=[console.tea.pk])
        assert offer.price == 12_050
        assert Listing.objects.get(product_id=console.tea.pk).title == {"zh-hans": "爱丽丝的茶"}
    page = owner.get("/console/listings/").content.decode()
    # 120.50 less 50.00 cost and 1.20 fee, in percent of the price.
    assert "69.30" in page
    assert "57.5 %" in page
    assert owner.post(path, **{**form, field: ""}).status_code == 302
    with in_tenant(console.tenant):
        assert not ListingPrice.objects.exists()


def test_a_price_below_its_cost_is_refused_with_the_least_that_would_do(console: ShopConsole) -> None:
    owner, variant = console.browser(), console.tea.variants.get()
    answer = owner.post(
        f"/console/listings/{console.tea.pk}/", featured="0", **{f"price_{variant.pk.hex}": "40"}
    )
    assert answer.status_code == 200
    assert "50.51" in answer.content.decode()
    with in_tenant(console.tenant):
        assert not ListingPrice.objects.exists()


def test_hiding_takes_a_product_off_the_shop(console: ShopConsole) -> None:
    owner = console.browser()
    assert owner.post(f"/console/listings/{console.tea.pk}/", featured="0", is_hidden="on").status_code == 302
    assert "Product tea" not in owner.get("/console/listings/").content.decode()
    assert "Product tea" in owner.get("/console/listings/?shown=hidden").content.decode()
    with in_tenant(console.tenant):
        assert not listing_selectors.listed_products(overlay()).filter(pk=console.tea.pk).exists()


def test_an_assortment_rule_is_tried_before_it_counts(console: ShopConsole) -> None:
    owner = console.browser()
    rule = "include:\n  - {supplier: farm}\nprice: {percent: -3, ending: 90}\n"
    page = owner.post("/console/assortment/", document=rule, **{"try": "1"}).content.decode()
    assert "97.90" in page
    with in_tenant(console.tenant):
        assert overlay().rule == AssortmentRule()
    assert owner.post("/console/assortment/", document=rule, save="1").status_code == 302
    with in_tenant(console.tenant):
        assert [product.handle for product in listing_selectors.listed_products(overlay())] == ["tea"]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("include: [", "line 1"),
        ("inclde: []", "inclde"),
        ("price: {percent: -99}", "price.percent"),
        ("- 1", "Rule"),
    ],
)
def test_a_wrong_assortment_rule_names_its_fault_and_changes_nothing(
    console: ShopConsole, rule: str, said: str
) -> None:
    answer = console.browser().post("/console/assortment/", document=rule, save="1")
    assert answer.status_code == 200
    assert said in answer.content.decode()
    with in_tenant(console.tenant):
        assert overlay().rule == AssortmentRule()


def test_rules_show_their_faults_by_line_and_are_switched_on_as_a_version(console: ShopConsole) -> None:
    owner = console.browser()
    wrong = (
        "name: Test\nearn:\n  - {id: a, kind: commission, payee: sharer, percent: lots}\n"
        "limits: {payout: {percent: 100, of: margin}}\ntax: {commission: withheld_by_platform}\n"
    )
    page = owner.post("/console/rules/", document=wrong, activate="1").content.decode()
    assert "line 3" in page
    assert "earn[0].percent" in page
    right = wrong.replace("lots", "6")
    assert owner.post("/console/rules/", document=right, check="1").status_code == 200
    with in_tenant(console.tenant):
        assert RulesVersion.objects.count() == 1
    assert owner.post("/console/rules/", document=right, activate="1").status_code == 302
    with in_tenant(console.tenant):
        assert RulesVersion.objects.count() == 2
    assert "percent: 6" in owner.get("/console/rules/2/").content.decode()
    assert owner.get("/console/rules/99/").status_code == 404


def test_rules_that_need_a_signature_say_so(console: ShopConsole) -> None:
    two_levels = (
        "name: Test\nearn:\n"
        "  - {id: a, kind: commission, payee: sharer, percent: 6}\n"
        "  - {id: b, kind: commission, payee: second, percent: 4}\n"
        "limits: {payout: {percent: 100, of: margin}}\ntax: {commission: withheld_by_platform}\n"
    )
    page = console.browser().post("/console/rules/", document=two_levels, activate="1").content.decode()
    assert "central team" in page
    with in_tenant(console.tenant):
        assert RulesVersion.objects.count() == 1


def test_the_brand_is_drafted_looked_at_and_published(console: ShopConsole) -> None:
    owner = console.browser()
    form = {
        "theme": "flash", "logo": "A", "tagline_en": "Alice sells", "hero_title_en": "Hello",
        "own_primary": "on", "colour_primary": "#123456", "colour_secondary": "#000000", "radius": "4",
    }  # fmt: skip
    assert owner.post("/console/brand/", draft="1", **form).status_code == 302
    with in_tenant(console.tenant):
        row = Brand.objects.get()
    assert row.draft["tokens"] == {"primary": "#123456", "radius": 4}
    assert row.published != row.draft
    assert owner.post("/console/brand/", publish="1", **form).status_code == 302
    with in_tenant(console.tenant):
        row = Brand.objects.get()
    assert row.published == row.draft
    wrong = owner.post("/console/brand/", publish="1", **{**form, "logo": "<b>x"})
    assert wrong.status_code == 200
    with in_tenant(console.tenant):
        assert Brand.objects.get().published["logo"] == "A"


def test_a_role_is_given_and_taken_by_hand_and_written_down(console: ShopConsole) -> None:
    owner, member = console.browser(), console.person(roles.MEMBER)
    page, base = f"/console/agents/member/{member.pk}/change/", f"/console/members/{member.pk}/"
    assert owner.get(page).status_code == 200
    with in_tenant(console.tenant):
        paid = {"deposit_id": new_id(), "deposit_payment_id": new_id(), "deposit_amount": 36_500}
        Member.objects.filter(pk=member.pk).update(deposit_state="held", **paid)
    assert "CN¥365.00 · kept for the member" in owner.get(page).content.decode()
    owner.post(f"{base}grant/", role="provider")
    assert "registered company" in owner.get(page).content.decode()
    owner.post(f"{base}company/", name="Tea Ltd", number="9131")
    owner.post(f"{base}grant/", role="provider")
    with in_tenant(console.tenant):
        assert Member.objects.get(pk=member.pk).roles == ["provider"]
    owner.post(f"{base}revoke/", role="provider", reason="")
    owner.post(f"{base}revoke/", role="provider", reason="company closed")
    with in_tenant(console.tenant):
        assert Member.objects.get(pk=member.pk).roles == []
    with in_public():
        actions = set(AuditEntry.objects.values_list("action", "reason"))
    assert ("role.revoked", "company closed") in actions
    assert owner.get(f"{base}grant/?role=provider").status_code == 302  # back to the member, nothing is given
    with in_tenant(console.tenant):
        assert Member.objects.get(pk=member.pk).roles == []


def test_topping_up_opens_a_payment_and_goes_to_its_page(
    console: ShopConsole, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("billing.payments.payments.services.start", lambda **arguments: None)
    owner = console.browser()
    for wrong in ("0", "-5", "1.234", "2000000", "much"):
        assert owner.post("/console/prepaid/", amount=wrong).status_code == 200
    assert not Payment.objects.exists()
    answer = owner.post("/console/prepaid/", amount="500")
    payment = Payment.objects.get()
    assert (payment.purpose, payment.amount, payment.tenant_id) == ("topup", 50_000, console.tenant.id)
    assert answer["Location"] == f"/pay/{payment.pk}/"


def test_a_key_s_secret_is_shown_once(console: ShopConsole) -> None:
    owner = console.browser()
    page = owner.post("/console/keys/", name="ERP", scopes=["catalogue:read"], per_minute="60")
    key = ApiKey.objects.get()
    assert f"key_{key.prefix}_" in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert f"key_{key.prefix}_" not in owner.get("/console/keys/").content.decode()
    assert owner.confirm(f"/console/keys/{key.pk}/revoke/").status_code == 302
    key.refresh_from_db()
    assert key.revoked_at


def test_the_key_of_another_shop_cannot_be_revoked_here(console: ShopConsole) -> None:
    owner = console.browser()
    owner.post("/console/keys/", name="ERP", scopes=["catalogue:read"], per_minute="60")
    key = ApiKey.objects.get()
    ApiKey.objects.update(tenant_id=make_tenant("charlie.localhost").id)
    owner.post(f"/console/keys/{key.pk}/revoke/")
    key.refresh_from_db()
    assert key.revoked_at is None


def test_nobody_raises_themselves_nor_to_a_role_of_the_platform(console: ShopConsole) -> None:
    owner, person = console.browser(), console.person(roles.OWNER)
    owner.post(f"/console/accounts/user/{person.pk}/change/", role=roles.SUPPORT, name="Al", phone="")
    assert console.person(roles.OWNER).role == roles.OWNER
    member = console.person(roles.MEMBER)
    path = f"/console/accounts/user/{member.pk}/change/"
    for role in (roles.CENTRAL_ADMIN, roles.SUPPLIER):
        owner.post(path, role=role, name="", phone="", is_active="on")
        assert console.person(roles.MEMBER).role == roles.MEMBER
    manager = console.person(roles.MANAGER)
    path = f"/console/accounts/user/{manager.pk}/change/"
    assert owner.post(path, role=roles.SUPPORT, name="", phone="", is_active="on").status_code == 302
    with in_tenant(console.tenant):
        assert User.objects.get(pk=manager.pk).role == roles.SUPPORT
    with in_public():
        entry = AuditEntry.objects.get(action="changed", object_id=str(manager.pk))
    assert entry.changes["role"] == [roles.MANAGER, roles.SUPPORT]
    assert "support" in owner.get(f"/console/accounts/user/{manager.pk}/history/").content.decode()


def test_the_audit_log_of_one_shop_shows_nothing_of_another(console: ShopConsole) -> None:
    AuditEntry.objects.create(
        schema="t_other", actor_label="Charlie's owner", action="x", object_type="x", object_id="1"
    )
    other = AuditEntry.objects.get(schema="t_other")
    owner = console.browser()
    assert "Charlie" not in owner.get("/console/kernel/auditentry/").content.decode()
    assert "Charlie" not in owner.get(f"/console/kernel/auditentry/{other.pk}/change/").content.decode()


def test_money_adds_up_after_all_of_it(console: ShopConsole, paid_order: Order) -> None:
    with in_public():
        assert set(ledger_selectors.sum_by_currency().values()) == {0}
        assert Product.objects.count() == 2
