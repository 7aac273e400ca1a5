"""What payouts, disputes and reconciliation ask of the gateway, against the sandbox over HTTP."""

from datetime import UTC, datetime, timedelta

import pytest

from billing.payments.gateway import (
    DisputeStatus,
    Intent,
    MoveStatus,
    PayeeBalance,
    PayoutMethod,
    gateway,
)
from kernel.calls.errors import CallRefused
from tests.support.sandbox import RunningSandbox


def pay(method: str = "pm_card_visa", amount: int = 10_000) -> Intent:
    """Be paid by card."""
    intent = gateway().create_intent(
        amount=amount,
        currency="CNY",
        group="order",
        reference=method,
        description="",
        key=f"{method}{amount}",
    )
    return gateway().confirm_intent(
        intent.id, method=method, return_url="http://x/", key=f"c{method}{amount}"
    )


def account(name: str = "Farm") -> str:
    """Open a payee's account with 70.00 CNY on it."""
    opened = gateway().create_account(country="CN", email="", name=name, reference=name, key=name)
    gateway().transfer(
        amount=7_000,
        currency="CNY",
        destination=opened.id,
        group="",
        source=pay().charge_id,
        reference=name,
        key=f"t{name}",
    )
    return opened.id


def test_a_dispute_takes_the_money_until_it_is_won(sandbox: RunningSandbox) -> None:
    intent = pay("pm_card_createDispute")
    (opened,) = sandbox.events("charge.dispute.created")
    dispute = gateway().fetch_dispute(opened["data"]["object"]["id"])
    assert (dispute.payment_external_id, dispute.charge_id) == (intent.id, intent.charge_id)
    assert (dispute.amount, dispute.currency, dispute.reason) == (10_000, "CNY", "fraudulent")
    assert (dispute.status, dispute.withdrawn, dispute.fee) == (DisputeStatus.NEEDS_RESPONSE, 10_000, 1_500)
    with pytest.raises(CallRefused) as caught:
        gateway().refund(intent_id=intent.id, amount=1, currency="CNY", reference="", key="r")
    assert caught.value.code == "charge_disputed"
    won = gateway().submit_evidence(
        dispute.id, evidence={"uncategorized_text": "winning_evidence"}, key="evidence"
    )
    assert (won.status, won.withdrawn, won.fee) == (DisputeStatus.WON, 0, 1_500)
    assert [event["type"].rpartition(".")[2] for event in sandbox.events("charge.dispute.")] == [
        "created",
        "funds_withdrawn",
        "updated",
        "funds_reinstated",
        "closed",
    ]
    assert gateway().refund(intent_id=intent.id, amount=1, currency="CNY", reference="", key="r2").amount == 1


def test_evidence_is_taken_once_and_accepting_loses(sandbox: RunningSandbox) -> None:
    pay("pm_card_createDisputeProductNotReceived")
    dispute = sandbox.store.all("dispute")[0]["id"]
    answered = gateway().submit_evidence(dispute, evidence={"uncategorized_text": "It was sent"}, key="e")
    assert answered.status == DisputeStatus.UNDER_REVIEW
    with pytest.raises(CallRefused):
        gateway().submit_evidence(dispute, evidence={"uncategorized_text": "And this"}, key="e2")
    lost = gateway().accept_dispute(dispute, key="a")
    assert (lost.status, lost.withdrawn) == (DisputeStatus.LOST, 10_000)
    assert sandbox.control(f"disputes/{dispute}/win") == 400, "it is over"


def test_an_inquiry_takes_nothing_unless_it_is_lost(sandbox: RunningSandbox) -> None:
    pay("pm_card_createDisputeInquiry")
    dispute = sandbox.store.all("dispute")[0]["id"]
    inquiry = gateway().fetch_dispute(dispute)
    assert (inquiry.status, inquiry.withdrawn, inquiry.fee) == (DisputeStatus.NEEDS_RESPONSE, 0, 0)
    assert sandbox.control(f"disputes/{dispute}/lose") == 204
    assert gateway().fetch_dispute(dispute).withdrawn == 10_000


def test_a_dispute_can_be_made_by_hand(sandbox: RunningSandbox) -> None:
    charge = pay().charge_id
    assert sandbox.control(f"charges/{charge}/dispute", reason="duplicate") == 204
    assert sandbox.store.where("dispute", "charge", charge)[0]["reason"] == "duplicate"
    assert sandbox.control(f"charges/{charge}/dispute") == 400, "one at a time"


def test_instant_payouts_reach_the_banks_that_take_them(sandbox: RunningSandbox) -> None:
    farm, provider = account(), gateway()

    def pay_out(method: PayoutMethod, key: str) -> MoveStatus:
        payout = provider.payout(
            account=farm, amount=3_000, currency="CNY", method=method, reference=key, key=key
        )
        assert (
            provider.find_payout(account=farm, reference=key)
            == payout
            == provider.fetch_payout(farm, payout.id)
        )
        return payout.status

    assert provider.payee_balance(farm, "CNY") == PayeeBalance(available=7_000, instant=0)
    with pytest.raises(CallRefused) as caught:
        pay_out(PayoutMethod.INSTANT, "no")
    assert caught.value.code == "instant_payouts_unsupported"
    assert pay_out(PayoutMethod.STANDARD, "slow") == MoveStatus.PENDING
    sandbox.control(f"accounts/{farm}/instant")
    assert provider.payee_balance(farm, "CNY") == PayeeBalance(available=4_000, instant=4_000)
    assert pay_out(PayoutMethod.INSTANT, "fast") == MoveStatus.PENDING
    assert provider.payee_balance(farm, "CNY") == PayeeBalance(available=1_000, instant=1_000)
    assert sandbox.control("clock", seconds="60") == 204
    fast = provider.find_payout(account=farm, reference="fast")
    assert fast is not None
    assert fast.status == MoveStatus.SUCCEEDED, "within a minute"


