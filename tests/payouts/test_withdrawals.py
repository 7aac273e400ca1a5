"""Withdrawals: out of the wallet once, and only what is there, by the one whose it is."""

import pytest

from accounts import roles
from billing.ledger import selectors as ledger_selectors
from billing.ledger.models import AccountKind
from billing.payouts.models import PayoutAccount, Withdrawal
from billing.payouts.transfers import services as transfer_services
from billing.payouts.withdrawals import services as withdrawal_services
from kernel.errors import Conflict, InsufficientBalance, InvalidInput, NotAllowed
from kernel.models import AuditEntry, Event
from tests.payouts.people import Shop, able, ask, bob, boss, earn, wallet_of
from tests.support.books import drift
from tests.support.build import make_user
from tests.support.sandbox import RunningSandbox

db = pytest.mark.django_db
State = Withdrawal.State


@db
def test_it_leaves_the_wallet_and_arrives(shop: Shop, sandbox: RunningSandbox) -> None:
    user = bob(shop, 50_000)
    withdrawal = ask(shop, user, 30_000)
    assert (withdrawal.state, withdrawal.net, withdrawal.tax, withdrawal.fee) == (
        State.REQUESTED,
        30_000,
        0,
        0,
    )
    assert wallet_of(shop, user.pk) == {"commission_payable": 20_000, "withdrawal_in_flight": 30_000}
    assert transfer_services.pay_due() == 1
    withdrawal.refresh_from_db()
    assert withdrawal.state == State.PAID
    assert withdrawal.finished_at is not None
    assert wallet_of(shop, user.pk) == {"commission_payable": 20_000}
    (transfer,) = sandbox.store.all("transfer")
    assert (transfer["amount"], transfer["currency"]) == (30_000, "cny")
    assert set(ledger_selectors.sum_by_currency().values()) == {0}
    assert drift() == []
    topics = set(Event.objects.values_list("topic", flat=True))
    assert {"withdrawal.requested", "withdrawal.paid"} <= topics
    assert AuditEntry.objects.filter(action="withdrawal.requested", object_id=str(withdrawal.id)).exists()


@db
def test_the_same_key_is_the_same_withdrawal(shop: Shop) -> None:
    user = bob(shop, 50_000)
    assert ask(shop, user, 10_000, "k").id == ask(shop, user, 10_000, "k").id
    assert wallet_of(shop, user.pk)["commission_payable"] == 40_000
    with pytest.raises(Conflict, match="key"):
        ask(shop, user, 20_000, "k")


@db
@pytest.mark.parametrize("amount", [-5, 0, 999, 10**16, 1.5])
def test_impossible_amounts_are_refused(shop: Shop, amount: int) -> None:
    user = bob(shop, 50_000)
    with pytest.raises(InvalidInput, match="least"):
        ask(shop, user, amount)
    assert wallet_of(shop, user.pk) == {"commission_payable": 50_000}
    assert Withdrawal.objects.count() == 0


@db
def test_more_than_there_is_is_refused(shop: Shop) -> None:
    user = bob(shop, 50_000)
    with pytest.raises(InsufficientBalance) as refused:
        ask(shop, user, 50_001)
    assert refused.value.details["missing"] == 1
    assert wallet_of(shop, user.pk) == {"commission_payable": 50_000}


@db
def test_another_currency_is_another_wallet(shop: Shop) -> None:
    user = bob(shop, 50_000)
    with pytest.raises(InsufficientBalance):
        ask(shop, user, 10_000, currency="USD")


@db
def test_what_is_owed_from_refunds_is_kept_back(shop: Shop) -> None:
    user = bob(shop, 50_000)
    earn(shop, user.pk, -20_000, wallet=AccountKind.CLAWBACK_RECEIVABLE)
    with pytest.raises(InsufficientBalance):
        ask(shop, user, 30_001)
    assert ask(shop, user, 30_000).amount == 30_000


@db
def test_nobody_takes_somebody_elses_money(shop: Shop) -> None:
    user, other = bob(shop, 50_000), make_user("charlie@example.test")
    owner = boss()
    for stranger in (other, owner):
        with pytest.raises(NotAllowed):
            ask(shop, stranger, 10_000, owner_id=user.pk)
    assert wallet_of(shop, user.pk) == {"commission_payable": 50_000}


@db
def test_without_an_able_account_nothing_leaves(shop: Shop, sandbox: RunningSandbox) -> None:
    user = make_user()
    earn(shop, user.pk, 50_000)
    with pytest.raises(Conflict, match="no payout account"):
        ask(shop, user, 10_000)
    able(shop, user.pk)
    PayoutAccount.objects.update(state="restricted")
    with pytest.raises(Conflict, match="cannot pay"):
        ask(shop, user, 10_000)
    assert wallet_of(shop, user.pk) == {"commission_payable": 50_000}


@db
def test_the_shop_takes_its_margin_less_what_may_be_refunded(shop: Shop) -> None:
    owner = boss()
    able(shop, shop.id, kind="tenant")
    earn(shop, shop.id, 80_000, wallet=AccountKind.TENANT_MARGIN, kind="tenant", days_ago=20)
    earn(shop, shop.id, 500_000, wallet=AccountKind.TENANT_MARGIN, kind="tenant")
    with pytest.raises(InsufficientBalance):
        ask(shop, owner, 80_001, owner_id=shop.id)
    with pytest.raises(NotAllowed):
        ask(shop, boss("f@example.test", roles.FINANCE), 10_000, owner_id=shop.id)
    withdrawal = ask(shop, owner, 80_000, owner_id=shop.id)
    assert (withdrawal.state, withdrawal.wallet, withdrawal.tax) == (State.REQUESTED, "tenant_margin", 0)
    transfer_services.pay_due()
    withdrawal.refresh_from_db()
    assert withdrawal.state == State.PAID
    with pytest.raises(InsufficientBalance):
        ask(shop, owner, 1_000, owner_id=shop.id)


@db
def test_margin_that_comes_back_can_be_taken_at_once(shop: Shop) -> None:
    owner, finance = boss(), boss("f@example.test", roles.FINANCE)
    able(shop, shop.id, kind="tenant")
    earn(shop, shop.id, 500_000, wallet=AccountKind.TENANT_MARGIN, kind="tenant", days_ago=20)
    withdrawal = ask(shop, owner, 400_000, owner_id=shop.id)
    withdrawal_services.refuse(
        withdrawal_id=withdrawal.id, acting_user=finance, tenant_id=shop.id, reason="not yet"
    )
    assert ask(shop, owner, 500_000, owner_id=shop.id).amount == 500_000
