"""Alice's shop with marks on all it holds: whatever shows one to somebody else has leaked it.

What it holds is made by subject, a function for each: a new thing that may leak goes where its like is.
"""

import io
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from PIL import Image

from accounts import roles
from accounts import services as user_services
from accounts.models import Invitation, User
from billing.ledger import services as ledger_services
from billing.ledger.models import AccountKind
from billing.ledger.services import Leg
from billing.payments.models import Dispute, Payment
from billing.payouts.models import PayoutAccount, Withdrawal
from billing.plans.subscriptions import services as subscription_services
from billing.subsidy_budgets.models import SubsidyBudget
from fulfilment.cases import services as case_services
from fulfilment.models import Case, Shipment, SupplierOrder
from kernel import audit, clock
from kernel.models import NO_ONE
from kernel.tenancy import in_tenant
from selection.rounds import services as round_services
from selection.rounds.services import RoundTerms
from tenants.agents.member_tasks import services as member_task_services
from tenants.agents.members import services as member_services
from tenants.agents.models import Earning
from tenants.agents.origins import services as origin_services
from tenants.agents.rules_versions import services as rules_version_services
from tenants.api_keys.models import ApiKey
from tenants.api_keys.services import create_key
from tenants.brand import services as brand_services
from tenants.registry.models import Tenant
from tenants.shop.cart import services as cart_services
from tenants.shop.cart.access import CartOwner
from tenants.shop.cart.models import CartLine
from tenants.shop.listings import services as listing_services
from tenants.shop.orders.models import Order
from tenants.shop.promotions.campaigns.models import Campaign
from tenants.shop.promotions.goods_subsidies.models import GoodsSubsidy
from tenants.shop.promotions.red_packets.models import RedPacketBatch
from tests.support.build import make_product, make_user
from tests.support.purchases import book_payment, fill_cart, place, variant_of
from tests.support.rounds import complete_sales, make_members, make_proposal
from tests.support.world import World

SHOWN_TO_ALL = ("zq-shop", "zq-brand", "zq-title")
"""Marks on what every visitor of Alice's shop may see."""
HIDDEN = (
    "zq-carol", "zq-receiver", "13900000139", "zq-address", "zq-draft", "zq-key", "zq-maker",
    "zq-actor", "zq-reason", "zq-rules", "zq-note", "zq-room", "zq-why", "zq-payee-why",
    "zq-client-secret", "zq-answer", "zq-complaint", "zq-payee", "zq-invoice", "zq-budget",
    "zq-campaign", "zq-account", "zq-point", "zq-invited", "zq-inviter",
    "zq-tracking",
)  # fmt: skip
"""Marks on what concerns Alice, her people and her members alone."""
SHIP_TO = {"name": "zq-receiver", "phone": "13900000139", "region": "上海市徐汇区", "address": "zq-address"}
RULES = """
name: zq-rules
earn:
  - {id: share, kind: commission, payee: sharer, percent: 8}
limits: {payout: {percent: 100, of: margin}}
tax: {commission: withheld_by_platform}
"""


@dataclass
class Circle:
    """Of Carol's circle: an earning, a task with what she says of it, and a room of hers."""

    earning: UUID
    task: UUID
    done: UUID
    origin: UUID


@dataclass
class MarkedShop:
    """The world with marks on everything of Alice's, and those who must see none of it."""

    alice: Tenant
    charlie: Tenant
    people: dict[str, User]
    order: Order
    line: CartLine
    key: ApiKey
    charlies_key: str
    circle: Circle
    case: Case
    invitation: Invitation
    marks: tuple[str, ...]


def mark_everything(world: World) -> MarkedShop:
    """Put marks on the world. Carol is the member whose things they are; Mallory is another one."""
    people = _people(world)
    with in_tenant(world.tenant):
        _texts(world)
        order, line = _order(world)
        circle = _circle(world, order)
        _money(world)
        invitation = user_services.invite_operator(
            email="zq-invited@shop.test", role=roles.SUPPORT, acting_user="zq-inviter"
        ).invitation
    key = create_key(tenant=world.tenant, name="zq-key", scopes=["orders:read"], acting_user="zq-maker").key
    _parcel(order)
    case = _case(world, order)
    _selection(world, people["mallory"])
    marks = (*HIDDEN, world.carol.member.referral_code, key.prefix)
    return MarkedShop(
        world.tenant, world.charlies_shop, people, order, line, key, _charlies(world), circle, case,
        invitation, marks,
    )  # fmt: skip


def _people(world: World) -> dict[str, User]:
    """Return everybody who calls: Alice and Carol, another member, Charlie with a member, both suppliers."""
    Tenant.objects.filter(pk=world.tenant.pk).update(name={"en": "zq-shop", "zh-hans": "zq-shop"})
    people = {"alice": world.alice, "carol": world.carol, "charlie": world.charlie}
    for supplier in (world.farm, world.forge):
        email = f"ship@{supplier.code}.test"
        people[supplier.code] = make_user(email, role=roles.SUPPLIER, supplier_id=supplier.pk)
    with in_tenant(world.tenant):
        User.objects.filter(pk=world.carol.pk).update(email="zq-carol@shop.test", name="zq-carol")
        world.carol.refresh_from_db()
        people["mallory"] = make_user("mallory@shop.test")
        member_services.ensure_member(user=people["mallory"])
    with in_tenant(world.charlies_shop):
        people["carl"] = make_user("carl@shop.test")
        rules_version_services.activate_rules(document=RULES.replace("zq-", "charlie-"), acting_user=None)
        member_services.ensure_member(user=people["carl"])
    return people


