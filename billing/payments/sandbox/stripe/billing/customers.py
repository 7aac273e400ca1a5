"""Customers, the cards they keep, and the hosted page on which they choose one."""

from typing import Any

from billing.payments.sandbox.store import Store, Thing, random_id
from billing.payments.sandbox.stripe import forms
from billing.payments.sandbox.stripe.events import emit
from billing.payments.sandbox.stripe.faults import Fault, missing

CARDS = {
    "pm_card_visa": ("visa", "4242"),
    "pm_card_mastercard": ("mastercard", "4444"),
    "pm_card_amex": ("amex", "8431"),
    "pm_card_unionpay": ("unionpay", "0005"),
    "pm_card_chargeCustomerFail": ("visa", "0341"),
}
"""Cards that can be kept; the last one is taken, and declined whenever it is charged."""


def create(store: Store, params: dict[str, Any]) -> Thing:
    """POST /v1/customers"""
    customer: Thing = {
        "id": random_id("cus", 14),
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": store.now(),
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": params.get("description") or None,
        "email": params.get("email") or None,
        "invoice_prefix": random_id("x", 8)[2:].upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": forms.metadata(params),
        "name": params.get("name") or None,
        "next_invoice_sequence": 1,
        "phone": params.get("phone") or None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }
    store.save(customer)
    emit(store, "customer.created", customer)
    return customer


def found(store: Store, customer_id: str) -> Thing:
    """Return a Customer or the fault that there is none."""
    customer = store.get(customer_id, "customer")
    if customer is None:
        raise missing("customer", customer_id, "customer")
    return customer


def update(store: Store, customer_id: str, params: dict[str, Any]) -> Thing:
    """POST /v1/customers/:id"""
    customer = found(store, customer_id)
    for name in ("name", "email", "phone", "description"):
        if name in params:
            customer[name] = params[name] or None
    chosen = (params.get("invoice_settings") or {}).get("default_payment_method")
    if chosen:
        if store.get(chosen, "payment_method") is None:
            raise missing("PaymentMethod", chosen, "invoice_settings[default_payment_method]")
        customer["invoice_settings"]["default_payment_method"] = chosen
    customer["metadata"] |= forms.metadata(params)
    store.save(customer)
    emit(store, "customer.updated", customer)
    return customer


def attach(store: Store, token: str, params: dict[str, Any]) -> Thing:
    """POST /v1/payment_methods/:id/attach; a test card's token becomes a card of the customer's own."""
    customer = found(store, forms.text(params, "customer"))
    if token not in CARDS:
        raise missing("PaymentMethod", token, "payment_method")
    brand, last4 = CARDS[token]
    method: Thing = {
        "id": random_id("pm"),
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": {"address": None, "email": None, "name": None, "phone": None, "tax_id": None},
        "card": {"brand": brand, "exp_month": 12, "exp_year": 2034, "funding": "credit", "last4": last4},
        "created": store.now(),
        "customer": customer["id"],
        "livemode": False,
        "metadata": {"token": token},
        "type": "card",
    }
    store.save(method)
    emit(store, "payment_method.attached", method)
    return method


def use_card(store: Store, customer_id: str, token: str) -> Thing:
    """What the hosted page does: the card is kept and from now on the one that is charged."""
    method = attach(store, token, {"customer": customer_id})
    return update(store, customer_id, {"invoice_settings": {"default_payment_method": method["id"]}})


def setup(store: Store, params: dict[str, Any]) -> Thing:
    """POST /v1/setup_intents"""
    if params.get("customer"):
        found(store, params["customer"])
    setup_id = random_id("seti")
    intent: Thing = {
        "id": setup_id,
        "object": "setup_intent",
        "application": None,
        "automatic_payment_methods": {"allow_redirects": "always", "enabled": True},
        "cancellation_reason": None,
        "client_secret": random_id(f"{setup_id}_secret", 25),
        "created": store.now(),
        "customer": params.get("customer") or None,
        "description": params.get("description") or None,
        "last_setup_error": None,
        "latest_attempt": None,
        "livemode": False,
        "mandate": None,
        "metadata": forms.metadata(params),
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "single_use_mandate": None,
        "status": "requires_payment_method",
        "usage": params.get("usage") or "off_session",
    }
    store.save(intent)
    emit(store, "setup_intent.created", intent)
    if forms.flag(params, "confirm"):
        return confirm_setup(store, setup_id, params)
    return intent


def confirm_setup(store: Store, setup_id: str, params: dict[str, Any]) -> Thing:
    """POST /v1/setup_intents/:id/confirm"""
    intent = store.get(setup_id, "setup_intent")
    if intent is None:
        raise missing("setup_intent", setup_id, "intent")
    if intent["status"] != "requires_payment_method":
        raise Fault(
            f"You cannot confirm this SetupIntent because it has a status of {intent['status']}.",
            code="setup_intent_unexpected_state",
        )
    token = forms.text(params, "payment_method")
    if intent["customer"]:
        token = attach(store, token, {"customer": intent["customer"]})["id"]
    elif token not in CARDS:
        raise missing("PaymentMethod", token, "payment_method")
    intent |= {"status": "succeeded", "payment_method": token}
    store.save(intent)
    emit(store, "setup_intent.succeeded", intent)
    return intent


def portal(store: Store, params: dict[str, Any], base: str) -> Thing:
    """POST /v1/billing_portal/sessions"""
    customer = found(store, forms.text(params, "customer"))
    session_id, return_url = random_id("bps"), params.get("return_url") or base
    session: Thing = {
        "id": session_id,
        "object": "billing_portal.session",
        "configuration": "bpc_sandbox",
        "created": store.now(),
        "customer": customer["id"],
        "customer_account": None,
        "flow": None,
        "livemode": False,
        "locale": None,
        "on_behalf_of": None,
        "return_url": return_url,
        "url": f"{base}/portal/{session_id}",
    }
    return store.save(session)
