"""Who lets a withdrawal go: above the limit somebody else, and what was decided stays."""

import pytest
from django.db import connection, transaction

from accounts import roles
from billing.payouts.accounts.payees import Payee
from billing.payouts.halts import services as halt_services
from billing.payouts.models import Payout, Withdrawal
from billing.payouts.transfers import services as transfer_services
from billing.payouts.withdrawal_terms import selectors as withdrawal_term_selectors
from billing.payouts.withdrawal_terms import services as withdrawal_term_services
from billing.payouts.withdrawals import services as withdrawal_services
from kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from kernel.ids import new_id
from kernel.models import AuditEntry
from tests.payouts.people import Shop, ask, bob, boss, later, wallet_of
from tests.support.build import make_user
from tests.support.refused import refused_by

db = pytest.mark.django_db
State = Withdrawal.State


@db
def test_above_the_limit_somebody_else_lets_it_go(shop: Shop) -> None:
    user = bob(shop, 500_000)
    withdrawal = ask(shop, user, 100_001)
    assert (withdrawal.state, Payout.objects.count()) == (State.AWAITING_APPROVAL, 0)
    assert transfer_services.pay_due() == 0
    withdrawal_services.approve(withdrawal_id=withdrawal.id, acting_user=boss(), tenant_id=shop.id)
    withdrawal_services.approve(
        withdrawal_id=withdrawal.id, acting_user=boss("2@example.test"), tenant_id=shop.id
    )
    assert transfer_services.pay_due() == 1
    withdrawal.refresh_from_db()
    assert (withdrawal.state, withdrawal.decided_by_label) == (State.PAID, "boss")
    assert AuditEntry.objects.filter(action="withdrawal.approved").count() == 1


@db
def test_many_small_ones_are_one_large_one(shop: Shop) -> None:
    user = bob(shop, 500_000)
    assert ask(shop, user, 60_000).state == State.REQUESTED
    assert ask(shop, user, 60_000).state == State.AWAITING_APPROVAL
    with later(hours=25):
        assert ask(shop, user, 60_000).state == State.REQUESTED


@db
def test_refused_it_is_back_in_the_wallet_with_the_reason(shop: Shop) -> None:
    user, owner = bob(shop, 5_000_000), boss()
    withdrawal = ask(shop, user, 2_000_000)
    assert withdrawal.tax > 0
    with pytest.raises(InvalidInput):
        withdrawal_services.refuse(
            withdrawal_id=withdrawal.id, acting_user=owner, tenant_id=shop.id, reason=" "
        )
    withdrawal_services.refuse(
        withdrawal_id=withdrawal.id, acting_user=owner, tenant_id=shop.id, reason="papers"
    )
    again = withdrawal_services.refuse(
        withdrawal_id=withdrawal.id, acting_user=owner, tenant_id=shop.id, reason="x"
    )
    assert (again.state, again.reason) == (State.REFUSED, "papers")
    assert wallet_of(shop, user.pk) == {"commission_payable": 5_000_000}
    with pytest.raises(Conflict):
        withdrawal_services.approve(withdrawal_id=withdrawal.id, acting_user=owner, tenant_id=shop.id)
    assert AuditEntry.objects.get(action="withdrawal.refused").reason == "papers"


@db
@pytest.mark.parametrize("role", [role for role, _name in roles.CHOICES if role != roles.SUPPLIER])
def test_no_role_moves_money_to_itself_alone(shop: Shop, role: str) -> None:
    """Whoever asked for it, whatever they may do: not above the limit, not at another sign-in either."""
    user = bob(shop, 500_000, role=role)
    shop.people[user.pk] = Payee("Bob", "another-address@example.test")
    withdrawal = ask(shop, user, 200_000)
    assert withdrawal.state == State.AWAITING_APPROVAL
    with pytest.raises(NotAllowed):
        withdrawal_services.approve(withdrawal_id=withdrawal.id, acting_user=user, tenant_id=shop.id)
    with pytest.raises(NotAllowed):
        withdrawal_services.refuse(withdrawal_id=withdrawal.id, acting_user=user, tenant_id=None, reason="x")
    # Whoever is of the shop's team is stopped by another guard before.
    with refused_by("withdrawal_four_eyes", "payouts.central_team_approves"), transaction.atomic():
        Withdrawal.objects.filter(id=withdrawal.id).update(state=State.REQUESTED, decided_by=user.pk)
    with refused_by("withdrawal_approved_by_somebody"), transaction.atomic():
        Withdrawal.objects.filter(id=withdrawal.id).update(state=State.REQUESTED)
    withdrawal.refresh_from_db()
    assert (withdrawal.state, Payout.objects.count()) == (State.AWAITING_APPROVAL, 0)