def _texts(world: World) -> None:
    """The rules, the brand as shown and as a draft, a title of the shop's own, a line of the audit log."""
    rules_version_services.activate_rules(document=RULES, acting_user=world.alice)
    for mark in ("zq-brand", "zq-draft"):
        document = {"tagline": {"en": mark, "zh-hans": mark}}
        brand_services.save_draft(document=document, acting_user=world.alice)
        if mark == "zq-brand":
            brand_services.publish(acting_user=world.alice)
    title = {"en": "zq-title", "zh-hans": "zq-title"}
    listing_services.override_listing(product_id=world.tea.pk, acting_user=world.alice, title=title)
    audit.record("test", actor="zq-actor", object_type="x", object_id="1", reason="zq-reason")


def _order(world: World) -> tuple[Order, CartLine]:
    """A paid order of Carol's that her bank disputes, and a line in her cart."""
    order = book_payment(place(world, fill_cart(world, lamp=0), ship_to=SHIP_TO))
    line = cart_services.add_to_cart(
        owner=CartOwner(user_id=world.carol.pk, device=None), variant_id=variant_of(world.tea)
    )
    Payment.objects.filter(pk=order.payment_id).update(client_secret="zq-client-secret")
    Dispute.objects.create(
        payment_id=order.payment_id,
        external_id="du_1",
        amount=1,
        currency="CNY",
        reserved=0,
        evidence="zq-answer",
    )
    return order, line


def _circle(world: World, order: Order) -> Circle:
    """An earning, a task with what Carol says of it, and a room of hers."""
    member, words = world.carol.member, {"en": "zq-task", "zh-hans": "zq-task"}
    task = member_task_services.save_task(name=words, about={}, is_open=True, acting_user=world.alice)
    done = member_task_services.report(member=member, task_id=task.pk, note="zq-note")
    origin = origin_services.open_origin(kind="room", owner=member, title="zq-room", acting_user=world.alice)
    earning = Earning.objects.create(
        sale_id=order.pk,
        position=99,
        payee=member,
        payee_kind="member",
        kind="commission",
        earn_id="share",
        amount=100,
        portions=[100],
        review_reasons=["shared_device"],
        why={"en": "zq-why", "zh-hans": "zq-why"},
        payee_why={"en": "zq-payee-why", "zh-hans": "zq-payee-why"},
    )
    return Circle(earning=earning.pk, task=task.pk, done=done.pk, origin=origin.pk)


def _money(world: World) -> None:
    """Both shops' plans; Carol's withdrawal that waits for approval and her account; the shop's budget."""
    for tenant in (world.tenant, world.charlies_shop):
        subscription_services.begin(tenant=tenant, plan_code="agreement", fee_bp=100)
    member = {"tenant_id": world.tenant.pk, "owner_kind": "member", "owner_id": world.carol.pk}
    Withdrawal.objects.create(
        **member,
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
        requested_by=world.carol.pk,
    )
    PayoutAccount.objects.create(**member, external_id="zq-account", state="restricted")
    budget = SubsidyBudget.objects.create(tenant_id=world.tenant.pk, name="zq-budget", currency="CNY")
    now = clock.now()
    tomorrow = now + timedelta(days=1)
    GoodsSubsidy.objects.create(
        budget_id=budget.pk,
        amount=1,
        category="food",
        starts_at=now,
        ends_at=tomorrow,
        created_by="zq-actor",
    )
    Campaign.objects.create(name="zq-campaign", starts_at=now, ends_at=tomorrow, matrix_until=tomorrow)
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
        expires_at=tomorrow,
        created_by="zq-actor",
    )


def _parcel(order: Order) -> None:
    """A box of it is on its way."""
    supplier_order = SupplierOrder.objects.get(order_id=order.pk)
    Shipment.objects.create(supplier_order=supplier_order, carrier="SF", tracking_number="zq-tracking")


def _case(world: World, order: Order) -> Case:
    """Carol complains, with a picture."""
    picture = io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    return case_services.open_case(
        supplier_order_id=SupplierOrder.objects.get(order_id=order.pk).pk,
        author=case_services.Author("member", "zq-carol", world.carol),
        member_id=world.carol.pk,
        wish="refund",
        text="zq-complaint",
        pictures=[SimpleUploadedFile("a.png", picture.getvalue())],
    )


def _selection(world: World, mallory: User) -> None:
    """Carol and Mallory sit on the panel of Alice's shop, over a crate with a selling point of its own."""
    (third,) = make_members(world.tenant, ["judge"])
    complete_sales(world.tenant, {world.carol: 300, mallory: 200, third: 100})
    proposal = make_proposal(make_product(world.farm, "crate"), point="zq-point", tenant=world.tenant)
    round_services.open_round(
        proposal_ids=[proposal.pk],
        terms=RoundTerms(panel_size=3),
        tenant_id=world.tenant.pk,
        acting_user="central",
    )


def _charlies(world: World) -> str:
    """Return the secret of a key of Charlie's shop that may do everything; it has prepaid money too."""
    tenant = world.charlies_shop
    with transaction.atomic():
        ledger_services.post(
            tenant_id=tenant.pk,
            kind="topup",
            idempotency_key="charlie",
            legs=[
                Leg("platform", NO_ONE, AccountKind.PSP_CLEARING, "CNY", -1, NO_ONE),
                Leg("tenant", tenant.pk, AccountKind.TENANT_PREPAID, "CNY", 1, tenant.pk),
            ],
        )
    everything = ["catalogue:read", "orders:read", "orders:write"]
    return create_key(tenant=tenant, name="ERP", scopes=everything, acting_user="test").secret
