"""Every URL of every surface, called by people whom it does not concern: nothing is shown, nothing changes.

Alice's shop holds things that bear marks. Others call every address with the ids of her things: the owner,
a member and a key of Charlie's shop, a supplier of other goods, another member of Alice's own shop, and
nobody at all. A pattern whose parameters have no sample fails, so that no new URL is forgotten.
"""

import io
import json
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import quote

import pytest
from django.apps import apps
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from PIL import Image

from accounts import roles
from accounts.models import User
from billing.ledger import services as ledger_services
from billing.ledger.models import AccountKind
from billing.ledger.services import Leg
from billing.payments.models import Dispute, Payment
from billing.payouts.models import PayoutAccount, Withdrawal
from billing.plans.models import Subscription
from billing.plans.subscriptions import services as subscription_services
from billing.subsidy_budgets.models import SubsidyBudget
from catalog.models import Supplier
from fulfilment.cases import services as case_services
from fulfilment.models import Case, CasePicture, SupplierOrder
from kernel import audit, clock
from kernel.ids import new_id
from kernel.models import NO_ONE
from kernel.tenancy import in_public, in_tenant
from selection.models import Proposal, Round, Sample, Seat
from selection.rounds import services as round_services
from selection.rounds.services import RoundTerms
from tenants.agents.member_tasks import services as member_task_services
from tenants.agents.members import services as member_services
from tenants.agents.models import Earning
from tenants.agents.origins import services as origin_services
from tenants.agents.ruleset import services as ruleset_services
from tenants.api_keys.models import ApiKey
from tenants.api_keys.services import create_key
from tenants.brand import services as brand_services
from tenants.registry.models import Tenant
from tenants.shop.cart import selectors as cart_selectors
from tenants.shop.cart import services as cart_services
from tenants.shop.cart.access import CartOwner
from tenants.shop.cart.models import CartLine
from tenants.shop.listings import services as listing_services
from tenants.shop.orders import services as order_services
from tenants.shop.orders.models import Order
from tenants.shop.promotions.campaigns.models import Campaign
from tenants.shop.promotions.goods_subsidies.models import GoodsSubsidy
from tenants.shop.promotions.red_packets.models import RedPacketBatch
from tests.support.build import make_product, make_supplier, make_tenant, make_user
from tests.support.rounds import complete_sales, make_members, make_proposal
from tests.support.surface import Address, State, addresses, body_of, writes

pytestmark = pytest.mark.slow

TENANT_URLS, PLATFORM_URLS = "config.urls.tenant", "config.urls.central"
ALICE, CHARLIE, PLATFORM = "alice.localhost", "charlie.localhost", "localhost"
SHOWN_TO_ALL = ("zq-shop", "zq-brand", "zq-title")
"""Marks on what every visitor of Alice's shop may see."""
BACKEND = "accounts.backends.RoleBackend"
RULES = """
name: zq-rules
earn:
  - {id: share, kind: commission, payee: sharer, percent: 8}
limits: {payout: {percent: 100, of: margin}}
tax: {commission: withheld_by_platform}
"""
# Sent with every unsafe request: whatever a missing check would let through finds what it needs.
CONTENT = {
    "reason": "leak test", "carrier": "SF", "tracking_number": "LEAK1", "quantity": "2", "role": "provider",
    "name": "Mallory", "number": "666", "email": "mallory@example.test", "password": "mallory-pass-1",
    "document": "name: leak", "amount": "10", "post": "yes", "action": "delete_selected", "state": "paid",
    "card": "4242424242424242", "save": "1", "publish": "1", "activate": "1", "host": ALICE,
    "is_active": "on", "language": "en", "phone": "1", "region": "x", "address": "x", "featured": "9",
    "is_hidden": "on", "available": "666", "wish": "refund", "text": "leak", "do": "refund", "uses": "1",
    "approve": "1", "refuse": "1", "which": "take", "wallet": "commission_payable", "lift": "1",
    "scopes": "orders:write", "per_minute": "10", "theme": "night", "idempotency_key": "leak",
}  # fmt: skip


