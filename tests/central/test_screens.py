"""What the central team does in its console, through its pages."""

import io
import json
import re
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse

import config.urls.central  # noqa: F401  the console's screens are registered with its URLs
from accounts import roles
from accounts import services as account_services
from accounts.models import User
from billing.ledger import services as ledger_services
from billing.ledger.models import AccountKind, Transfer
from billing.ledger.services import Leg
from billing.payments.clearing import clearing_leg
from billing.payments.models import Payment
from billing.payouts.models import Payable
from catalog.models import Price, Product, Stock, Supplier
from central.urls import central
from kernel.errors import Conflict, InvalidInput
from kernel.models import AuditEntry
from kernel.money.money import format_money
from kernel.tenancy import in_tenant
from tenants.agents.models import RulesVersion
from tenants.registry.models import Domain, Tenant
from tenants.shop.models import Order
from tests.support.build import make_supplier, make_user
from tests.support.consoles import Browser, ShopConsole
from tests.support.world import PLATFORM


def post_prepaid(tenant_id: UUID, amount: int) -> None:
    """Let money come onto a shop's prepaid balance, or go."""
    legs = [
        clearing_leg("stripe", "CNY", -amount),
        Leg("tenant", tenant_id, AccountKind.TENANT_PREPAID, "CNY", amount),
    ]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        ledger_services.post(tenant_id=tenant_id, kind="test", idempotency_key=str(amount), legs=legs)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


MONEY = {"ledger", "payments", "payouts"}
BLUEPRINT = """name: {zh-hans: 新店, en: New shop}
host: new.localhost
preset: deposit-club
owner: {email: owner@new.test, name: 店主, password: a-long-password-1}
"""


def path_of(model: type, page: str, *args: object) -> str:
    """Path of a model's page in the central console."""
    meta = model._meta  # type: ignore[attr-defined]
    return reverse(
        f"central:{meta.app_label}_{meta.model_name}_{page}", urlconf="config.urls.central", args=args
    )


@pytest.mark.slow
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_page_opens_in_both_languages(
    console: ShopConsole, paid_order: Order, central_team: Browser, language: str
) -> None:
    lists = [path_of(model, "changelist") for model in central._registry]
    screens = [f"/console/{screen.route}" for screen in central.screens if "<" not in screen.route]
    for page in ("/console/", *lists, *screens):
        assert central_team.get(page, **{"accept-language": language}).status_code == 200, page


@pytest.mark.slow
def test_every_row_of_every_list_opens(
    console: ShopConsole, paid_order: Order, central_team: Browser
) -> None:
    opened = 0
    for model in central._registry:
        for row in model._default_manager.all()[:2]:
            assert central_team.get(path_of(model, "change", row.pk)).status_code == 200, model
            opened += 1
    assert opened >= 12


def test_no_page_of_money_shows_minor_units(
    console: ShopConsole, paid_order: Order, central_team: Browser
) -> None:
    for row in (Payment.objects.get(), Payable.objects.first()):
        assert row
        page = central_team.get(path_of(type(row), "change", row.pk)).content.decode()
        assert format_money(row.amount, row.currency, "en") in page
        assert not re.search(rf">\s*{row.amount}\s*<", page)
        assert "see billing" not in page, "what the code says of a field is for programmers"
    assert paid_order.total == Payment.objects.get().amount


def test_money_can_be_looked_at_and_by_nobody_changed(
    console: ShopConsole, paid_order: Order, central_team: Browser
) -> None:
    tried = 0
    for model in central._registry:
        if model._meta.app_label not in MONEY:
            continue
        row = model._default_manager.first()
        assert central_team.get(path_of(model, "add")).status_code == 403
        assert central_team.post(path_of(model, "add")).status_code == 403
        if row is not None:
            before = model._default_manager.values().get(pk=row.pk)
            assert central_team.post(path_of(model, "change", row.pk), amount="1").status_code == 403
            assert central_team.post(path_of(model, "delete", row.pk), post="yes").status_code == 403
            assert model._default_manager.values().get(pk=row.pk) == before
            tried += 1
    assert tried >= 4
    assert {model._meta.app_label for model in central._registry} >= MONEY