def test_a_standard_payout_arrives_and_may_come_back(sandbox: RunningSandbox) -> None:
    farm, provider = account(), gateway()
    payout = provider.payout(
        account=farm,
        amount=7_000,
        currency="CNY",
        method=PayoutMethod.STANDARD,
        reference="p",
        key="p",
    )
    assert payout.arrives_at is not None
    assert sandbox.control("clock", days="1") == 204
    assert provider.fetch_payout(farm, payout.id).status == MoveStatus.PENDING, "the bank has it"
    assert sandbox.control("clock", days="1") == 204
    assert provider.fetch_payout(farm, payout.id).status == MoveStatus.SUCCEEDED
    assert sandbox.control(f"payouts/{payout.id}/fail") == 204
    back = provider.fetch_payout(farm, payout.id)
    assert (back.status, back.error) == (MoveStatus.FAILED, "The bank account has been closed.")
    assert [(event["type"], event["account"]) for event in sandbox.events("payout.")] == [
        ("payout.created", farm),
        ("payout.updated", farm),
        ("payout.paid", farm),
        ("payout.failed", farm),
    ]
    start = datetime.now(UTC) - timedelta(days=1)
    moves = list(provider.balance_transactions(start, start + timedelta(days=4), account=farm))
    assert [(move.type, move.net) for move in moves] == [
        ("payout_failure", 7_000),
        ("payout", -7_000),
        ("payment", 7_000),
    ]


def test_a_disabled_account_gets_no_payout(sandbox: RunningSandbox) -> None:
    farm = account()
    sandbox.control(f"accounts/{farm}/disable")
    with pytest.raises(CallRefused) as caught:
        gateway().payout(
            account=farm, amount=1, currency="CNY", method=PayoutMethod.STANDARD, reference="", key="p"
        )
    assert caught.value.code == "payouts_not_allowed"
    assert sandbox.control(f"accounts/{farm}/enable") == 204
    assert gateway().fetch_account(farm).payouts_enabled


def test_the_same_bank_account_is_recognised(sandbox: RunningSandbox) -> None:
    provider = gateway()
    farm, shop, friend = (
        provider.create_account(country="CN", email="", name=name, reference=name, key=name).id
        for name in ("Farm", "Shop", "Friend")
    )
    for payee, number in ((farm, "6222000012345678"), (shop, "6222000012345678"), (friend, "62220001")):
        assert sandbox.control(f"accounts/{payee}/bank", number=number) == 204
    prints = [provider.fetch_account(payee).bank_fingerprint for payee in (farm, shop, friend)]
    assert prints[0] == prints[1] != prints[2]


def test_every_movement_is_a_line_of_the_balance_with_its_fee(sandbox: RunningSandbox) -> None:
    provider = gateway()
    intent = pay()
    farm = provider.create_account(country="CN", email="", name="Farm", reference="", key="farm").id
    sent = provider.transfer(
        amount=5_000,
        currency="CNY",
        destination=farm,
        group="",
        source=intent.charge_id,
        reference="sent",
        key="t",
    )
    back = provider.reverse_transfer(sent.id, amount=1_000, currency="CNY", reference="back", key="v")
    assert provider.find_reversal(sent.id, reference="back") == back
    refund = provider.refund(intent_id=intent.id, amount=2_000, currency="CNY", reference="refund", key="r")
    since = datetime.now(UTC) - timedelta(minutes=1)
    moves = list(provider.balance_transactions(since, since + timedelta(minutes=2)))
    assert [(m.type, m.amount, m.fee, m.net, m.source, m.reference) for m in reversed(moves)] == [
        ("charge", 10_000, 320, 9_680, intent.charge_id, "pm_card_visa"),
        ("transfer", -5_000, 0, -5_000, sent.id, "sent"),
        ("transfer_refund", 1_000, 0, 1_000, back.id, "back"),
        ("refund", -2_000, 0, -2_000, refund.id, "refund"),
    ]
    assert provider.available("CNY") == sum(move.net for move in moves) == 3_680
    assert list(provider.balance_transactions(since - timedelta(days=1), since)) == []


def test_a_charge_is_available_once_its_funds_arrived(sandbox: RunningSandbox) -> None:
    charge = pay().charge_id
    assert gateway().charge_is_available(charge)
    entry = sandbox.store.where("balance_transaction", "source", charge)[0]
    sandbox.change(entry["id"], available_on=sandbox.store.now() + 3_600)
    assert not gateway().charge_is_available(charge)
    assert sandbox.control("clock", seconds="3600") == 204
    assert gateway().charge_is_available(charge)
