"""Withdrawals that do not get through: all of it comes back, and nothing is sent twice."""

import pytest

from billing.payouts.accounts import payees
from billing.payouts.models import Payout, PayoutAccount, Withdrawal
from billing.payouts.transfers import services as transfer_services
from billing.payouts.withdrawal_terms import services as withdrawal_term_services
from tests.payouts.people import Shop, ask, bob, boss, fill, later, wallet_of
from tests.support.books import drift
from tests.support.sandbox import RunningSandbox

db = pytest.mark.django_db
State = Withdrawal.State


@db
def test_an_account_that_was_able_and_is_not_gets_nothing(shop: Shop, sandbox: RunningSandbox) -> None:
    user = bob(shop, 50_000)
    withdrawal = ask(shop, user, 10_000)
    PayoutAccount.objects.update(state="restricted")
    transfer_services.pay_due()
    withdrawal.refresh_from_db()
    assert (withdrawal.state, sandbox.count("transfer")) == (State.FAILED, 0)
    assert wallet_of(shop, user.pk) == {"commission_payable": 50_000}


@db
def test_refused_by_the_gateway_all_of_it_comes_back(shop: Shop, sandbox: RunningSandbox) -> None:
    user = bob(shop, 5_000_000)
    withdrawal_term_services.set_terms(
        tenant_id=shop.id,
        currency="CNY",
        minimum=1_000,
        fee=200,
        approval_above=1_000_000,
        acting_user=boss("owner@example.test"),
    )
    withdrawal = ask(shop, user, 1_000_000)
    assert (withdrawal.fee, withdrawal.tax, withdrawal.net) == (200, 9_000, 990_800)
    account = PayoutAccount.objects.get()
    sandbox.control(f"accounts/{account.external_id}/disable")
    transfer_services.pay_due()
    withdrawal.refresh_from_db()
    assert withdrawal.state == State.FAILED
    assert withdrawal.reason.startswith("insufficient_capabilities")
    assert withdrawal.reason_text == "the payment service could not pay to the payout account"
    assert wallet_of(shop, user.pk) == {"commission_payable": 5_000_000}
    assert wallet_of(shop, shop.id, "tenant") == {}
    sandbox.control(f"accounts/{account.external_id}/enable")
    assert ask(shop, user, 1_000_000).tax == 9_000, "what failed was no income"
    assert drift() == []


@db
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("hours", [0, 25])
def test_a_line_that_breaks_pays_once(shop: Shop, sandbox: RunningSandbox, moment: str, hours: int) -> None:
    user = bob(shop, 50_000)
    withdrawal = ask(shop, user, 30_000)
    sandbox.break_next("/v1/transfers", moment)
    transfer_services.pay_due()
    assert wallet_of(shop, user.pk) == {"commission_payable": 20_000, "withdrawal_in_flight": 30_000}
    with later(hours=hours, minutes=2):
        transfer_services.pay_due()
    withdrawal.refresh_from_db()
    assert (withdrawal.state, sandbox.count("transfer")) == (State.PAID, 1)


@db
def test_it_waits_for_money_on_our_own_balance(
    sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop()
    monkeypatch.setattr(payees, "_describers", [shop.describe])
    user = bob(shop, 50_000)
    withdrawal = ask(shop, user, 30_000)
    transfer_services.pay_due()
    withdrawal.refresh_from_db()
    payout = Payout.objects.get()
    assert (withdrawal.state, payout.key_round, payout.last_error[:20]) == (
        State.REQUESTED,
        1,
        "balance_insufficient",
    )
    fill(sandbox, 100_000)
    with later(hours=2):
        transfer_services.pay_due()
    withdrawal.refresh_from_db()
    assert (withdrawal.state, sandbox.count("transfer")) == (State.PAID, 1)


@db
def test_it_does_not_wait_for_ever(sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop()
    monkeypatch.setattr(payees, "_describers", [shop.describe])
    user = bob(shop, 50_000)
    withdrawal = ask(shop, user, 30_000)
    with later(days=4):
        transfer_services.pay_due()
    withdrawal.refresh_from_db()
    assert withdrawal.state == State.FAILED
    assert wallet_of(shop, user.pk) == {"commission_payable": 50_000}