@pytest.mark.slow
def test_the_shop_s_console_knows_no_money_table_and_no_shared_one(console: ShopConsole) -> None:
    owner = console.browser()
    for model in apps.get_models():
        if model._meta.app_label in {*MONEY, "catalog", "fulfilment", "registry", "api_keys"}:
            path = f"/console/{model._meta.app_label}/{model._meta.model_name}/"
            assert owner.get(path).status_code == 404, path


def test_the_list_of_shops_shows_orders_and_sales(
    console: ShopConsole, paid_order: Order, central_team: Browser
) -> None:
    page = central_team.get(path_of(Tenant, "changelist")).content.decode()
    assert "Alice&#x27;s shop" in page
    assert f"{paid_order.total // 100:,}" in page


def test_the_ledger_says_that_it_adds_up(
    console: ShopConsole, paid_order: Order, central_team: Browser
) -> None:
    page = central_team.get(path_of(Transfer, "changelist")).content.decode()
    assert "balanced" in page
    transfer = Transfer.objects.get()
    page = central_team.get(path_of(Transfer, "change", transfer.pk)).content.decode()
    assert "platform fee" in page
    assert "Alice&#x27;s shop" in page


def test_a_shop_is_opened_from_a_document(central_team: Browser) -> None:
    answer = central_team.post("/console/shops/new/", document=BLUEPRINT)
    tenant = Domain.objects.get(domain="new.localhost").tenant
    assert answer["Location"] == path_of(Tenant, "change", tenant.pk)
    assert "is open at" in central_team.get(answer["Location"]).content.decode()
    owner = Browser("new.localhost")
    assert owner.sign_in("owner@new.test", "a-long-password-1").status_code == 302
    assert owner.get("/console/").status_code == 200
    assert central_team.post("/console/shops/new/", document=BLUEPRINT).status_code == 302
    assert Tenant.objects.filter(domains__domain="new.localhost").count() == 1


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (BLUEPRINT.replace("host: new.localhost", "host: not a host"), ("line 2", "host")),
        (BLUEPRINT + "rules:\n  preset: no-such\n", ("line 6", "rules")),
        (BLUEPRINT + "asortment: {}\n", ("line 5", "assortment")),
        ("name: [", ("YAML", "line 2")),
    ],
)
def test_a_wrong_document_shows_its_faults_by_line_and_leaves_nothing(
    central_team: Browser, document: str, said: tuple[str, ...]
) -> None:
    answer = central_team.post("/console/shops/new/", document=document)
    assert answer.status_code == 200
    for text in said:
        assert text in answer.content.decode(), text
    assert not Tenant.objects.filter(domains__domain="new.localhost").exists()


def test_closing_a_shop_needs_its_host_and_a_reason(
    console: ShopConsole, central_team: Browser, settings, tmp_path: Path
) -> None:
    settings.BANYAN_VAR = tmp_path
    with connection.cursor() as cursor:  # the test's own transaction holds checks that a DROP cannot pass
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    path = f"/console/shops/{console.tenant.pk}/retire/"
    assert central_team.post(path, reason="contract ended", host="other.localhost").status_code == 200
    assert central_team.post(path, reason="", host="alice.localhost").status_code == 200
    console.tenant.refresh_from_db()
    assert console.tenant.state == Tenant.State.ACTIVE
    open_payment = Payment.objects.create(
        tenant_id=console.tenant.pk,
        schema=console.tenant.schema_name,
        purpose="order",
        reference_id=uuid4(),
        amount=1,
    )
    refused = central_team.post(path, reason="contract ended", host="alice.localhost")
    assert "payments that are not finished" in refused.content.decode()
    Payment.objects.filter(pk=open_payment.pk).update(state=Payment.State.CANCELLED)
    post_prepaid(console.tenant.pk, 100)
    refused = central_team.post(path, reason="contract ended", host="alice.localhost")
    assert "prepaid money" in refused.content.decode()
    post_prepaid(console.tenant.pk, -100)
    assert central_team.post(path, reason="contract ended", host="alice.localhost").status_code == 302
    console.tenant.refresh_from_db()
    assert console.tenant.state == Tenant.State.RETIRED
    assert list(tmp_path.glob("exports/*.zip"))
    assert AuditEntry.objects.filter(reason="contract ended").exists()
    assert central_team.get(path).status_code == 404


