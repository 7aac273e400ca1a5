"""A shop with rules, goods of two suppliers and a circle of three: Alice brought Bob, Bob brought Carol."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from accounts.models import User
from catalog.models import Product
from kernel.tenancy import in_tenant
from tenants.agents.bindings import services as binding_services
from tenants.agents.members import services as member_services
from tenants.agents.ruleset import services as ruleset_services
from tenants.agents.ruleset.services import SignOff
from tenants.registry.models import Tenant
from tests.build import make_product, make_supplier, make_tenant, make_user

RULES = """
name: Test
roles:
  - id: provider
    name: {zh-hans: 服务商, en: Service provider}
    company: true
tax: {commission: withheld_by_platform, service_fee: invoice_by_company}
limits: {payout: {percent: 100, of: margin}}
earn:
  - {id: saving, kind: price_reduction, payee: buyer, percent: 10}
  - {id: share, kind: commission, payee: sharer, percent: 8, hold_days: 7}
  - {id: second, kind: commission, payee: second, percent: 3, hold_days: 7}
  - {id: service, kind: service_fee, payee: nearest_above, percent: 5, when: {payee_roles: [provider]}}
"""


@dataclass
class Shop:
    """What the tests of the shop stand on."""

    tenant: Tenant
    alice: User
    bob: User
    carol: User
    tea: Product
    lamp: Product


def make_shop() -> Shop:
    """The shop with its people and goods, from "public"."""
    tenant = make_tenant()
    farm, forge = make_supplier("farm"), make_supplier("forge", freight=900)
    tea = make_product(farm, "tea", price=10_000, cost=5_000, stock=10)
    lamp = make_product(forge, "lamp", price=25_000, cost=15_000, stock=5)
    with in_tenant(tenant):
        ruleset_services.activate_rules(
            document=RULES, acting_user=None, sign_off=SignOff("Dana", "two levels of sales")
        )
        people = [make_user(f"{name}@example.test") for name in ("alice", "bob", "carol")]
        members = [member_services.ensure_member(user=person) for person in people]
        binding_services.bind(member=members[1], code=members[0].referral_code, how="link")
        binding_services.bind(member=members[2], code=members[1].referral_code, how="link")
    return Shop(tenant, *people, tea, lamp)


@pytest.fixture
def shop(db: None) -> Iterator[Shop]:
    """The shop, entered."""
    shop = make_shop()
    with in_tenant(shop.tenant):
        yield shop
