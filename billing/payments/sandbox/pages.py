"""Pages for people: what happened, the bank's question (3-D Secure), a payee's data."""

import datetime
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, redirect, render_template, request

from billing.payments.sandbox import accounts, money
from billing.payments.sandbox.store import Store, Thing
from kernel.amounts import decimal_text

SHOWN = {
    "payment_intent": "PaymentIntents",
    "charge": "Charges",
    "refund": "Refunds",
    "dispute": "Disputes",
    "transfer": "Transfers",
    "payout": "Payouts",
    "account": "Accounts",
    "customer": "Customers",
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


class Complete(Protocol):
    """Ends a 3-D Secure challenge."""

    def __call__(self, intent_id: str, *, approved: bool) -> Thing: ...


def blueprint(store: Store, complete: Complete) -> Blueprint:
    """Return the pages of one sandbox."""
    pages = Blueprint("pages", __name__, template_folder=str(Path(__file__).parent / "templates"))
    pages.add_app_template_filter(_amount, "amount")
    pages.add_app_template_filter(_moment, "moment")

    def page(path: str, view: Callable[..., Any], methods: tuple[str, ...] = ("GET",)) -> None:
        pages.add_url_rule(path, view.__name__, view, methods=list(methods))

    def home() -> str:
        objects = {title: store.all(kind, None)[:LINES] for kind, title in SHOWN.items()}
        return render_template(
            "home.html",
            balances=money.sums(store, ""),
            objects={title: rows for title, rows in objects.items() if rows},
            events=store.all("event", None)[:LINES],
            deliveries=store.deliveries(),
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

    page("/", home)
    page("/objects/<thing_id>", show)
    page("/3ds/<intent_id>", challenge, ("GET", "POST"))
    page("/onboarding/<account_id>", onboarding, ("GET", "POST"))
    return pages


def _amount(thing: Thing) -> str:
    if "amount" not in thing:
        return ""
    currency = str(thing.get("currency", "")).upper()
    return f"{decimal_text(int(thing['amount']), currency)} {currency}"


def _moment(seconds: float) -> str:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%d %H:%M:%S")
