"""A whole shop and people with browsers: they join, buy and look through its pages."""

from dataclasses import dataclass, field
from uuid import UUID, uuid4

from allauth.account.models import EmailAddress
from django.db import transaction
from django.test import Client

from accounts import roles
from accounts.models import User
from billing.payments.gateway import Intent, IntentStatus, Move, MoveStatus
from billing.payments.payments import services as payment_services
from billing.payments.refunds import services as payment_refund_services
from billing.plans.selectors import BY_AGREEMENT
from billing.plans.subscriptions import services as subscription_services
from catalog.models import Product
from kernel.ids import new_id
from kernel.tenancy import in_public, in_tenant
from tenants.agents.attribution.selectors import NO_VISIT, Visit
from tenants.agents.bindings import services as binding_services
from tenants.agents.earnings import selectors as earning_selectors
from tenants.agents.members import services as member_services
from tenants.agents.models import Member
from tenants.agents.roles import services as role_services
from tenants.agents.rules_versions import services as rules_version_services
from tenants.agents.rules_versions.services import SignOff
from tenants.registry.models import Tenant
from tenants.shop.cart import selectors as cart_selectors
from tenants.shop.cart import services as cart_services
from tenants.shop.cart.access import CartOwner
from tenants.shop.orders import services as order_services
from tenants.shop.orders.models import Order
from tenants.shop.refunds import services as refund_services
from tests.support.build import ADDRESS, make_product, make_supplier, make_tenant, make_user

SIGNED = SignOff(by="Dana", reason="looked at with counsel")
BACKEND = "accounts.backends.RoleBackend"


