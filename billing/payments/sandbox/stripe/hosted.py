"""Pages that Stripe would host: the bank's question, a payee's data, a customer's card, an invoice."""

from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, redirect, render_template, request

from billing.payments.gateways.stripe.currencies import nearest_minor_units
from billing.payments.sandbox.store import Store, Thing
from billing.payments.sandbox.stripe.billing import customers
from billing.payments.sandbox.stripe.connect import accounts
from kernel.documents.pdf import BODY, TITLE, Document
from kernel.money.amounts import decimal_text

CHOICES = {
    "pm_card_visa": "Visa ···· 4242",
    "pm_card_unionpay": "UnionPay ···· 0005",
    "pm_card_chargeCustomerFail": "Visa ···· 0341, which is declined whenever it is charged",
}


class Complete(Protocol):
    """Ends a 3-D Secure challenge."""

    def __call__(self, intent_id: str, *, approved: bool) -> Thing: ...


def blueprint(store: Store, complete: Complete, wake: Callable[[], None]) -> Blueprint:
    """Return the hosted pages of one sandbox; ``wake`` has what happened delivered."""
    pages = Blueprint("hosted", __name__)

    def challenge(intent_id: str) -> Any:
        intent = store.get(intent_id, "payment_intent")
        if intent is None:
            abort(404)
        action = (intent["next_action"] or {}).get("redirect_to_url")
        if action is None:
            return Response("This question was answered already.", 409, content_type="text/plain")
        if request.method == "GET":
            return render_template("challenge.html", intent=intent)
        done = complete(intent_id, approved=request.form.get("answer") == "yes")
        query = urlencode(
            {
                "payment_intent": intent_id,
                "payment_intent_client_secret": intent["client_secret"],
                "redirect_status": "succeeded" if done["status"] == "succeeded" else "failed",
            }
        )
        joint = "&" if "?" in action["return_url"] else "?"
        return redirect(f"{action['return_url']}{joint}{query}")

    def onboarding(account_id: str) -> Any:
        if request.method == "POST":
            with store.transaction():
                accounts.enable(store, account_id)
            kept = store.get(f"return_{account_id}", "_return")
            return redirect(kept["url"]) if kept else abort(404)
        return render_template("onboarding.html", account=store.get(account_id, "account") or abort(404))

    def portal(session_id: str) -> Any:
        session = store.get(session_id, "billing_portal.session") or abort(404)
        if request.method == "POST":
            with store.transaction():
                customers.use_card(store, session["customer"], request.form["card"])
            wake()
            return redirect(session["return_url"])
        customer = store.get(session["customer"], "customer") or abort(404)
        kept = store.get(customer["invoice_settings"]["default_payment_method"] or "")
        return render_template("portal.html", customer=customer, kept=kept, choices=CHOICES)

    def invoice(invoice_id: str) -> str:
        return render_template("invoice.html", invoice=store.get(invoice_id, "invoice") or abort(404))

    def invoice_pdf(invoice_id: str) -> Response:
        return Response(_pdf(store.get(invoice_id, "invoice") or abort(404)), content_type="application/pdf")

    both = ["GET", "POST"]
    pages.add_url_rule("/3ds/<intent_id>", "challenge", challenge, methods=both)
    pages.add_url_rule("/onboarding/<account_id>", "onboarding", onboarding, methods=both)
    pages.add_url_rule("/portal/<session_id>", "portal", portal, methods=both)
    pages.add_url_rule("/invoices/<invoice_id>", "invoice", invoice)
    pages.add_url_rule("/invoices/<invoice_id>.pdf", "invoice_pdf", invoice_pdf)
    return pages


def _pdf(invoice: Thing) -> bytes:
    currency = invoice["currency"].upper()
    document = Document(title=f"Invoice {invoice['number']}", margin=20)
    document.add_page()
    document.paragraph(f"Invoice {invoice['number']} ({invoice['status']})", size=TITLE)
    document.paragraph(f"To: {invoice['customer_name'] or invoice['customer_email']}")
    document.space(6)
    amounts = [(line["description"], line["amount"]) for line in invoice["lines"]["data"]]
    amounts += [("Total", invoice["total"]), ("Amount due", invoice["amount_due"])]
    rows = [
        [text, f"{decimal_text(nearest_minor_units(amount, currency), currency)} {currency}"]
        for text, amount in amounts
    ]
    document.grid(["", ""], rows, (70, 30), size=BODY)
    return document.written()