@db
def test_the_same_person_at_another_sign_in_is_the_same_person(shop: Shop) -> None:
    user = bob(shop, 500_000)
    withdrawal = ask(shop, user, 200_000)
    shop.people[user.pk] = Payee("Bob", "BOB@example.test")
    double = make_user("bob.central@example.test", role=roles.CENTRAL_ADMIN)
    shop.people[user.pk] = Payee("Bob", "Bob.Central@example.test")
    with pytest.raises(NotAllowed):
        withdrawal_services.approve(withdrawal_id=withdrawal.id, acting_user=double, tenant_id=None)


@db
@pytest.mark.parametrize(
    ("role", "may"),
    [
        (roles.OWNER, True),
        (roles.MANAGER, True),
        (roles.FINANCE, True),
        (roles.CENTRAL_ADMIN, True),
        (roles.SUPPORT, False),
        (roles.MEMBER, False),
        (roles.CENTRAL_STAFF, False),
    ],
)
def test_who_may_decide(shop: Shop, role: str, may: bool) -> None:
    user = bob(shop, 500_000)
    withdrawal = ask(shop, user, 200_000)
    decider = make_user("decider@example.test", role=role)
    if may:
        withdrawal_services.approve(withdrawal_id=withdrawal.id, acting_user=decider, tenant_id=shop.id)
    else:
        with pytest.raises(NotAllowed):
            withdrawal_services.approve(withdrawal_id=withdrawal.id, acting_user=decider, tenant_id=shop.id)
    assert Payout.objects.count() == int(may)


@db
def test_another_shop_decides_nothing_here(shop: Shop) -> None:
    user = bob(shop, 500_000)
    withdrawal = ask(shop, user, 200_000)
    with pytest.raises(NotFound):
        withdrawal_services.approve(withdrawal_id=withdrawal.id, acting_user=boss(), tenant_id=new_id())


@db
def test_who_sets_the_limit_does_not_profit_from_it(shop: Shop) -> None:
    owner = bob(shop, 5_000_000, role=roles.OWNER)
    withdrawal_term_services.set_terms(
        tenant_id=shop.id, currency="CNY", minimum=100, fee=0, approval_above=1_000_000, acting_user=owner
    )
    assert ask(shop, owner, 10_000).state == State.AWAITING_APPROVAL
    other = bob(shop, 5_000_000, email="eve@example.test")
    assert ask(shop, other, 900_000).state == State.REQUESTED


@db
def test_terms_have_bounds_and_are_audited(shop: Shop) -> None:
    owner = boss()
    for wrong in (
        {"minimum": 100, "fee": 100, "approval_above": 0},
        {"minimum": 100, "fee": -1, "approval_above": 0},
        {"minimum": 100, "fee": 0, "approval_above": 1_000_001},
        {"minimum": 100, "fee": 0, "approval_above": -1},
    ):
        with pytest.raises(InvalidInput):
            withdrawal_term_services.set_terms(tenant_id=shop.id, currency="CNY", acting_user=owner, **wrong)
    finance = boss("finance@example.test", roles.FINANCE)
    with pytest.raises(NotAllowed):
        withdrawal_term_services.set_terms(
            tenant_id=shop.id, currency="CNY", minimum=100, fee=0, approval_above=1, acting_user=finance
        )
    withdrawal_term_services.set_terms(
        tenant_id=shop.id, currency="CNY", minimum=500, fee=5, approval_above=1, acting_user=owner
    )
    assert AuditEntry.objects.get(action="withdrawal.terms").changes["fee"] == [0, 5]
    assert withdrawal_term_selectors.terms_of(shop.id, "CNY").minimum == 500


@db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE payouts_payouthalt SET reason = 'x'",
        "DELETE FROM payouts_payouthalt",
        "TRUNCATE payouts_payouthalt",
        "UPDATE payouts_withdrawal SET amount = amount + 1, net = net + 1",
        "UPDATE payouts_withdrawal SET owner_id = uuidv7()",
        "UPDATE payouts_withdrawal SET needs_approval = false",
        "UPDATE payouts_withdrawal SET net = net - 1",
        "DELETE FROM payouts_withdrawal",
        "TRUNCATE payouts_withdrawal CASCADE",
    ],
)
def test_the_database_keeps_what_was_written(shop: Shop, statement: str) -> None:
    user = bob(shop, 500_000)
    withdrawal = ask(shop, user, 200_000)
    halt_services.halt("reason", "test")
    stopped = refused_by("kernel.append_only", "payouts.withdrawal_fixed", "withdrawal_adds_up")
    with stopped, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(statement)
    withdrawal.refresh_from_db()
    assert (withdrawal.amount, withdrawal.needs_approval) == (200_000, True)


@db
def test_what_is_final_stays_final(shop: Shop) -> None:
    user = bob(shop, 500_000)
    withdrawal = ask(shop, user, 200_000)
    withdrawal_services.refuse(
        withdrawal_id=withdrawal.id, acting_user=boss(), tenant_id=shop.id, reason="no"
    )
    with refused_by("payouts.withdrawal_over"), transaction.atomic():
        Withdrawal.objects.update(state=State.PAID)
    assert Withdrawal.objects.get().state == State.REFUSED
