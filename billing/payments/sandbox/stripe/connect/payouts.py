"""Payouts: a connected account's money goes on to its bank.

A standard one waits until it is handed to the bank, an instant one is handed over at once; either is paid
when its day has come. A bank account that is closed, as the test number CLOSED is, gives it back that day.
"""

from typing import Any

from billing.payments.sandbox.store import Store, Thing, random_id
from billing.payments.sandbox.stripe import currencies, forms, money
from billing.payments.sandbox.stripe.connect import accounts
from billing.payments.sandbox.stripe.events import emit
from billing.payments.sandbox.stripe.faults import Fault, missing

SUBMITTED = 3600  # seconds until a standard payout is handed to the bank
ARRIVAL = {"standard": 48 * 3600, "instant": 60}  # seconds until it is in the bank
CLOSED = "000111111116"
UNDER_WAY = ("pending", "in_transit")


def create(store: Store, account_id: str, params: dict[str, Any]) -> Thing:
    """POST /v1/payouts, on the account of the ``Stripe-Account`` header."""
    currency = forms.currency(params)
    amount = forms.amount(params)
    currencies.require_whole(amount, currency)
    currencies.require_whole_payout(amount, currency)
    method = params.get("method") or "standard"
    if method not in {"instant", "standard"}:
        raise Fault("Invalid method: must be one of instant or standard", param="method")
    destination = None
    if account_id:
        account = accounts.found(store, account_id)
        if not account["payouts_enabled"]:
            raise Fault(
                "Cannot create payouts: this account has requirements that are past due.",
                code="payouts_not_allowed",
                keep=True,
            )
        if method == "instant" and not accounts.takes_instant(account):
            raise Fault(
                "This bank account does not support instant payouts.",
                code="instant_payouts_unsupported",
                param="method",
                keep=True,
            )
        destination = account["external_accounts"]["data"][0]["id"]
    if amount > money.sums(store, account_id).get(currency, {}).get("available", 0):
        raise Fault(
            "You have insufficient funds in your Stripe account for this transfer.",
            code="balance_insufficient",
            keep=True,
        )
    payout_id = random_id("po")
    entry = _move(store, account_id, payout_id, "payout", -amount, currency)
    payout: Thing = {
        "id": payout_id,
        "object": "payout",
        "amount": amount,
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": store.now() + ARRIVAL[method],
        "automatic": False,
        "balance_transaction": entry["id"],
        "created": store.now(),
        "currency": currency,
        "description": params.get("description") or None,
        "destination": destination,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": forms.metadata(params),
        "method": method,
        "original_payout": None,
        "payout_method": None,
        "reconciliation_status": "not_applicable",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": None,
        "status": "in_transit" if method == "instant" else "pending",
        "trace_id": None,
        "type": "bank_account",
    }
    store.save(payout, account_id)
    emit(store, "payout.created", payout, account_id)
    return payout


def fail(store: Store, payout_id: str) -> Thing:
    """The bank gives a payout back, even one that it had taken, and its account gets nothing more."""
    payout, account_id = store.get(payout_id, "payout"), store.account_of(payout_id)
    if payout is None:
        raise missing("payout", payout_id, "payout")
    if payout["status"] not in {*UNDER_WAY, "paid"}:
        raise Fault("This payout is over.")
    entry = _move(store, account_id, payout_id, "payout_failure", payout["amount"], payout["currency"])
    payout |= {
        "status": "failed",
        "failure_balance_transaction": entry["id"],
        "failure_code": "account_closed",
        "failure_message": "The bank account has been closed.",
    }
    store.save(payout, account_id)
    emit(store, "payout.failed", payout, account_id)
    if account_id:
        accounts.close_bank(store, account_id)
    return payout


def tick(store: Store) -> None:
    """Hand payouts to banks, and let those arrive whose day has come."""
    for status in UNDER_WAY:
        for payout in store.where("payout", "status", status):
            _go_on(store, payout, store.account_of(payout["id"]))


def _go_on(store: Store, payout: Thing, account_id: str) -> None:
    if payout["arrival_date"] <= store.now():
        account = store.get(account_id, "account") if account_id else None
        if account and accounts.bank_number(account) == CLOSED[-4:]:
            fail(store, payout["id"])
            return
        status, topic = "paid", "payout.paid"
    elif payout["status"] == "pending" and payout["created"] + SUBMITTED <= store.now():
        status, topic = "in_transit", "payout.updated"
    else:
        return
    payout["status"] = status
    store.save(payout, account_id)
    emit(store, topic, payout, account_id)


def _move(store: Store, account_id: str, source: str, kind: str, amount: int, currency: str) -> Thing:
    return money.record(
        store,
        account_id,
        kind=kind,
        amount=amount,
        currency=currency,
        source=source,
        available_on=store.now(),
    )