def test_rules_are_signed_here_and_switched_on_there(console: ShopConsole, central_team: Browser) -> None:
    document = (
        "name: Signed\nearn:\n"
        "  - {id: a, kind: commission, payee: sharer, percent: 6}\n"
        "  - {id: b, kind: commission, payee: second, percent: 4}\n"
        "limits: {payout: {percent: 100, of: margin}}\ntax: {commission: withheld_by_platform}\n"
    )
    path = f"/console/shops/{console.tenant.pk}/rules/"
    assert central_team.post(path, document=document, reason="").status_code == 200
    assert central_team.post(path, document="name: x\nearn: 3", reason="why not").status_code == 200
    with in_tenant(console.tenant):
        assert RulesVersion.objects.count() == 1
    assert central_team.post(path, document=document, reason="looked at with counsel").status_code == 302
    with in_tenant(console.tenant):
        version = RulesVersion.objects.get(number=2)
    assert version.signed_off[0]["reason"] == "looked at with counsel"
    assert "chief@central.test" in version.signed_off[0]["by"]
    assert "counsel" in console.browser().get("/console/rules/2/").content.decode()


def test_a_supplier_is_changed_in_major_units_and_it_is_written_down(central_team: Browser) -> None:
    supplier = make_supplier("farm", freight=600)
    form = {
        "name_zh-hans": "农场", "name_en": "The farm", "email": "", "region": "云南",
        "country": "VN", "timezone": "",
        "settlement_policy": "received", "currency": "CNY", "freight": "8.50", "freight_free_from": "99",
        "handling_days": "3", "is_active": "on",
    }  # fmt: skip
    assert central_team.post(path_of(Supplier, "change", supplier.pk), **form).status_code == 302
    supplier.refresh_from_db()
    assert (supplier.freight, supplier.freight_free_from, supplier.settlement_policy) == (
        850,
        9_900,
        "received",
    )
    assert (supplier.country, supplier.timezone) == ("VN", "Asia/Ho_Chi_Minh"), "the usual one"
    entry = AuditEntry.objects.get(action="changed", object_id=str(supplier.pk))
    assert entry.changes["freight"] == [600, 850]
    assert "name" not in entry.changes
    assert (
        central_team.post(path_of(Supplier, "change", supplier.pk), **{**form, "freight": "-1"}).status_code
        == 200
    )
    assert central_team.post(path_of(Supplier, "delete", supplier.pk), post="yes").status_code == 403


def test_prices_and_stock_write_only_what_was_changed(console: ShopConsole, central_team: Browser) -> None:
    price = Price.objects.get(variant__product=console.tea)
    path = f"/console/products/{console.tea.pk}/prices/"
    form = {f"{price.pk}-{name}": value for name, value in
            {"cost": "50", "minimum": "60", "suggested": "110", "available": "10"}.items()}  # fmt: skip
    stock = Stock.objects.get(variant=price.variant)
    Stock.objects.filter(pk=stock.pk).update(available=7, reserved=3)
    form[f"{price.pk}-available"] = "7"
    assert central_team.post(path, **form).status_code == 302
    price.refresh_from_db()
    stock.refresh_from_db()
    assert (price.cost, price.minimum, price.suggested) == (5_000, 6_000, 11_000)
    assert (stock.available, stock.reserved) == (7, 3)
    assert not AuditEntry.objects.filter(action="set_stock").exists()
    assert central_team.post(path, **{**form, f"{price.pk}-minimum": "10"}).status_code == 200
    price.refresh_from_db()
    assert price.minimum == 6_000


