"""The sandbox's balances: every movement is a balance transaction, a balance is their sum."""

from typing import Any

from billing.payments.sandbox.store import Store, Thing, random_id


def record(
    store: Store, account: str, *, kind: str, amount: int, currency: str, source: str, available_on: int
) -> Thing:
    """Write a balance transaction; ``account`` is empty for the platform."""
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
            "fee": 0,
            "fee_details": [],
            "net": amount,
            "reporting_category": kind.replace("payment_", ""),
            "source": source,
            "status": "available" if available_on <= store.now() else "pending",
            "type": kind,
        },
        account,
    )


def sums(store: Store, account: str) -> dict[str, dict[str, int]]:
    """Return currency -> {"available": …, "pending": …} in minor units."""
    totals: dict[str, dict[str, int]] = {}
    for row in store.all("balance_transaction", account):
        kept = totals.setdefault(row["currency"], {"available": 0, "pending": 0})
        kept["available" if row["available_on"] <= store.now() else "pending"] += row["net"]
    return totals


def balance(store: Store, account: str) -> Thing:
    """Return the Balance object."""
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
    if account:
        shown["instant_available"] = rows("available")
    return shown
