"""Pages on which people see what happened: requests, objects, events and their deliveries."""

import datetime
import json
from pathlib import Path

from flask import Blueprint, abort, render_template

from billing.payments.gateways.stripe.currencies import nearest_minor_units
from billing.payments.sandbox.store import Store, Thing
from billing.payments.sandbox.stripe import money
from kernel.money.amounts import decimal_text

SHOWN = {
    "payment_intent": "PaymentIntents",
    "charge": "Charges",
    "refund": "Refunds",
    "dispute": "Disputes",
    "transfer": "Transfers",
    "payout": "Payouts",
    "account": "Accounts",
    "customer": "Customers",
    "subscription": "Subscriptions",
    "invoice": "Invoices",
    "product": "Products",
    "price": "Prices",
    "setup_intent": "SetupIntents",
    "payment_method": "Payment methods",
    "balance_transaction": "Balance transactions",
}
LINES = 50
BUTTONS = {
    "charge": [("dispute", "Dispute it")],
    "dispute": [("win", "Let us win"), ("lose", "Let us lose")],
    "account": [
        ("disable", "Ask for papers and disable"),
        ("enable", "Complete and enable"),
        ("instant", "Let its bank take instant payouts"),
    ],
    "payout": [("fail", "Let the bank give it back")],
}
"""What a person can do about an object: see billing.payments.sandbox.controls."""


def blueprint(store: Store) -> Blueprint:
    """Return the pages on which people see what happened in one sandbox."""
    pages = Blueprint("pages", __name__, template_folder=str(Path(__file__).parent / "templates"))
    pages.add_app_template_filter(_amount, "amount")
    pages.add_app_template_filter(_moment, "moment")

    def home() -> str:
        objects = {title: store.all(kind, None)[:LINES] for kind, title in SHOWN.items()}
        return render_template(
            "home.html",
            balances=money.sums(store, ""),
            objects={title: rows for title, rows in objects.items() if rows},
            events=store.all("event", None)[:LINES],
            deliveries=store.deliveries(),
            requests=store.requests(LINES),
            now=store.now(),
        )

    def show(thing_id: str) -> str:
        thing = store.get(thing_id)
        if thing is None:
            abort(404)
        return render_template(
            "object.html",
            thing=thing,
            text=json.dumps(thing, indent=2, ensure_ascii=False),
            buttons=BUTTONS.get(thing["object"], []),
        )

    def asked(request_id: str) -> str:
        kept = store.request(request_id) or abort(404)
        return render_template(
            "request.html", kept=kept, sent=_pretty(kept["sent"]), answered=_pretty(kept["answered"])
        )

    pages.add_url_rule("/favicon.ico", "no_icon", lambda: ("", 204))
    pages.add_url_rule("/", "home", home)
    pages.add_url_rule("/objects/<thing_id>", "show", show)
    pages.add_url_rule("/requests/<request_id>", "asked", asked)
    return pages


def _pretty(text: str) -> str:
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text


def _amount(thing: Thing) -> str:
    amount = thing.get("amount", thing.get("amount_due", thing.get("unit_amount")))
    if amount is None:
        return ""
    currency = str(thing.get("currency", "")).upper()
    return f"{decimal_text(nearest_minor_units(int(amount), currency), currency)} {currency}"


def _moment(seconds: float) -> str:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%d %H:%M:%S")
