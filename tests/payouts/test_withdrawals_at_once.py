"""Withdrawals that are asked for and decided at the same moment."""

import pytest

from billing.payouts.accounts import payees
from billing.payouts.models import Payout, Withdrawal
from billing.payouts.transfers import services as transfer_services
from billing.payouts.withdrawals import services as withdrawal_services
from kernel.errors import InsufficientBalance
from tests.ledger.test_commits import at_once
from tests.payouts.people import Shop, ask, bob, boss, fill, wallet_of
from tests.support.books import drift
from tests.support.sandbox import RunningSandbox

db = pytest.mark.django_db
State = Withdrawal.State


@pytest.mark.slow
def test_fifty_at_once_take_one_wallet_out_once(
    own_database: str, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop()
    monkeypatch.setattr(payees, "_describers", [shop.describe])
    fill(sandbox, 10_000_000)
    user = bob(shop, 50_000)
    results: list[object] = []
    for _round in range(5):
        results += at_once(*[lambda: ask(shop, user, 50_000)] * 10, atomic=False)
    withdrawals = [result for result in results if isinstance(result, Withdrawal)]
    refused = [result for result in results if isinstance(result, InsufficientBalance)]
    assert (len(withdrawals), len(refused)) == (1, 49), results
    at_once(*[transfer_services.pay_due] * 4, atomic=False)
    assert sandbox.count("transfer") == 1
    assert wallet_of(shop, user.pk) == {}
    assert drift() == []


def test_one_click_sent_many_times_is_one_withdrawal(
    own_database: str, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop()
    monkeypatch.setattr(payees, "_describers", [shop.describe])
    user = bob(shop, 50_000)
    results = at_once(*[lambda: ask(shop, user, 10_000, "one click")] * 8, atomic=False)
    withdrawals = [result for result in results if isinstance(result, Withdrawal)]
    assert len(withdrawals) == 8, results
    assert len({result.id for result in withdrawals}) == 1
    assert wallet_of(shop, user.pk) == {"commission_payable": 40_000, "withdrawal_in_flight": 10_000}


def test_approved_and_refused_at_once_only_one_counts(
    own_database: str, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop()
    monkeypatch.setattr(payees, "_describers", [shop.describe])
    user, owner = bob(shop, 500_000), boss()
    withdrawal = ask(shop, user, 200_000)

    def approve() -> object:
        return withdrawal_services.approve(withdrawal_id=withdrawal.id, acting_user=owner, tenant_id=shop.id)

    def refuse() -> object:
        return withdrawal_services.refuse(
            withdrawal_id=withdrawal.id, acting_user=owner, tenant_id=shop.id, reason="no"
        )

    at_once(*[approve, refuse] * 4, atomic=False)
    withdrawal.refresh_from_db()
    held = wallet_of(shop, user.pk)
    if withdrawal.state == State.REFUSED:
        assert (held, Payout.objects.count()) == ({"commission_payable": 500_000}, 0)
    else:
        assert (held["withdrawal_in_flight"], Payout.objects.count()) == (withdrawal.net, 1)
    assert drift() == []
