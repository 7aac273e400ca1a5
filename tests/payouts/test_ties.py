"""A shop's own team cannot let its own money out, however many accounts it gives itself."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.db import transaction

from accounts import roles
from accounts import services as user_services
from accounts.models import User
from billing.ledger.models import AccountKind
from billing.payouts.accounts import services as payout_account_services
from billing.payouts.accounts.services import AccountOwner
from billing.payouts.models import PayoutAccount, Withdrawal
from billing.payouts.withdrawals import services as withdrawal_services
from kernel.errors import NotAllowed
from kernel.ids import new_id
from kernel.models import AuditEntry
from kernel.tenancy import in_public
from tenants.agents.attribution import services as attribution_services
from tenants.agents.members import services as member_services
from tests.payouts.people import Shop as Wallets
from tests.payouts.people import earn, fill
from tests.shop.conftest import shop
from tests.support.build import make_user
from tests.support.refused import refused_by
from tests.support.sandbox import RunningSandbox
from tests.support.world import World

__all__ = ["shop"]
State = Withdrawal.State


@dataclass
class PayoutCase:
    """The shop with its owner, and somebody of the central team."""

    shop: World
    owner: User
    central: User

    def appoint(self, email: str, role: str = roles.FINANCE) -> User:
        """Let the owner give somebody a role, as the console does."""
        issued = user_services.invite_operator(email=email, role=role, acting_user=self.owner)
        return user_services.accept_invitation(token=issued.token, password="secret-pass-1")

    def account(self, owner_id: object, kind: str = "member", bank: str = "") -> None:
        """Open an able payout account."""
        tenant = self.shop.tenant
        owner = AccountOwner(PayoutAccount.OwnerKind(kind), owner_id, tenant.id, "x")  # type: ignore[arg-type]
        opened = payout_account_services.open_account(owner=owner, country="CN")
        PayoutAccount.objects.filter(pk=opened.pk).update(fingerprint=bank)

    def ask(self, user: User, owner_id: object = None, amount: int = 200_000) -> Withdrawal:
        """Ask for more than the limit."""
        return withdrawal_services.request(
            tenant=self.shop.tenant,
            owner_id=owner_id or user.pk,  # type: ignore[arg-type]
            currency="CNY",
            amount=amount,
            acting_user=user,
            idempotency_key=str(new_id()),
        )

    def rich(self, user: User, bank: str = "") -> User:
        """Give a member money and an account."""
        earn(Wallets(id=self.shop.tenant.id), user.pk, 500_000)
        self.account(user.pk, bank=bank)
        return user


@pytest.fixture
def case(shop: World, sandbox: RunningSandbox) -> PayoutCase:
    fill(sandbox, 100_000_000)
    with in_public():
        central = make_user("central@example.test", role=roles.CENTRAL_ADMIN)
    return PayoutCase(shop, make_user("owner@example.test", role=roles.OWNER), central)


def own_margin(case: PayoutCase) -> Withdrawal:
    tenant = case.shop.tenant
    earn(
        Wallets(id=tenant.id),
        tenant.id,
        500_000,
        wallet=AccountKind.TENANT_MARGIN,
        kind="tenant",
        days_ago=30,
    )
    case.account(tenant.id, "tenant")
    return case.ask(case.owner, tenant.id)


def owner_as_member(case: PayoutCase) -> Withdrawal:
    return case.ask(case.rich(case.owner))


def who_left_the_team(case: PayoutCase) -> Withdrawal:
    gone = case.rich(case.appoint("gone@example.test", roles.MANAGER))
    User.objects.filter(pk=gone.pk).update(role=roles.MEMBER)
    return case.ask(gone)


def same_bank_account(case: PayoutCase) -> Withdrawal:
    case.account(case.owner.pk, bank="ba_1")
    return case.ask(case.rich(case.shop.carol, bank="ba_1"))


def bank_account_of_the_shop(case: PayoutCase) -> Withdrawal:
    case.account(case.shop.tenant.id, "tenant", bank="ba_2")
    return case.ask(case.rich(case.shop.carol, bank="ba_2"))


def same_device(case: PayoutCase) -> Withdrawal:
    device = attribution_services.new_device()
    for user in (case.owner, case.shop.carol):
        attribution_services.note_device(member=member_services.ensure_member(user=user), device=device)
    return case.ask(case.rich(case.shop.carol))


@pytest.mark.parametrize(
    ("way", "tie"),
    [
        (own_margin, "shop"),
        (owner_as_member, "team"),
        (who_left_the_team, "once"),
        (same_bank_account, "account"),
        (bank_account_of_the_shop, "account"),
        (same_device, "device"),
    ],
)
def test_only_the_central_team_lets_it_go(
    case: PayoutCase, way: Callable[[PayoutCase], Withdrawal], tie: str
) -> None:
    withdrawal = way(case)
    assert (withdrawal.state, withdrawal.tie) == (State.AWAITING_APPROVAL, tie)
    # Neither a second person whom the owner appointed for it, nor one who was there before.
    for helper in (case.appoint("second@example.test"), make_user("first@example.test", role=roles.FINANCE)):
        for tenant_id in (case.shop.tenant.id, None):
            with pytest.raises(NotAllowed):
                withdrawal_services.approve(
                    withdrawal_id=withdrawal.id, acting_user=helper, tenant_id=tenant_id
                )
        with refused_by("payouts.central_team_approves"), transaction.atomic():
            Withdrawal.objects.filter(id=withdrawal.id).update(state="requested", decided_by=helper.pk)
    with refused_by("payouts.withdrawal_fixed"), transaction.atomic():
        Withdrawal.objects.filter(id=withdrawal.id).update(tie="device" if tie == "shop" else "shop")
    with in_public():
        withdrawal_services.approve(withdrawal_id=withdrawal.id, acting_user=case.central, tenant_id=None)
    withdrawal.refresh_from_db()
    assert (withdrawal.state, withdrawal.decided_by) == (State.REQUESTED, case.central.pk)
    assert AuditEntry.objects.get(action="withdrawal.approved").changes["tie"] == tie


def test_nobody_decides_for_whoever_appointed_them(case: PayoutCase) -> None:
    """Also once the appointer is an ordinary member and the guard above is gone."""
    appointed, other = (
        case.appoint("second@example.test"),
        make_user("first@example.test", role=roles.FINANCE),
    )
    User.objects.filter(pk=case.owner.pk).update(role=roles.MEMBER)
    case.owner.refresh_from_db()
    withdrawal = case.ask(case.rich(case.owner))
    assert withdrawal.tie == "", "their own role was never written down here"
    with pytest.raises(NotAllowed, match="role"):
        withdrawal_services.approve(
            withdrawal_id=withdrawal.id, acting_user=appointed, tenant_id=case.shop.tenant.id
        )
    with refused_by("payouts.appointed_by_payee"), transaction.atomic():
        Withdrawal.objects.filter(id=withdrawal.id).update(state="refused", decided_by=appointed.pk)
    withdrawal_services.approve(withdrawal_id=withdrawal.id, acting_user=other, tenant_id=case.shop.tenant.id)
    assert Withdrawal.objects.get(id=withdrawal.id).decided_by == other.pk


def test_others_above_the_limit_and_anybody_below_it_are_as_before(case: PayoutCase) -> None:
    withdrawal = case.ask(case.rich(case.shop.carol))
    assert withdrawal.tie == ""
    withdrawal_services.approve(
        withdrawal_id=withdrawal.id,
        acting_user=case.appoint("f@example.test"),
        tenant_id=case.shop.tenant.id,
    )
    small = case.ask(case.rich(case.owner), amount=2_000)
    assert (small.state, small.tie) == (State.REQUESTED, "")


def test_the_shop_itself_may_still_say_no(case: PayoutCase) -> None:
    withdrawal = own_margin(case)
    with pytest.raises(NotAllowed):
        withdrawal_services.refuse(
            withdrawal_id=withdrawal.id,
            acting_user=case.appoint("second@example.test"),
            tenant_id=case.shop.tenant.id,
            reason="x",
        )
    other = make_user("first@example.test", role=roles.FINANCE)
    withdrawal_services.refuse(
        withdrawal_id=withdrawal.id, acting_user=other, tenant_id=case.shop.tenant.id, reason="too early"
    )
    withdrawal.refresh_from_db()
    assert withdrawal.state == State.REFUSED