@dataclass
class World:
    """Alice's shop with marks on everything, Charlie's shop, and two suppliers."""

    alice: Tenant
    charlie: Tenant
    order: Order
    line: CartLine
    key: ApiKey
    marks: tuple[str, ...]
    people: dict[str, User]
    charlies_key: str
    circle: dict[str, Any]
    case: Case

    def sample(self, urlconf: str, route: str, parameter: str) -> str:
        """Return one of Alice's ids for a parameter of a route; KeyError if nobody has thought of it."""
        known: dict[str, Any] = {
            "order_id": self.order.pk if urlconf == TENANT_URLS else SupplierOrder.objects.get().pk,
            "number": "1" if "rules" in route else self.order.number,
            "payment_id": self.order.payment_id,
            "line_id": self.line.pk,
            "key_id": self.key.pk,
            "member_id": self.people["bob"].pk,
            "product_id": self.order.lines.get().product_id,
            "variant_id": self.order.lines.get().variant_id,
            "supplier_id": self.order.lines.get().supplier_id,
            "tenant_id": self.alice.pk,
            "earning_id": self.circle["earning"],
            "case_id": self.case.pk,
            "supplier_order_id": self.case.supplier_order_id,
            "picture_id": CasePicture.objects.get().pk,
            "proposal_id": Proposal.objects.get().pk,
            "evidence_id": Proposal.objects.get().evidence.get().pk,
            "round_id": Round.objects.get().pk,
            "seat_id": Seat.objects.get(user_id=self.people["bob"].pk).pk,
            "sample_id": Sample.objects.get(seat__user_id=self.people["bob"].pk).pk,
            "redemption_id": self.order.pk,
            "task_id": self.circle["task"],
            "done_id": self.circle["done"],
            "origin_id": self.circle["origin"],
            "dispute_id": Dispute.objects.get().pk,
            "reading_id": self.order.pk,
            "finding_id": self.order.pk,
            "withdrawal_id": Withdrawal.objects.get().pk,
            "budget_id": SubsidyBudget.objects.get().pk,
            "subsidy_id": GoodsSubsidy.objects.get().pk,
            "campaign_id": Campaign.objects.get().pk,
            "batch_id": RedPacketBatch.objects.get().pk,
            "batch_code": RedPacketBatch.objects.get().code,
            "subscription_id": Subscription.objects.get(tenant_id=self.alice.pk).pk,
            "job": "1" * 32,
            "licence_id": self.order.pk,
            "run_id": self.order.pk,
            "what": "products",
            "shelf": "00",
            "folder": "0" * 64,
            "name": "320.webp",
            "supplier_code": "farm",
            "handle": "tea",
            "slug": "food",
            "path": "nothing",
            "url": "nothing/",
            "key": "1a-2b",
            "uidb36": "1",
            "content_type_id": "1",
        }
        if parameter == "object_id" and not route.startswith("console/r/"):
            return quote(str(self.row(route).pk))
        return str({**known, "object_id": self.order.pk}[parameter])

    def row(self, route: str) -> Any:
        """Return a row of Alice's for a page of the admin, or any if the model is not hers."""
        _console, label, model_name, *_rest = route.split("/")
        model = apps.get_model(label, model_name)
        rows = model._default_manager.all()
        if model is User:
            return self.people["bob"]
        return rows.filter(pk=self.order.pk).first() or rows.first() or self.order

    def walk(self, urlconf: str) -> list[Address]:
        """Return every address of a urlconf, with Alice's ids."""
        with in_tenant(self.alice):
            return addresses(urlconf, partial(self.sample, urlconf))


def judge(alice: Tenant, farm: Supplier, people: dict[str, User]) -> None:
    """Bob and Mallory sit on the panel of Alice's shop, over a crate with a selling point of its own."""
    (third,) = make_members(alice, ["judge"])
    complete_sales(alice, {people["bob"]: 300, people["mallory"]: 200, third: 100})
    proposal = make_proposal(make_product(farm, "crate"), point="zq-point", tenant=alice)
    round_services.open_round(
        proposal_ids=[proposal.pk], terms=RoundTerms(panel_size=3), tenant_id=alice.pk, acting_user="office"
    )


