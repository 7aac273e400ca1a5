"""Transfers to connected accounts, and what is taken back of them."""

from typing import Any

from billing.payments.sandbox.store import Store, Thing, random_id
from billing.payments.sandbox.stripe import forms, money
from billing.payments.sandbox.stripe.connect import accounts
from billing.payments.sandbox.stripe.events import emit
from billing.payments.sandbox.stripe.faults import Fault, missing


def create(store: Store, params: dict[str, Any]) -> Thing:
    """POST /v1/transfers"""
    currency = forms.currency(params)
    amount = forms.amount(params)
    account = accounts.found(store, forms.text(params, "destination"), "destination")
    if account["capabilities"].get("transfers") != "active":
        raise Fault(
            "Your destination account needs to have at least one of the following capabilities"
            " enabled: transfers",
            code="insufficient_capabilities_for_transfer",
            keep=True,
        )
    available_on, group = store.now(), params.get("transfer_group") or None
    if source := params.get("source_transaction") or None:
        available_on, group = _draw_on(store, source, amount, currency, group)
    elif amount > money.sums(store, "").get(currency, {}).get("available", 0):
        raise Fault(
            "You have insufficient available funds in your Stripe account.",
            code="balance_insufficient",
            keep=True,
        )
    transfer_id, arrival_id = random_id("tr"), random_id("py")
    entry = money.record(
        store,
        "",
        kind="transfer",
        amount=-amount,
        currency=currency,
        source=transfer_id,
        available_on=available_on,
    )
    money.record(
        store,
        account["id"],
        kind="payment",
        amount=amount,
        currency=currency,
        source=arrival_id,
        available_on=available_on,
    )
    transfer = store.save(
        {
            "id": transfer_id,
            "object": "transfer",
            "amount": amount,
            "amount_reversed": 0,
            "balance_transaction": entry["id"],
            "created": store.now(),
            "currency": currency,
            "description": params.get("description") or None,
            "destination": account["id"],
            "destination_payment": arrival_id,
            "livemode": False,
            "metadata": forms.metadata(params),
            "reversals": {
                "object": "list",
                "data": [],
                "has_more": False,
                "url": f"/v1/transfers/{transfer_id}/reversals",
            },
            "reversed": False,
            "source_transaction": source,
            "source_type": "card",
            "transfer_group": group,
        }
    )
    emit(store, "transfer.created", transfer)
    return transfer


def _draw_on(
    store: Store, charge_id: str, amount: int, currency: str, group: str | None
) -> tuple[int, str | None]:
    """Return when the charge's money is available, and its group; never more than the charge in all."""
    charge = store.get(charge_id, "charge")
    if charge is None:
        raise missing("charge", charge_id, "source_transaction")
    if charge["currency"] != currency:
        raise Fault(
            "The currency of source_transaction's balance transaction does not match the transfer's.",
            param="currency",
        )
    if group and group != charge["transfer_group"]:
        raise Fault(
            "The transfer_group must match the one of the source_transaction.", param="transfer_group"
        )
    drawn = sum(
        row["amount"] - row["amount_reversed"]
        for row in store.where("transfer", "source_transaction", charge_id)
    )
    if drawn + amount > charge["amount"]:
        raise Fault(
            f"Transfers from this source_transaction exceed the source amount of {charge['amount']}.",
            code="balance_insufficient",
            keep=True,
        )
    entry = store.get(charge["balance_transaction"])
    assert entry is not None
    return max(entry["available_on"], store.now()), charge["transfer_group"]


def reverse(store: Store, transfer_id: str, params: dict[str, Any]) -> Thing:
    """POST /v1/transfers/:id/reversals"""
    transfer = store.get(transfer_id, "transfer")
    if transfer is None:
        raise missing("transfer", transfer_id)
    left = transfer["amount"] - transfer["amount_reversed"]
    amount = forms.amount(params, default=left)
    if amount > left:
        raise Fault(f"Reversal amount ({amount}) is greater than unreversed amount ({left})", param="amount")
    held = money.sums(store, transfer["destination"]).get(
        transfer["currency"], {"available": 0, "pending": 0}
    )
    if amount > held["available"] + held["pending"]:
        raise Fault(
            "The destination account does not have enough funds.", code="balance_insufficient", keep=True
        )
    reversal_id = random_id("trr")
    for account, signed in (("", amount), (transfer["destination"], -amount)):
        entry = money.record(
            store,
            account,
            kind="transfer_refund" if not account else "payment_refund",
            amount=signed,
            currency=transfer["currency"],
            source=reversal_id,
            available_on=store.now(),
        )
    reversal = {
        "id": reversal_id,
        "object": "transfer_reversal",
        "amount": amount,
        "balance_transaction": entry["id"],
        "created": store.now(),
        "currency": transfer["currency"],
        "destination_payment_refund": None,
        "metadata": forms.metadata(params),
        "source_refund": None,
        "transfer": transfer_id,
    }
    store.save(reversal)
    transfer["amount_reversed"] += amount
    transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
    transfer["reversals"]["data"] = [reversal, *transfer["reversals"]["data"]]
    store.save(transfer)
    emit(store, "transfer.reversed", transfer)
    return reversal
