"""PaymentIntents and the charges they make."""

from typing import Any

from billing.payments.sandbox.store import Store, Thing, random_id
from billing.payments.sandbox.stripe import forms, money
from billing.payments.sandbox.stripe.events import emit
from billing.payments.sandbox.stripe.faults import Fault, missing, required
from billing.payments.sandbox.stripe.payments import disputes

DECLINES = {
    "pm_card_chargeDeclined": ("card_declined", "generic_decline", "Your card was declined."),
    "pm_card_visa_chargeDeclined": ("card_declined", "generic_decline", "Your card was declined."),
    "pm_card_chargeDeclinedInsufficientFunds": (
        "card_declined",
        "insufficient_funds",
        "Your card has insufficient funds.",
    ),
    "pm_card_chargeDeclinedExpiredCard": ("expired_card", "expired_card", "Your card has expired."),
    "pm_card_chargeDeclinedIncorrectCvc": (
        "incorrect_cvc",
        "incorrect_cvc",
        "Your card's security code is incorrect.",
    ),
    "pm_card_chargeDeclinedProcessingError": (
        "processing_error",
        "processing_error",
        "An error occurred while processing your card. Try again in a little bit.",
    ),
}
CHALLENGED = {
    "pm_card_threeDSecure2Required",
    "pm_card_threeDSecureRequired",
    "pm_card_authenticationRequired",
}
DISPUTED = {
    "pm_card_createDispute": ("fraudulent", False),
    "pm_card_createDisputeProductNotReceived": ("product_not_received", False),
    "pm_card_createDisputeInquiry": ("fraudulent", True),
}
"""Cards whose payments are disputed at once -> (reason, whether it is an inquiry only)."""
ACCEPTED = {"pm_card_visa", "pm_card_mastercard", "pm_card_amex", "pm_card_unionpay", "pm_card_bypassPending"}
CONFIRMABLE = {"requires_payment_method", "requires_confirmation", "requires_action"}


def create(store: Store, params: dict[str, Any], *, base: str, available_after: int) -> Thing:
    """POST /v1/payment_intents"""
    amount, currency = forms.charge(params)
    intent_id = random_id("pi")
    intent: Thing = {
        "id": intent_id,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": {"allow_redirects": "always", "enabled": True},
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "client_secret": random_id(f"{intent_id}_secret", 25),
        "confirmation_method": "automatic",
        "created": store.now(),
        "currency": currency,
        "customer": params.get("customer") or None,
        "description": params.get("description") or None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": forms.metadata(params),
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": params.get("payment_method") or None,
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "processing": None,
        "receipt_email": params.get("receipt_email") or None,
        "review": None,
        "setup_future_usage": params.get("setup_future_usage") or None,
        "shipping": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "requires_confirmation" if params.get("payment_method") else "requires_payment_method",
        "transfer_data": None,
        "transfer_group": params.get("transfer_group") or None,
    }
    if intent["customer"] and store.get(intent["customer"], "customer") is None:
        raise missing("customer", intent["customer"], "customer")
    store.save(intent)
    emit(store, "payment_intent.created", intent)
    if forms.flag(params, "confirm"):
        return confirm(store, intent_id, params, base=base, available_after=available_after)
    return intent


def found(store: Store, intent_id: str) -> Thing:
    """Return a PaymentIntent or the fault that there is none."""
    intent = store.get(intent_id, "payment_intent")
    if intent is None:
        raise missing("payment_intent", intent_id, "intent")
    return intent


def confirm(
    store: Store, intent_id: str, params: dict[str, Any], *, base: str, available_after: int
) -> Thing:
    """POST /v1/payment_intents/:id/confirm"""
    intent = found(store, intent_id)
    if intent["status"] not in CONFIRMABLE:
        raise _unexpected(intent, "confirm")
    method = params.get("payment_method") or intent["payment_method"]
    if not method:
        raise required("payment_method")
    if method not in ACCEPTED | CHALLENGED | set(DECLINES) | set(DISPUTED):
        raise missing("PaymentMethod", method, "payment_method")
    intent |= {"last_payment_error": None, "next_action": None}
    if method in DECLINES:
        raise _decline(store, intent, method)
    if method in CHALLENGED:
        return_url = params.get("return_url")
        if not return_url:
            raise required("return_url")
        intent |= {
            "status": "requires_action",
            "payment_method": method,
            "next_action": {
                "type": "redirect_to_url",
                "redirect_to_url": {"return_url": return_url, "url": f"{base}/3ds/{intent_id}"},
            },
        }
        store.save(intent)
        emit(store, "payment_intent.requires_action", intent)
        return intent
    return charge(
        store, intent, method, available_after=0 if method == "pm_card_bypassPending" else available_after
    )