@pytest.fixture
def marked(db: None) -> World:
    """Everything in place and marked."""
    farm, forge = make_supplier("farm"), make_supplier("forge")
    tea = make_product(farm, "tea", price=10_000, cost=5_000)
    make_product(forge, "lamp", price=25_000, cost=15_000)
    alice = make_tenant(ALICE, name={"en": "zq-shop", "zh-hans": "zq-shop"})
    charlie = make_tenant(CHARLIE, name={"en": "Charlie's", "zh-hans": "Charlie's"})
    for tenant in (alice, charlie):
        subscription_services.begin(tenant=tenant, plan_code="agreement", fee_bp=100)
    people = {"farm": make_user("ship@farm.test", role=roles.SUPPLIER, supplier_id=farm.pk)}
    people["forge"] = make_user("ship@forge.test", role=roles.SUPPLIER, supplier_id=forge.pk)
    for tenant, owner, member in ((charlie, "charlie", "carl"), (alice, "alice", "bob")):
        with in_tenant(tenant):
            people[owner] = make_user(f"{owner}@shop.test", role=roles.OWNER)
            people[member] = make_user(f"zq-{member}@shop.test", name=f"zq-{member}")
            ruleset_services.activate_rules(document=RULES.replace("zq-", f"{owner}-"), acting_user=None)
            member_services.ensure_member(user=people[member])
    with in_tenant(alice):
        people["mallory"] = make_user("mallory@shop.test")
        member_services.ensure_member(user=people["mallory"])
        ruleset_services.activate_rules(document=RULES, acting_user=people["alice"])
        brand_services.save_draft(
            document={"tagline": {"en": "zq-brand", "zh-hans": "zq-brand"}}, acting_user=people["alice"]
        )
        brand_services.publish(acting_user=people["alice"])
        brand_services.save_draft(
            document={"tagline": {"en": "zq-draft", "zh-hans": "zq-draft"}}, acting_user=people["alice"]
        )
        title = {"en": "zq-title", "zh-hans": "zq-title"}
        listing_services.override_listing(product_id=tea.pk, acting_user=people["alice"], title=title)
        owner = CartOwner(user_id=people["bob"].pk, device=None)
        variant = tea.variants.get().pk
        cart_services.add_to_cart(owner=owner, variant_id=variant)
        order = order_services.place_order(
            user=people["bob"],
            ship_to={
                "name": "zq-receiver",
                "phone": "zq-139",
                "region": "zq-region",
                "address": "zq-address",
            },
            expected_total=cart_selectors.quote(owner=owner, user=people["bob"]).total,
            idempotency_key="k",
        )
        order_services.mark_paid(Payment.objects.get(pk=order.payment_id))
        line = cart_services.add_to_cart(owner=owner, variant_id=variant)
        audit.record("test", actor="zq-actor", object_type="x", object_id="1", reason="zq-reason")
        order.refresh_from_db()
        code = people["bob"].member.referral_code
        circle = _circle(people["bob"], people["alice"], order)
        _money(alice, people["bob"])
    key = create_key(tenant=alice, name="zq-key", scopes=["orders:read"], acting_user="zq-maker").key
    Payment.objects.filter(pk=order.payment_id).update(client_secret="zq-client-secret")
    Dispute.objects.create(
        payment_id=order.payment_id,
        external_id="du_1",
        amount=1,
        currency="CNY",
        reserved=0,
        evidence="zq-answer",
    )
    everything = ["catalogue:read", "orders:read", "orders:write"]
    charlies_key = create_key(tenant=charlie, name="ERP", scopes=everything, acting_user="test").secret
    with transaction.atomic():
        ledger_services.post(
            tenant_id=charlie.pk,
            kind="topup",
            idempotency_key="charlie",
            legs=[
                Leg("platform", NO_ONE, AccountKind.PSP_CLEARING, "CNY", -1, NO_ONE),
                Leg("tenant", charlie.pk, AccountKind.TENANT_PREPAID, "CNY", 1, charlie.pk),
            ],
        )
    hidden = ("zq-bob", "zq-receiver", "zq-139", "zq-region", "zq-address", "zq-draft", "zq-key", "zq-maker",
              "zq-actor", "zq-reason", "zq-rules", "zq-note", "zq-room", "zq-why",
              "zq-client-secret", "zq-answer", "zq-complaint", "zq-payee", "zq-invoice", "zq-budget",
              "zq-campaign", "zq-account", "zq-point", code, key.prefix)  # fmt: skip
    case = _case(people["bob"], order)
    judge(alice, farm, people)
    return World(alice, charlie, order, line, key, hidden, people, charlies_key, circle, case)


def _money(alice: Tenant, bob: User) -> None:
    """A withdrawal of Bob's that waits for approval, his account, and a budget of the shop."""
    Withdrawal.objects.create(
        tenant_id=alice.pk,
        owner_kind="member",
        owner_id=bob.pk,
        payee="zq-payee",
        wallet="commission_payable",
        currency="CNY",
        amount=200_000,
        net=200_000,
        tax_year=2026,
        tax_month=11,
        invoice_number="zq-invoice",
        state="awaiting",
        needs_approval=True,
        idempotency_key="zq",
        requested_by=bob.pk,
    )
    PayoutAccount.objects.create(
        tenant_id=alice.pk, owner_kind="member", owner_id=bob.pk, external_id="zq-account", state="restricted"
    )
    budget = SubsidyBudget.objects.create(tenant_id=alice.pk, name="zq-budget", currency="CNY")
    now = clock.now()
    GoodsSubsidy.objects.create(
        budget_id=budget.pk,
        amount=1,
        category="food",
        starts_at=now,
        ends_at=now + timedelta(days=1),
        created_by="zq-actor",
    )
    Campaign.objects.create(
        name="zq-campaign",
        starts_at=now,
        ends_at=now + timedelta(days=1),
        matrix_until=now + timedelta(days=1),
    )
    RedPacketBatch.objects.create(
        budget_id=budget.pk,
        name="zq-packets",
        code="zq-packet-code",
        audience="room",  # by a link any member of the shop could take one
        origin_code="zq-room",
        amount=1,
        min_spend=2,
        issued=1,
        number=1,
        expires_at=now + timedelta(days=1),
        created_by="zq-actor",
    )