def test_a_description_is_sanitised(console: ShopConsole, central_team: Browser) -> None:
    path = path_of(Product, "change", console.tea.pk)
    inlines = {
        f"{prefix}-{name}": value
        for prefix, rows in (("variants", 1), ("media", 0))
        for name, value in {"TOTAL_FORMS": rows, "INITIAL_FORMS": rows}.items()
    }
    variant = console.tea.variants.get()
    row = {
        "id": variant.pk,
        "product": console.tea.pk,
        "sku": "t",
        "options": "",
        "weight_grams": 0,
        "position": 0,
    }
    form = {
        "kind": "physical", "status": "active", "category": console.tea.category_id, "title_en": "Tea",
        "tags": "a，b", "description_en": '<p onclick="x()">Good</p><script>bad()</script>', "vendor": "",
        "region": "", **inlines, **{f"variants-0-{name}": value for name, value in row.items()},
        "variants-0-is_active": "on",
    }  # fmt: skip
    assert central_team.post(path, **form).status_code == 302
    console.tea.refresh_from_db()
    assert console.tea.description == {"en": "<p>Good</p>"}
    assert console.tea.tags == ["a", "b"]


def test_those_who_only_look_change_nothing(console: ShopConsole) -> None:
    make_user("look@central.test", role=roles.CENTRAL_STAFF)
    browser = Browser(PLATFORM)
    assert browser.sign_in("look@central.test").status_code == 302
    assert browser.get("/console/").status_code == 200
    assert browser.get("/console/shops/new/").status_code == 403
    assert browser.get(f"/console/shops/{console.tenant.pk}/retire/").status_code == 403
    assert browser.get("/console/team/invite/").status_code == 403
    page = browser.post(f"/console/shops/{console.tenant.pk}/rules/", document="name: x", reason="because")
    assert page.status_code == 200
    with in_tenant(console.tenant):
        assert RulesVersion.objects.count() == 1


def test_staff_are_made_from_the_command_line(db: None) -> None:
    out = io.StringIO()
    call_command("staff", "Chief@Central.test", "--json", stdout=out)
    account = json.loads(out.getvalue())
    person = User.objects.get(email="chief@central.test")
    assert (person.role, account["created"]) == (roles.CENTRAL_ADMIN, True)
    assert person.check_password(account["password"])
    out = io.StringIO()
    call_command("staff", "chief@central.test", "--role", roles.CENTRAL_STAFF, stdout=out)
    person.refresh_from_db()
    assert person.role == roles.CENTRAL_STAFF
    assert "password" not in out.getvalue()
    with pytest.raises(CommandError, match="password"):
        call_command("staff", "x@central.test", "--password", "123")
    assert not User.objects.filter(email="x@central.test").exists()


def test_one_address_is_one_kind_of_person(db: None) -> None:
    supplier = make_supplier()
    issued = account_services.invite_supplier_user(
        email="a@b.test", supplier_id=supplier.pk, acting_user="test"
    )
    account_services.accept_invitation(token=issued.token, password="secret-pass-1")
    with pytest.raises(Conflict):
        account_services.create_staff(email="a@b.test", role=roles.CENTRAL_ADMIN, acting_user="test")
    with pytest.raises(Conflict):
        account_services.invite_supplier_user(
            email="a@b.test", supplier_id=make_supplier("b").pk, acting_user="test"
        )
    for role in (roles.OWNER, roles.SUPPLIER, "king"):
        with pytest.raises(InvalidInput):
            account_services.create_staff(email="c@b.test", role=role, acting_user="test")
    with pytest.raises(InvalidInput):
        account_services.create_staff(email="nobody", role=roles.CENTRAL_ADMIN, acting_user="test")
    assert User.objects.count() == 1
