"""The world of the tests: one cast and what they have, in the template of a database.

Alice owns a shop with rules in force. Bob works there as its manager, Fay does its finance, Sam its support;
Carol only buys. As members Alice brought Bob and Bob brought Carol. Two suppliers, the farm and the forge,
send the tea and the lamp. Charlie owns another shop and must see nothing of this one. The chief is of the
central team. A test that asks for ``world`` begins with all of it there; any other with an empty database.
"""

import pickle
from dataclasses import dataclass
from functools import cache

import pytest

from accounts import roles
from accounts.models import User
from catalog.models import Product, Supplier
from kernel.events import outbox
from kernel.tenancy import in_tenant
from tenants.agents.bindings import services as binding_services
from tenants.agents.members import services as member_services
from tenants.agents.rules_versions import services as rules_version_services
from tenants.agents.rules_versions.services import SignOff
from tenants.registry.models import Tenant
from tests import early
from tests.support import databases
from tests.support.build import RULES, make_product, make_supplier, make_tenant, make_user
from tests.support.cluster import EMPTY, WORLD

HOST, CHARLIES_HOST, PLATFORM = "alice.localhost", "charlie.localhost", "localhost"
STAFF = {"alice": roles.OWNER, "bob": roles.MANAGER, "carol": roles.MEMBER, "fay": roles.FINANCE,
         "sam": roles.SUPPORT}  # fmt: skip


@dataclass
class World:
    """Who and what is there; the rows are the database's, to be read again where they change."""

    tenant: Tenant
    alice: User
    bob: User
    carol: User
    fay: User
    sam: User
    charlies_shop: Tenant
    charlie: User
    chief: User
    farm: Supplier
    forge: Supplier
    tea: Product
    lamp: Product

    def holder_of(self, role: str) -> User:
        """Return the person of Alice's shop who has a role there."""
        return next(getattr(self, name) for name, held in STAFF.items() if held == role)


def make_world() -> World:
    """Make all of it, from "public"."""
    farm, forge = make_supplier("farm"), make_supplier("forge", freight=900)
    tea = make_product(farm, "tea", price=10_000, cost=5_000, stock=10)
    lamp = make_product(forge, "lamp", price=25_000, cost=15_000, stock=5)
    tenant = make_tenant(HOST)
    with in_tenant(tenant):
        signed = SignOff("chief@central.test", "two levels of sales")
        rules_version_services.activate_rules(document=RULES, acting_user=None, sign_off=signed)
        people = {name: make_user(f"{name}@example.test", role=role) for name, role in STAFF.items()}
        alice, bob, carol = (
            member_services.ensure_member(user=people[name]) for name in ("alice", "bob", "carol")
        )
        binding_services.bind(member=bob, code=alice.referral_code, how="link")
        binding_services.bind(member=carol, code=bob.referral_code, how="link")
    charlies_shop = make_tenant(CHARLIES_HOST, name={"zh-hans": "查理的店", "en": "Charlie's shop"})
    with in_tenant(charlies_shop):
        charlie = make_user("charlie@example.test", role=roles.OWNER)
    chief = make_user("chief@central.test", role=roles.CENTRAL_ADMIN)
    while outbox.relay():
        pass
    return World(
        tenant, **people, charlies_shop=charlies_shop, charlie=charlie, chief=chief,
        farm=farm, forge=forge, tea=tea, lamp=lamp,
    )  # fmt: skip


def make_template() -> None:
    """Make the template the world lies in, once a run, and leave for the other processes what is where."""
    databases.make(WORLD, EMPTY)
    databases.point_to(WORLD)
    (early.run / "world.pickle").write_bytes(pickle.dumps(make_world()))
    databases.point_to(early.worker)


@cache
def _pickled() -> bytes:
    return (early.run / "world.pickle").read_bytes()


@pytest.fixture
def world(request: pytest.FixtureRequest) -> World:
    """The cast and what they have, to be rolled back, or in a database of its own for a test that has one."""
    request.getfixturevalue("own_database" if "own_database" in request.fixturenames else "db")
    copy: World = pickle.loads(_pickled())
    return copy