def _case(bob: User, order: Order) -> Case:
    """Bob complains, with a picture."""
    picture = io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    return case_services.open_case(
        supplier_order_id=SupplierOrder.objects.get(order_id=order.pk).pk,
        author=case_services.Author("member", "zq-bob", bob),
        member_id=bob.pk,
        wish="refund",
        text="zq-complaint",
        pictures=[SimpleUploadedFile("a.png", picture.getvalue())],
    )


def _circle(bob: User, alice: User, order: Order) -> dict[str, Any]:
    """An earning, a task with what Bob says of it, and a room of his."""
    words = {"en": "zq-task", "zh-hans": "zq-task"}
    task = member_task_services.save_task(name=words, about={}, is_open=True, acting_user=alice)
    done = member_task_services.report(member=bob.member, task_id=task.pk, note="zq-note")
    origin = origin_services.open_origin(kind="room", owner=bob.member, title="zq-room", acting_user=alice)
    earning = Earning.objects.create(
        sale_id=order.pk,
        position=99,
        payee=bob.member,
        payee_kind="member",
        kind="commission",
        earn_id="share",
        amount=100,
        portions=[100],
        review_reasons=["shared_device"],
        why={"en": "zq-why", "zh-hans": "zq-why"},
    )
    return {"task": task.pk, "done": done.pk, "origin": origin.pk, "earning": earning.pk}


@dataclass(frozen=True)
class Caller:
    """Somebody who calls: on which host, and from which schema their session is."""

    host: str
    person: str = ""
    home: str = ""
    key: bool = False

    @property
    def urlconf(self) -> str:
        """The urlconf of the host."""
        return PLATFORM_URLS if self.host == PLATFORM else TENANT_URLS


CALLERS = {
    "nobody on Charlie's host": Caller(CHARLIE),
    "Charlie, an owner, on his own host": Caller(CHARLIE, "charlie", "charlie"),
    "Carl, a member, on his own host": Caller(CHARLIE, "carl", "charlie"),
    "nobody on Alice's host": Caller(ALICE),
    "Charlie with his cookie on Alice's host": Caller(ALICE, "charlie", "charlie"),
    "a supplier with their cookie on Alice's host": Caller(ALICE, "forge", "public"),
    "Mallory, another member of Alice's shop": Caller(ALICE, "mallory", "alice"),
    "Charlie's key on his own host": Caller(CHARLIE, key=True),
    "Charlie's key on Alice's host": Caller(ALICE, key=True),
    "nobody on the platform's host": Caller(PLATFORM),
    "a supplier of other goods": Caller(PLATFORM, "forge", "public"),
    "Charlie with his cookie on the platform's host": Caller(PLATFORM, "charlie", "charlie"),
    "Alice with her cookie on the platform's host": Caller(PLATFORM, "alice", "alice"),
}


def client_of(world: World, caller: Caller, client: Client | None = None) -> Client:
    """Return a browser with a fresh session, or a program with a key; making a Client is slow."""
    client = client or Client()
    client.cookies.clear()
    client.defaults = {"HTTP_HOST": caller.host, "HTTP_ACCEPT_LANGUAGE": "en"}
    if caller.key:
        client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {world.charlies_key}"
    if caller.person:
        person = world.people[caller.person]
        place = {"alice": world.alice, "charlie": world.charlie}.get(caller.home)
        with in_tenant(place) if place else in_public():
            client.force_login(person, backend=BACKEND)
    return client


def call(client: Client, method: str, address: Address, world: World) -> str:
    """Call an address and return all that the answer says, without what was asked for itself."""
    headers: dict[str, Any] = {"idempotency-key": new_id().hex}
    with in_public():
        if method == "GET":
            response = client.get(address.path, headers=headers)
        elif address.path.startswith("/api/"):
            response = client.generic(
                method,
                address.path,
                json.dumps({"lines": []}),
                content_type="application/json",
                headers=headers,
            )
        else:
            content = {**CONTENT, "line_id": str(world.line.pk), "_selected_action": str(world.order.pk)}
            response = client.generic(
                method,
                address.path,
                "&".join(f"{name}={quote(value)}" for name, value in content.items()),
                content_type="application/x-www-form-urlencoded",
                headers=headers,
            )
    assert response.status_code < 500, f"{method} {address.path}: {response.status_code}"
    said = body_of(response)
    for path in (address.path, quote(address.path), quote(address.path, safe="")):
        said = said.replace(path, "")
    return said


