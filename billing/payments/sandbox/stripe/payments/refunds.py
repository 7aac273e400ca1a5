"""Refunds."""

from typing import Any

from billing.payments.sandbox.store import Store, Thing, random_id
from billing.payments.sandbox.stripe import currencies, forms, money
from billing.payments.sandbox.stripe.events import emit
from billing.payments.sandbox.stripe.faults import Fault, missing
from billing.payments.sandbox.stripe.payments import disputes, intents


def create(store: Store, params: dict[str, Any]) -> Thing:
    """POST /v1/refunds"""
    if params.get("payment_intent"):
        charge_id = intents.found(store, params["payment_intent"])["latest_charge"]
        if charge_id is None:
            raise Fault(
                "This PaymentIntent does not have a successful charge to refund.",
                code="payment_intent_unexpected_state",
            )
    else:
        charge_id = forms.text(params, "charge")
    charge = store.get(charge_id, "charge")
    if charge is None:
        raise missing("charge", charge_id, "charge")
    if charge["disputed"] and not disputes.leaves_refundable(store, charge_id):
        raise Fault(
            f"Charge {charge_id} has been charged back; cannot issue a refund.", code="charge_disputed"
        )
    left = charge["amount_captured"] - charge["amount_refunded"]
    if not left:
        raise Fault(f"Charge {charge_id} has already been refunded.", code="charge_already_refunded")
    amount = forms.amount(params, default=left)
    currencies.require_whole(amount, charge["currency"])
    if amount > left:
        raise Fault(
            f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})", param="amount"
        )
    refund_id = random_id("re")
    entry = money.record(
        store,
        "",
        kind="refund",
        amount=-amount,
        currency=charge["currency"],
        source=refund_id,
        available_on=store.now(),
    )
    refund = store.save(
        {
            "id": refund_id,
            "object": "refund",
            "amount": amount,
            "balance_transaction": entry["id"],
            "charge": charge_id,
            "created": store.now(),
            "currency": charge["currency"],
            "destination_details": {"card": {"type": "refund"}, "type": "card"},
            "metadata": forms.metadata(params),
            "payment_intent": charge["payment_intent"],
            "reason": params.get("reason") or None,
            "receipt_number": None,
            "source_transfer_reversal": None,
            "status": "succeeded",
            "transfer_reversal": None,
        }
    )
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    store.save(charge)
    emit(store, "refund.created", refund)
    emit(store, "charge.refunded", charge)
    emit(store, "refund.updated", refund)
    return refund