@dataclass
class RulesShop:
    """A shop under one document, with goods that cost 100.00 each, 1.00 of them supply cost."""

    tenant: Tenant
    host: str
    goods: Product
    people: dict[str, User] = field(default_factory=dict)

    @property
    def variant(self) -> UUID:
        """The only variant."""
        key: UUID = self.goods.variants.get().pk
        return key

    def switch_on(self, document: str) -> int:
        """Put a document in force."""
        with in_tenant(self.tenant):
            return rules_version_services.activate_rules(
                document=document, acting_user=None, sign_off=SIGNED
            ).number

    def browser(self, name: str = "", language: str = "en") -> Client:
        """A browser on the shop's host, of somebody who is signed in if named."""
        client = Client(HTTP_HOST=self.host, HTTP_ACCEPT_LANGUAGE=language)
        if name:
            with in_tenant(self.tenant):
                client.force_login(self.user(name), backend=BACKEND)
        return client

    def sign_up(self, name: str, browser: Client | None = None, *, is_verified: bool = True) -> Client:
        """Somebody joins by the sign-up page, and opens the link in the mail if the address is theirs."""
        browser = browser or self.browser()
        answer = browser.post(
            "/account/signup/", {"email": f"{name}@example.test", "password1": "secret-pass-1"}
        )
        assert answer.status_code == 302, answer.content[:500]
        with in_tenant(self.tenant):
            EmailAddress.objects.filter(email=f"{name}@example.test").update(verified=is_verified)
        return browser

    def owner(self) -> Client:
        """The shop owner's browser."""
        with in_tenant(self.tenant):
            if "owner" not in self.people:
                self.people["owner"] = make_user("owner@example.test", role=roles.OWNER)
        return self.browser("owner")

    def user(self, name: str) -> User:
        """The person of that name, who is made if need be. In the shop's schema."""
        if name not in self.people:
            user = User.objects.filter(email=f"{name}@example.test").first()
            self.people[name] = user or make_user(f"{name}@example.test")
        return self.people[name]

    def member(self, name: str) -> Member:
        """The member of that name, as the database has them now."""
        with in_tenant(self.tenant):
            member = member_services.ensure_member(user=self.user(name))
            return Member.objects.select_related("user", "bound_to__user").get(pk=member.pk)

    def bring(self, fan: str, by: str) -> Member:
        """``fan`` opens the link of ``by``."""
        owner, member = self.member(by), self.member(fan)
        with in_tenant(self.tenant):
            assert binding_services.bind(member=member, code=owner.referral_code, how="link")
        return self.member(fan)

    def bring_by_code(self, fan: str, by: str) -> Member:
        """``fan`` types the code of ``by``."""
        owner, member = self.member(by), self.member(fan)
        with in_tenant(self.tenant):
            assert binding_services.bind(member=member, code=owner.referral_code, how="code")
        return self.member(fan)

    def company(self, name: str) -> Member:
        """A member behind whom a registered company stands."""
        member = self.member(name)
        with in_tenant(self.tenant):
            role_services.register_company(
                member=member, name=f"{name} Ltd", number="91310000MA1FL0001X", acting_user=None
            )
        return self.member(name)

    def price(self, paid: int, cost: int = 100) -> None:
        """Let the goods cost so much from now on."""
        with in_public():
            self.goods.variants.get().prices.update(cost=cost, suggested=paid, minimum=cost)

    def place(self, name: str, quantity: int = 1, visit: Visit = NO_VISIT) -> Order:
        """An order that is not paid yet."""
        self.member(name)
        user = self.people[name]
        with in_tenant(self.tenant):
            owner = CartOwner(user_id=user.pk, device=None)
            cart_services.add_to_cart(owner=owner, variant_id=self.variant, quantity=quantity)
            total = cart_selectors.quote(owner=owner, user=user, visit=visit).total
            return order_services.place_order(
                user=user,
                ship_to=ADDRESS,
                expected_total=total,
                idempotency_key=str(uuid4()),
                visit=visit,
            )

    def pay(self, order: Order) -> Order:
        """Its money comes."""
        intent = Intent(
            id=f"pi_{new_id().hex}",
            status=IntentStatus.SUCCEEDED,
            amount=order.total,
            received=order.total,
            currency=order.currency,
            charge_id=f"ch_{new_id().hex}",
        )
        with in_tenant(self.tenant), transaction.atomic():
            assert order.payment_id is not None
            payment_services.apply_intent(payment_id=order.payment_id, intent=intent)
        with in_tenant(self.tenant):
            return Order.objects.get(pk=order.pk)

    def buy(self, name: str, quantity: int = 1, visit: Visit = NO_VISIT) -> Order:
        """A paid order."""
        return self.pay(self.place(name, quantity, visit))

    def refund(self, order: Order, amount: int | None = None) -> None:
        """So much of its money, or all that is left, goes back; the gateway says so at once."""
        with in_tenant(self.tenant), transaction.atomic():
            refund = refund_services.request_refund(
                order_id=order.pk,
                reason="not as shown",
                acting_user="test",
                idempotency_key=str(uuid4()),
                amount=amount,
            )
            assert refund.payment_refund_id is not None
            move = Move(f"re_{new_id().hex}", MoveStatus.SUCCEEDED, refund.amount, order.currency)
            payment_refund_services.apply_refund(refund_id=refund.payment_refund_id, move=move)

    def earned(self, order: Order) -> dict[str, int]:
        """What each line of ``earn`` paid of an order, net of what went back; the margin too."""
        with in_tenant(self.tenant):
            amounts: dict[str, int] = {}
            for earning in earning_selectors.earnings_of(order.pk):
                amounts[earning.earn_id] = (
                    amounts.get(earning.earn_id, 0) + earning.amount - earning.clawed_back
                )
            return amounts

    def roles(self, name: str) -> list[str]:
        """The roles somebody holds now."""
        return list(self.member(name).roles)


def make_rules_shop(
    document: str, host: str = "alice.localhost", *, price: int = 10_000, cost: int = 100
) -> RulesShop:
    """A shop with one kind of goods under ``document``; no freight, no platform fee."""
    with in_public(), transaction.atomic():
        tenant = make_tenant(host)
        subscription_services.begin(tenant=tenant, plan_code=BY_AGREEMENT, fee_bp=0)
        supplier = make_supplier(f"farm-{host.partition('.')[0]}", freight=0)
        goods = make_product(supplier, "goods", price=price, cost=cost, stock=1_000_000)
    shop = RulesShop(tenant, host, goods)
    shop.switch_on(document)
    return shop
