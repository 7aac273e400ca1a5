"""Invoices: what a subscription asks for, and whether it was paid."""

from typing import Any

from billing.payments.sandbox.store import Store, Thing, random_id
from billing.payments.sandbox.stripe.billing import customers
from billing.payments.sandbox.stripe.events import emit
from billing.payments.sandbox.stripe.faults import Fault, missing
from billing.payments.sandbox.stripe.payments import intents

RETRY_AFTER = 3 * 24 * 3600  # seconds until a declined invoice is charged again
MAX_ATTEMPTS = 4  # Stripe's own schedule; afterwards the subscription counts as unpaid


def line(
    subscription: Thing,
    price: Thing,
    amount: int,
    period: tuple[int, int],
    text: str,
    *,
    proration: bool = False,
) -> Thing:
    """Return one line; a credit is negative."""
    return {
        "id": random_id("il"),
        "object": "line_item",
        "amount": amount,
        "currency": price["currency"],
        "description": text,
        "discount_amounts": [],
        "discountable": not proration,
        "discounts": [],
        "invoice": None,
        "livemode": False,
        "metadata": {},
        "parent": {
            "invoice_item_details": None,
            "subscription_item_details": {
                "invoice_item": None,
                "proration": proration,
                "proration_details": None,
                "subscription": subscription["id"],
                "subscription_item": subscription["items"]["data"][0]["id"],
            },
            "type": "subscription_item_details",
        },
        "period": {"start": period[0], "end": period[1]},
        "pretax_credit_amounts": [],
        "pricing": {
            "price_details": {"price": price["id"], "product": price["product"]},
            "type": "price_details",
            "unit_amount_decimal": str(amount),
        },
        "quantity": 1,
        "subscription": subscription["id"],
        "subtotal": amount,
        "taxes": [],
    }


def draft(store: Store, subscription: Thing, lines: list[Thing], reason: str) -> Thing:
    """Return an invoice that is not kept yet; what a credit leaves over lowers the next ones."""
    customer = customers.found(store, subscription["customer"])
    subtotal = sum(each["amount"] for each in lines)
    due = max(0, subtotal + customer["balance"])
    invoice_id, now = random_id("in"), store.now()
    for each in lines:
        each["invoice"] = invoice_id
    period = lines[-1]["period"]
    return {
        "id": invoice_id,
        "object": "invoice",
        "account_country": "CN",
        "account_name": "Sandbox",
        "amount_due": due,
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_paid_off_stripe": 0,
        "amount_remaining": due,
        "amount_shipping": 0,
        "attempt_count": 0,
        "attempted": False,
        "auto_advance": True,
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None, "status": None},
        "billing_reason": reason,
        "collection_method": "charge_automatically",
        "created": now,
        "currency": subscription["currency"],
        "customer": customer["id"],
        "customer_email": customer["email"],
        "customer_name": customer["name"],
        "default_tax_rates": [],
        "description": None,
        "discounts": [],
        "due_date": None,
        "ending_balance": None,
        "hosted_invoice_url": None,
        "invoice_pdf": None,
        "issuer": {"type": "self"},
        "lines": {
            "object": "list",
            "data": lines,
            "has_more": False,
            "url": f"/v1/invoices/{invoice_id}/lines",
        },
        "livemode": False,
        "metadata": {},
        "next_payment_attempt": None,
        "number": None,
        "parent": {
            "quote_details": None,
            "subscription_details": {"metadata": {}, "subscription": subscription["id"]},
            "type": "subscription_details",
        },
        "payments": {
            "object": "list",
            "data": [],
            "has_more": False,
            "url": f"/v1/invoices/{invoice_id}/payments",
        },
        "payment_settings": {
            "default_mandate": None,
            "payment_method_options": None,
            "payment_method_types": None,
        },
        "period_end": period["end"],
        "period_start": period["start"],
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "starting_balance": customer["balance"],
        "status": "draft",
        "status_transitions": {
            "finalized_at": None,
            "marked_uncollectible_at": None,
            "paid_at": None,
            "voided_at": None,
        },
        "subtotal": subtotal,
        "total": subtotal,
    }


