"""A partner: Alice's shop with a key, money on its balance and goods of two suppliers, called over HTTP."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from billing.ledger import services as ledger_services
from billing.ledger.models import AccountKind
from billing.ledger.services import Leg
from catalog.models import Product
from kernel.ids import new_id
from kernel.models import NO_ONE
from kernel.tenancy import in_public
from tenants.api_keys.models import Scope
from tenants.api_keys.services import create_key
from tenants.registry.models import Tenant
from tests.support.world import HOST, World

ADDRESS = {"name": "王芳", "phone": "13800000000", "region": "上海市徐汇区", "address": "漕溪路 1 号"}


def make_key(tenant: Tenant, *scopes: str, per_minute: int = 600) -> str:
    """Return the secret of a new key of ``tenant``, with all scopes if none is named."""
    return create_key(
        tenant=tenant, name="ERP", scopes=scopes or Scope.values, acting_user="test", per_minute=per_minute
    ).secret


def top_up(tenant: Tenant, amount: int) -> None:
    """Put money on the prepaid balance, as a paid top-up does."""
    with in_public(), transaction.atomic():
        ledger_services.post(
            tenant_id=tenant.id,
            kind="topup",
            idempotency_key=str(new_id()),
            legs=[
                Leg("platform", NO_ONE, AccountKind.PSP_CLEARING, "CNY", -amount, NO_ONE),
                Leg("tenant", tenant.id, AccountKind.TENANT_PREPAID, "CNY", amount, tenant.id),
            ],
        )


@dataclass
class Partner:
    """A caller of the API."""

    tenant: Tenant
    secret: str
    tea: Product
    lamp: Product
    host: str = HOST
    client: Client = field(default_factory=Client)

    def call(self, method: str, path: str, content: Any = None, **headers: str) -> Any:
        """Send a request as this partner; a header given as "" is left out."""
        sent = {"host": self.host, "authorization": f"Bearer {self.secret}", **headers}
        # A request leaves its connection in the tenant's schema; what follows starts in "public" again.
        with in_public():
            return self.client.generic(
                method,
                f"/api/v1/{path}",
                data=content if isinstance(content, str | bytes) else json.dumps(content or {}),
                content_type=sent.pop("content_type", "application/json"),
                headers={name.replace("_", "-"): value for name, value in sent.items() if value},
            )

    def get(self, path: str, **headers: str) -> Any:
        """Read."""
        return self.call("GET", path, **headers)

    def order(self, *lines: tuple[Product, int, int], key: str = "", **more: Any) -> Any:
        """Place an order of (product, quantity, expected cost)."""
        content = {
            "reference": "PO-1",
            "ship_to": ADDRESS,
            "lines": [
                {
                    "variant_id": str(product.variants.get().pk),
                    "quantity": quantity,
                    "expected_cost": cost,
                }
                for product, quantity, cost in lines
            ],
            **more,
        }
        return self.call("POST", "orders", content, idempotency_key=key or new_id().hex)


@pytest.fixture
def partner(world: World) -> Partner:
    """Alice's shop as a partner: tea (cost 50.00, farm, freight 6.00), a lamp (cost 150.00, freight 9.00)."""
    top_up(world.tenant, 100_000)
    return Partner(world.tenant, make_key(world.tenant), world.tea, world.lamp)