def charge(store: Store, intent: Thing, method: str, *, available_after: int) -> Thing:
    """Take the money: the charge's funds are available ``available_after`` seconds from now."""
    charge_id = random_id("ch")
    entry = money.record(
        store,
        "",
        kind="charge",
        amount=intent["amount"],
        currency=intent["currency"],
        source=charge_id,
        available_on=store.now() + available_after,
        fee=fee_of(intent["amount"]),
    )
    charge_row = _charge(store, intent, charge_id, method) | {"balance_transaction": entry["id"]}
    store.save(charge_row)
    intent |= {
        "status": "succeeded",
        "amount_received": intent["amount"],
        "latest_charge": charge_id,
        "payment_method": method,
        "next_action": None,
        "last_payment_error": None,
    }
    store.save(intent)
    emit(store, "charge.succeeded", charge_row)
    emit(store, "payment_intent.succeeded", intent)
    if method in DISPUTED:
        reason, is_inquiry = DISPUTED[method]
        disputes.create(store, charge_id, reason=reason, is_inquiry=is_inquiry)
    return intent


def fee_of(amount: int) -> int:
    """Return Stripe's fee: 2.9 percent, half up, and 30 minor units, but never more than there is."""
    return min(amount, (amount * 29 + 500) // 1000 + 30)


def fail_challenge(store: Store, intent: Thing) -> Thing:
    """The member, or the bank, did not confirm."""
    intent |= {
        "status": "requires_payment_method",
        "payment_method": None,
        "next_action": None,
        "last_payment_error": {
            "code": "payment_intent_authentication_failure",
            "doc_url": "https://docs.stripe.com/error-codes/payment-intent-authentication-failure",
            "message": "The provided PaymentMethod has failed authentication.",
            "type": "invalid_request_error",
        },
    }
    store.save(intent)
    emit(store, "payment_intent.payment_failed", intent)
    return intent


def cancel(store: Store, intent_id: str, params: dict[str, Any]) -> Thing:
    """POST /v1/payment_intents/:id/cancel"""
    intent = found(store, intent_id)
    if intent["status"] not in CONFIRMABLE | {"requires_capture"}:
        raise _unexpected(intent, "cancel")
    intent |= {
        "status": "canceled",
        "canceled_at": store.now(),
        "cancellation_reason": params.get("cancellation_reason") or None,
        "next_action": None,
    }
    store.save(intent)
    emit(store, "payment_intent.canceled", intent)
    return intent


def _charge(store: Store, intent: Thing, charge_id: str, method: str) -> Thing:
    return {
        "id": charge_id,
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": intent["amount"],
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "billing_details": {"address": None, "email": None, "name": None, "phone": None, "tax_id": None},
        "captured": True,
        "created": store.now(),
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "livemode": False,
        "metadata": intent["metadata"],
        "on_behalf_of": None,
        "outcome": {"network_status": "approved_by_network", "risk_level": "normal", "type": "authorized"},
        "paid": True,
        "payment_intent": intent["id"],
        "payment_method": method,
        "payment_method_details": {
            "card": {"brand": "visa", "exp_month": 12, "exp_year": 2034, "last4": "4242"},
            "type": "card",
        },
        "receipt_email": None,
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "succeeded",
        "transfer_data": None,
        "transfer_group": intent["transfer_group"] or f"group_{intent['id']}",
    }


def _decline(store: Store, intent: Thing, method: str) -> Fault:
    code, decline_code, message = DECLINES[method]
    intent |= {
        "status": "requires_payment_method",
        "payment_method": None,
        "last_payment_error": {
            "code": code,
            "decline_code": decline_code,
            "doc_url": f"https://docs.stripe.com/error-codes/{code}",
            "message": message,
            "type": "card_error",
        },
    }
    store.save(intent)
    emit(store, "payment_intent.payment_failed", intent)
    return Fault(
        message,
        status=402,
        kind="card_error",
        code=code,
        keep=True,
        decline_code=decline_code,
        payment_intent=intent,
    )


def _unexpected(intent: Thing, verb: str) -> Fault:
    return Fault(
        f"You cannot {verb} this PaymentIntent because it has a status of {intent['status']}.",
        code="payment_intent_unexpected_state",
        payment_intent=intent,
    )
