"""A counterfeit, as billing and the buyers meet it."""

from django.test import Client

from accounts import roles
from accounts.models import User
from billing.ledger import selectors as ledger
from billing.ledger.models import AccountKind
from billing.payouts import suppliers
from billing.payouts.models import Payable, PayoutAccount, SupplierHold
from kernel import outbox
from kernel.ids import new_id
from kernel.tenancy import in_public, in_tenant
from selection import rulings
from tenants.registry.models import Tenant
from tenants.shop.models import Order, OrderLine
from tests.build import make_product, make_supplier, make_tenant, make_user
from tests.selection.build import make_members, settle_sales


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
        currency="CNY", settlement="shipped", state="due",
    )  # fmt: skip
    rulings.declare_counterfeit(
        product_id=tea.pk, penalty=500_000, currency="CNY", reason="not the maker's", acting_user="chief"
    )
    outbox.relay()
    hold = SupplierHold.objects.get()
    assert "not the maker's" in hold.reason
    assert suppliers.request_due() == []
    owed = {"owner_kind": "supplier", "owner_id": farm.pk, "kind": AccountKind.SUPPLIER_RECEIVABLE}
    assert ledger.balance(**owed, currency="CNY") == -500_000
    chief = make_user("chief@office.test", roles.CENTRAL_ADMIN)
    browser = Client(headers={"host": "localhost", "accept-language": "en"})
    browser.force_login(chief, backend="accounts.backends.RoleBackend")
    with in_public():
        assert b"not the maker" in browser.get("/console/held-suppliers/").content
        browser.post("/console/held-suppliers/", {"hold": str(hold.pk), "reason": "cleared up"})
    hold.refresh_from_db()
    assert hold.lifted_at


def bought(
    tenant: Tenant, buyer: User, product_id: object, variant_id: object, supplier_id: object
) -> OrderLine:
    """A line of an order that the buyer received."""
    settle_sales(tenant, {buyer: 10_000})
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
    told = {"kind": "counterfeit", "text": "the seal is a copy"}
    for person, expected in ((stranger, 404), (buyer, 302), (buyer, 302)):
        client = Client(headers={"host": "alice.localhost", "accept-language": "en"})
        with in_tenant(tenant):
            client.force_login(person, backend="accounts.backends.RoleBackend")
        with in_public():
            assert client.post(path, told).status_code == expected
    assert tea.complaints.get().text == "the seal is a copy"