def issue(store: Store, invoice: Thing) -> Thing:
    """Finalize an invoice and try to be paid."""
    customer = customers.found(store, invoice["customer"])
    sequence = customer["next_invoice_sequence"]
    store.save(
        customer
        | {
            "balance": min(0, invoice["subtotal"] + invoice["starting_balance"]),
            "next_invoice_sequence": sequence + 1,
        }
    )
    invoice |= {
        "number": f"{customer['invoice_prefix']}-{sequence:04}",
        "status": "open",
        "ending_balance": min(0, invoice["subtotal"] + invoice["starting_balance"]),
        "hosted_invoice_url": f"{store.base}/invoices/{invoice['id']}",
        "invoice_pdf": f"{store.base}/invoices/{invoice['id']}.pdf",
    }
    invoice["status_transitions"]["finalized_at"] = store.now()
    store.save(invoice)
    emit(store, "invoice.finalized", invoice)
    return collect(store, invoice)


def found(store: Store, invoice_id: str) -> Thing:
    """Return an Invoice or the fault that there is none."""
    invoice = store.get(invoice_id, "invoice")
    if invoice is None:
        raise missing("invoice", invoice_id, "invoice")
    return invoice


def pay(store: Store, invoice_id: str, params: dict[str, Any]) -> Thing:
    """POST /v1/invoices/:id/pay"""
    invoice = found(store, invoice_id)
    if invoice["status"] != "open":
        raise Fault(f"Invoice is already {invoice['status']}", code="invoice_not_open")
    if chosen := params.get("payment_method"):
        customers.use_card(store, invoice["customer"], chosen)
    invoice = collect(store, invoice)
    if invoice["status"] != "paid":
        raise Fault(
            "Your card was declined.",
            status=402,
            kind="card_error",
            code="card_declined",
            keep=True,
            decline_code="generic_decline",
        )
    return invoice


def collect(store: Store, invoice: Thing) -> Thing:
    """Charge the customer's card; without one, or declined, it is tried again later."""
    customer = customers.found(store, invoice["customer"])
    token = _card(store, customer)
    charged = not invoice["amount_due"] or token in intents.ACCEPTED
    invoice |= {"attempted": True, "attempt_count": invoice["attempt_count"] + 1}
    if charged:
        if invoice["amount_due"]:
            assert token is not None
            _charge(store, invoice, token)
        invoice |= {
            "status": "paid",
            "amount_paid": invoice["amount_due"],
            "amount_remaining": 0,
            "next_payment_attempt": None,
        }
        invoice["status_transitions"]["paid_at"] = store.now()
    else:
        again = invoice["attempt_count"] < MAX_ATTEMPTS
        invoice["next_payment_attempt"] = store.now() + RETRY_AFTER if again else None
    store.save(invoice)
    emit(store, "invoice.paid" if charged else "invoice.payment_failed", invoice)
    return invoice


def _card(store: Store, customer: Thing) -> str | None:
    method = store.get(customer["invoice_settings"]["default_payment_method"] or "")
    return method["metadata"]["token"] if method else None


def _charge(store: Store, invoice: Thing, token: str) -> None:
    intent_params = {
        "amount": str(invoice["amount_due"]),
        "currency": invoice["currency"],
        "customer": invoice["customer"],
        "description": "Subscription update",
    }
    intent = intents.create(store, intent_params, base="", available_after=0)
    intents.charge(store, intent, token, available_after=0)
    invoice["payments"]["data"] = [
        {
            "id": random_id("inpay"),
            "object": "invoice_payment",
            "amount_paid": invoice["amount_due"],
            "amount_requested": invoice["amount_due"],
            "created": store.now(),
            "currency": invoice["currency"],
            "invoice": invoice["id"],
            "is_default": True,
            "livemode": False,
            "payment": {"payment_intent": intent["id"], "type": "payment_intent"},
            "status": "paid",
            "status_transitions": {"canceled_at": None, "paid_at": store.now()},
        }
    ]
