"""The sandbox's balances: every movement is a balance transaction, a balance is their sum."""

from typing import Any

from billing.payments.sandbox.store import Store, Thing, random_id

CATEGORIES = {
    "payment": "charge",
    "payment_refund": "refund",
    "transfer_refund": "transfer_reversal",
    "adjustment": "dispute",
    "payout_failure": "payout_reversal",
    "stripe_fee": "fee",
}


def record(
    store: Store,
    account: str,
    *,
    kind: str,
    amount: int,
    currency: str,
    source: str | None,
    available_on: int,
    fee: int = 0,
    category: str = "",
) -> Thing:
    """Write a balance transaction; ``account`` is empty for the platform."""
    details = [
        {
            "amount": fee,
            "application": None,
            "currency": currency,
            "description": "Stripe processing fees" if kind == "charge" else "Dispute fee",
            "type": "stripe_fee",
        }
    ]
    return store.save(
        {
            "id": random_id("txn"),
            "object": "balance_transaction",
            "amount": amount,
            "available_on": available_on,
            "balance_type": "payments",
            "created": store.now(),
            "currency": currency,
            "description": None,
            "exchange_rate": None,
            "fee": fee,
            "fee_details": details if fee else [],
            "net": amount - fee,
            "reporting_category": category or CATEGORIES.get(kind, kind),
            "source": source,
            "status": "available" if available_on <= store.now() else "pending",
            "type": kind,
        },
        account,
    )


def as_of_now(store: Store, row: Thing) -> Thing:
    """Return a balance transaction with the status that it has by now."""
    return row | {"status": "available" if row["available_on"] <= store.now() else "pending"}


def sums(store: Store, account: str) -> dict[str, dict[str, int]]:
    """Return currency -> {"available": …, "pending": …} in minor units."""
    totals: dict[str, dict[str, int]] = {}
    for currency, is_available, net in store.balance_sums(account):
        kept = totals.setdefault(currency, {"available": 0, "pending": 0})
        kept["available" if is_available else "pending"] += net
    return totals


def balance(store: Store, account: str, *, instant: bool) -> Thing:
    """Return the Balance object; ``instant`` says whether the account's bank takes instant payouts."""
    totals = sums(store, account) or {"cny": {"available": 0, "pending": 0}}

    def rows(state: str) -> list[dict[str, Any]]:
        return [
            {"amount": kept[state], "currency": currency, "source_types": {"card": kept[state]}}
            for currency, kept in sorted(totals.items())
        ]

    shown: Thing = {
        "object": "balance",
        "available": rows("available"),
        "livemode": False,
        "pending": rows("pending"),
    }
    if instant:
        shown["instant_available"] = rows("available")
    return shown
