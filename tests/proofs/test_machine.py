"""A machine that trades at random and a model beside it that knows what everybody must have.

``make proofs SEED=7 OPERATIONS=100000`` runs it longer, with MINUTES=15 until then at most; a failure names
its seed, and the same seed tells the same story again.
"""

import os
import time
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from billing.payments.gateway import forget_connections
from billing.payments.gateways.stripe import gateway as stripe_gateway
from billing.payouts.accounts import services as payout_account_services
from billing.payouts.accounts.services import AccountOwner
from billing.payouts.models import PayoutAccount
from billing.plans import selectors as plan_selectors
from billing.plans.models import CardFeeBearer, Plan
from catalog.models import Stock
from kernel.events.queues import EventQueue
from kernel.tenancy import in_tenant
from tenants.agents.bindings import services as binding_services
from tenants.agents.members import services as member_services
from tenants.agents.rules_versions import services as rules_version_services
from tenants.agents.rules_versions.services import SignOff
from tests.proofs.fake_gateway import FakeGateway
from tests.proofs.machine import TROUBLE, Machine
from tests.proofs.whole_machine import WholeMachine
from tests.support.build import RULES, make_product, make_supplier, make_tenant, make_user
from tests.support.lock_order import out_of_order, watched
from tests.support.volume import volume

pytestmark = pytest.mark.volume
SEEDS = [int(os.environ["SEED"])] if "SEED" in os.environ else volume([1], [1, 2, 3, 4])
OPERATIONS = int(os.environ.get("OPERATIONS", volume(120, 250)))
MINUTES = float(os.environ.get("MINUTES", "inf"))
CHECK_EVERY = 250
SHOPPING = {"buy", "refund", "ship", "receive", "hear", "sweep"}
JOIN = "join: {deposit: {amount: 50, returned_on_request: true}, grants: [member]}\n"
MEMBER = "  - {id: member, name: {zh-hans: 会员, en: Member}}\n"


@pytest.fixture
def machine(seed: int, own_database: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A shop with two suppliers and four people in a line; the provider is the one in memory."""
    provider = FakeGateway(seed, 0)
    # The machine is its own worker: nobody has to be told that there is something to do.
    monkeypatch.setattr(EventQueue, "wake", lambda _self: None)
    monkeypatch.setattr(stripe_gateway, "connect", lambda: provider)
    forget_connections()
    suppliers = [make_supplier("farm"), make_supplier("forge", freight=900)]
    products = [
        make_product(suppliers[number % 2], price=10_000 + 777 * number, cost=5_001 + 333 * number)
        for number in range(4)
    ]
    Stock.objects.update(available=10**9)
    variants = [product.variants.get().pk for product in products]
    random = Random(seed)
    baskets = [
        tuple((variant, random.randint(1, 3)) for variant in random.sample(variants, random.randint(1, 2)))
        for _basket in range(8)
    ]
    tenant = make_tenant()
    # Who bears what the provider keeps is another one for each seed.
    Plan.objects.update(card_fee_bp=290, card_fee_bearer=list(CardFeeBearer)[seed % len(CardFeeBearer)])
    plan_selectors.forget(tenant.id)
    for supplier in suppliers:
        payout_account_services.open_account(
            owner=payout_account_services.supplier_owner(supplier), country="CN"
        )
    with in_tenant(tenant):
        rules = RULES.replace("hold_days: 7", "hold_days: 0").replace("roles:\n", f"{JOIN}roles:\n{MEMBER}")
        rules_version_services.activate_rules(
            document=rules, acting_user=None, sign_off=SignOff("Dana", "a test")
        )
        people = [make_user(f"{number}@example.test") for number in range(4)]
        members = [member_services.ensure_member(user=person) for person in people]
        for above, below in pairwise(members):
            binding_services.bind(member=below, code=above.referral_code, how="link")
    for person in people:
        owner = AccountOwner(PayoutAccount.OwnerKind.MEMBER, person.pk, tenant.id, person.email)
        payout_account_services.open_account(owner=owner, country="CN")
    provider.trouble = TROUBLE
    with watched() as orders:
        machine = WholeMachine(seed, tenant, people, baskets, provider, random)
        machine.lock_orders = orders
        yield machine
    forget_connections()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_machine_and_the_model_agree(machine: Machine, seed: int) -> None:
    started = time.monotonic()
    for number in range(1, OPERATIONS + 1):
        machine.run()
        if number % CHECK_EVERY == 0 and number < OPERATIONS:
            machine.agrees(whole=number % 5000 == 0)
        if number % 1000 == 0:
            machine.report(started)
        if time.monotonic() - started > MINUTES * 60:
            break
    machine.agrees(whole=True)
    machine.report(started)
    assert out_of_order(machine.lock_orders) == []
    assert any(len(order) > 5 for order in machine.lock_orders)
    assert machine.tally["buy"] > machine.step / 20
    # Wallets fill slowly and banks dispute seldom: a short run may leave some of it out.
    always = {act.__name__ for act in machine.acts()} if machine.step >= 1000 else SHOPPING
    never = (always | {"refused"}) - set(machine.tally)
    assert not never, "a seed that leaves something out proves nothing about it"
