"""A counterfeit, as billing and the buyers meet it."""

import pytest
from django.db import transaction
from django.test import Client

from accounts import roles
from accounts.models import User
from billing.ledger import selectors as ledger_selectors
from billing.ledger.models import AccountKind
from billing.payouts.models import Payable, PayoutAccount, PayoutHold
from billing.payouts.payables import services as payable_services
from kernel.errors import Conflict
from kernel.events import outbox
from kernel.ids import new_id
from kernel.models import NO_ONE
from kernel.tenancy import in_public, in_tenant
from selection.admission import services as admission_services
from selection.models import Claim, Ruling
from tenants.registry.models import Tenant
from tenants.shop.orders.models import Order, OrderLine
from tests.support.build import make_product, make_supplier, make_tenant, make_user
from tests.support.questions import press_and_confirm
from tests.support.refused import refused_by
from tests.support.rounds import complete_sales, make_club, make_members, pass_product


@pytest.fixture
def club(db: None) -> Tenant:
    """A club of sellers and members who can judge."""
    tenant = make_tenant()
    make_club(tenant)
    return tenant


def test_its_supplier_is_paid_nothing_and_owes_the_penalty(db: None) -> None:
    farm = make_supplier()
    tea = make_product(farm, "tea")
    PayoutAccount.objects.create(
        owner_kind="supplier",
        owner_id=farm.pk,
        state="able",
        external_id="acct_1",
    )
    Payable.objects.create(
        tenant_id=new_id(), supplier=farm, supplier_order_id=new_id(), order_id=new_id(), amount=9_000,
        currency="CNY", settlement_policy="shipped", state="due",
    )  # fmt: skip
    admission_services.declare_counterfeit(
        product_id=tea.pk, penalty=500_000, currency="CNY", reason="not the maker's", acting_user="chief"
    )
    outbox.relay()
    hold = PayoutHold.objects.get()
    assert "not the maker's" in hold.reason
    assert payable_services.request_due() == []
    owed = {"owner_kind": "supplier", "owner_id": farm.pk, "kind": AccountKind.SUPPLIER_RECEIVABLE}
    assert ledger_selectors.balance(**owed, currency="CNY") == -500_000
    chief = make_user("chief@central.test", roles.CENTRAL_ADMIN)
    browser = Client(headers={"host": "localhost", "accept-language": "en"})
    browser.force_login(chief, backend="accounts.backends.RoleBackend")
    with in_public():
        assert b"not the maker" in browser.get("/console/payout-holds/").content
        browser.post("/console/payout-holds/", {"hold": str(hold.pk), "reason": "cleared up"})
    hold.refresh_from_db()
    assert hold.lifted_at


def bought(
    tenant: Tenant, buyer: User, product_id: object, variant_id: object, supplier_id: object
) -> OrderLine:
    """A line of an order that the buyer received."""
    complete_sales(tenant, {buyer: 10_000})
    with in_tenant(tenant):
        order = Order.objects.get(buyer=buyer)
        return OrderLine.objects.create(
            order=order, position=1, product_id=product_id, variant_id=variant_id, supplier_id=supplier_id,
            title={"en": "tea"}, quantity=1, unit_price=10_000, unit_cost=1,
        )  # fmt: skip


def test_a_buyer_complains_on_the_orders_page_once_and_nobody_else_can(db: None) -> None:
    tenant = make_tenant()
    tea = make_product(make_supplier(), "tea")
    buyer, stranger = make_members(tenant, ["buyer", "stranger"])
    line = bought(tenant, buyer, tea.pk, tea.variants.get().pk, tea.supplier_id)
    with in_tenant(tenant):
        number = line.order.number
    path = f"/jury/complaints/{number}/{line.pk}/"
    complaint = {"kind": "counterfeit", "text": "the seal is a copy"}
    for person, expected in ((stranger, 404), (buyer, 302), (buyer, 302)):
        client = Client(headers={"host": "alice.localhost", "accept-language": "en"})
        with in_tenant(tenant):
            client.force_login(person, backend="accounts.backends.RoleBackend")
        with in_public():
            assert client.post(path, complaint).status_code == expected
    assert tea.complaints.get().text == "the seal is a copy"


def central_team() -> Client:
    chief = make_user("chief@central.test", roles.CENTRAL_ADMIN)
    browser = Client(headers={"host": "localhost", "accept-language": "en"})
    browser.force_login(chief, backend="accounts.backends.RoleBackend")
    return browser