# What any visitor of a shop may do there: fill a cart, and sign up.
OPEN_TO_ALL = {
    "cart/add/": {"shop_cart", "shop_cartline"},
    "account/signup/": {"accounts_user", "account_emailaddress", "agents_member", "shop_cart"},
}


# A supplier chooses whose judges taste its product: the names of shops, which anybody may know.
NAMES_SHOPS = {"/portal/proposals/new/"}


def shown(address: Address, marks: tuple[str, ...], said: str) -> list[str]:
    """Return the marks that an answer shows although they do not concern who asked."""
    leaked = [word for word in marks if word in said]
    return [word for word in leaked if word != "zq-shop"] if address.path in NAMES_SHOPS else leaked


@pytest.mark.parametrize("name", CALLERS)
def test_nothing_is_shown_and_nothing_changes(marked: World, name: str) -> None:
    caller = CALLERS[name]
    marks = marked.marks if caller.host == ALICE else (*marked.marks, *SHOWN_TO_ALL)
    own = [str(marked.people[caller.person].pk)] if caller.person else []
    if caller.person and (supplier := marked.people[caller.person].supplier_id):
        own.append(str(supplier))  # a supplier may open an account of its own
    if caller.host == CHARLIE:
        own += [str(marked.charlie.pk), marked.charlie.schema_name]
    state = State(marked.alice.schema_name, others=tuple(own))
    before = state.read()
    walked = marked.walk(caller.urlconf)
    assert len(walked) >= (60 if caller.urlconf == TENANT_URLS else 40)
    client = client_of(marked, caller)
    for address in walked:
        said = call(client, "GET", address, marked)
        assert not shown(address, marks, said), f"GET {address.path} shows it"
    assert changes(before, state.read()) == set(), "a GET changed something"
    for address in walked:
        for method in ("POST", "PUT", "DELETE") if address.path.startswith("/api/") else ("POST",):
            client_of(marked, caller, client)
            mark, written = transaction.savepoint_create(), writes()
            said = call(client, method, address, marked)
            assert not shown(address, marks, said), f"{method} {address.path} shows it"
            # Comparing all contents is slow; it is needed only where anything was written at all.
            if writes() != written:
                changed = changes(before, state.read()) - OPEN_TO_ALL.get(address.route, set())
                assert changed == set(), f"{method} {address.path} changed it"
            transaction.savepoint_rollback(mark)


def changes(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    """Return the names of the tables whose contents differ."""
    return {table.partition(".")[2] for table in after if after[table] != before[table]}


def test_the_walk_would_find_a_leak(marked: World) -> None:
    """The same walk by those whom it concerns does find the marks and the changes."""
    seen: set[str] = set()
    for person, host, home in (
        ("alice", ALICE, "alice"),
        ("bob", ALICE, "alice"),
        ("farm", PLATFORM, "public"),
    ):
        caller = Caller(host, person, home)
        client = client_of(marked, caller)
        for address in marked.walk(caller.urlconf):
            said = call(client, "GET", address, marked)
            seen |= {mark for mark in (*marked.marks, *SHOWN_TO_ALL) if mark in said}
    assert {"zq-bob", "zq-receiver", "zq-address", "zq-draft", "zq-key", "zq-actor", "zq-rules"} <= seen
    assert set(SHOWN_TO_ALL) <= seen
    state, bob = State(marked.alice.schema_name, others=()), client_of(marked, Caller(ALICE, "bob", "alice"))
    before = state.read()
    address = next(item for item in marked.walk(TENANT_URLS) if str(marked.line.pk) in item.path)
    call(bob, "POST", address, marked)
    assert changes(before, state.read()) == {"shop_cartline"}


def test_a_new_url_without_a_sample_fails() -> None:
    def none_known(route: str, parameter: str) -> str:
        raise KeyError(parameter)

    for urlconf in (TENANT_URLS, PLATFORM_URLS):
        with pytest.raises(KeyError):
            addresses(urlconf, none_known)
    assert settings.ROOT_URLCONF == TENANT_URLS
    assert settings.PUBLIC_SCHEMA_URLCONF == PLATFORM_URLS
