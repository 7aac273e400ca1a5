"""Builders: two suppliers who must know nothing of each other, and orders they have to send."""

from types import SimpleNamespace

from django.test import Client

from accounts import roles
from accounts.models import User
from catalog.models import Supplier
from fulfilment.models import SupplierOrder
from fulfilment.orders import services as supplier_order_services
from fulfilment.orders.services import DraftLine, SupplierOrderDraft
from kernel.ids import new_id
from tests.support.build import make_supplier, make_user

ADDRESS = {"name": "林晓", "phone": "+86 138 0000 1234", "region": "浙江省 杭州市", "address": "文三路 90 号"}
SHOP = SimpleNamespace(id=new_id(), schema_name="t_alice")


def make_supplier_user(supplier: Supplier, email: str = "") -> User:
    """Somebody who works for the supplier."""
    return make_user(email or f"{supplier.code}@example.test", roles.SUPPLIER, supplier_id=supplier.pk)


def make_supplier_order(supplier: Supplier, number: str = "", **fields: object) -> SupplierOrder:
    """An order of the supplier that waits to be sent: two of one thing at 50.00 and 6.00 freight."""
    line = DraftLine(new_id(), "=SKU-1", {"zh-hans": "面条", "en": "Noodles"}, ["宽 / Wide"], 2, 5_000)
    (order,) = supplier_order_services.create_supplier_orders(
        tenant=SHOP,
        order_id=new_id(),
        order_number=number or new_id().hex[-8:],
        shop_name="Alice's shop",
        ship_to={**ADDRESS, **fields},
        currency="CNY",
        drafts=[SupplierOrderDraft(supplier.pk, 600, [line])],
    )
    return order


def portal(user: User | None = None) -> Client:
    """A browser on the platform's host, signed in as ``user``."""
    client = Client(headers={"host": "localhost", "accept-language": "en"})
    if user is not None:
        client.force_login(user, backend="accounts.backends.RoleBackend")
    return client


def two_suppliers() -> tuple[Supplier, Supplier]:
    """The farm and the mill."""
    return make_supplier("farm"), make_supplier("mill", name={"zh-hans": "磨坊", "en": "The mill"})