def test_what_was_delisted_before_can_still_turn_out_to_be_one_but_once(db: None) -> None:
    farm = make_supplier()
    tea = make_product(farm, "tea")
    admission_services.delist_product(product_id=tea.pk, reason="no longer made", acting_user="chief")
    browser, path = central_team(), f"/console/selection/products/{tea.pk}/"
    form = {"what": "counterfeit", "penalty": "5000", "reason": "not the maker's"}
    with in_public():
        page = browser.get(path).content.decode()
        assert 'value="counterfeit"' in page
        assert 'value="delist"' not in page
        assert press_and_confirm(browser, path, form).status_code == 302
        page = browser.get(path).content.decode()
    assert "5,000.00" in page
    assert 'value="counterfeit"' not in page
    outbox.relay()
    assert PayoutHold.objects.get().supplier == farm
    owed = {"owner_kind": "supplier", "owner_id": farm.pk, "kind": AccountKind.SUPPLIER_RECEIVABLE}
    assert ledger_selectors.balance(**owed, currency="CNY") == -500_000
    with in_public():
        browser.post(path, form)
    with pytest.raises(Conflict):
        admission_services.declare_counterfeit(
            product_id=tea.pk, penalty=1, currency="CNY", reason="again", acting_user="chief"
        )
    outbox.relay()
    assert ledger_selectors.balance(**owed, currency="CNY") == -500_000
    with refused_by("selection.penalty_for_a_counterfeit"), transaction.atomic():
        Ruling.objects.create(
            product=make_product(farm, "milk"), tenant_id=NO_ONE, kind="recalled", penalty=1
        )


def test_its_supplier_reads_in_the_portal_what_became_of_it(club: Tenant) -> None:
    farm = make_supplier()
    tea, milk = make_product(farm, "tea"), make_product(farm, "milk")
    pass_product(tea)
    admission_services.recall_product(product_id=milk.pk, reason="cracked", acting_user="chief")
    farmer = Client(headers={"host": "localhost", "accept-language": "en"})
    with in_public():
        farmer.force_login(
            make_user("farmer@farm.test", roles.SUPPLIER, supplier_id=farm.pk),
            backend="accounts.backends.RoleBackend",
        )
        path = f"/portal/proposals/{tea.proposals.get().pk}/"
        assert b"off sale" not in farmer.get(path).content
        admission_services.declare_counterfeit(
            product_id=tea.pk, penalty=500_000, currency="CNY", reason="a copied seal", acting_user="chief"
        )
        page = farmer.get(path).content.decode()
        assert "a copied seal" in page
        assert "5,000.00" in page
        assert "counterfeit" in farmer.get("/portal/proposals/").content.decode()
        goods = farmer.get("/portal/goods/").content.decode()
    assert "off sale: called back" in goods
    assert "off sale for good" in goods


def test_the_central_team_ends_a_selling_point_that_was_broken(club: Tenant) -> None:
    tea = make_product(make_supplier(), "tea")
    pass_product(tea)
    claim, browser, path = Claim.objects.get(), central_team(), f"/console/selection/products/{tea.pk}/"
    with in_public():
        assert "End this selling point" in browser.get(path).content.decode()
        browser.post(path, {"breach": str(claim.pk), "reason": ""})
        assert Claim.objects.get().ended_at is None
        assert browser.post(path, {"breach": "x", "reason": "not A2"}).status_code == 404
        assert browser.post(path, {"breach": str(claim.pk), "reason": "not A2"}).status_code == 302
        page = browser.get(path).content.decode()
    assert Claim.objects.get().ended_by == "breach"
    assert "not A2" in page
    assert "End this selling point" not in page


def test_a_products_page_leads_to_the_round_that_judges_it(club: Tenant) -> None:
    tea = make_product(make_supplier(), "tea")
    pass_product(tea)
    admission_services.recall_product(product_id=tea.pk, reason="complaints", acting_user="chief")
    browser, path = central_team(), f"/console/selection/products/{tea.pk}/"
    with in_public():
        assert b"is judging it" not in browser.get(path).content
        answer = browser.post(path, {"review": "1"})
        page = browser.get(path).content.decode()
    assert "is judging it" in page
    assert answer["Location"] in page


def test_a_product_nobody_proposed_can_be_called_back_from_its_own_page(db: None) -> None:
    tea, browser = make_product(make_supplier(), "tea"), central_team()
    record = f"/console/selection/products/{tea.pk}/"
    with in_public():
        assert record in browser.get(f"/console/catalog/product/{tea.pk}/change/").content.decode()
        press_and_confirm(browser, record, {"what": "recall", "reason": "cracks"})
    tea.refresh_from_db()
    assert tea.admission == "recalled"
