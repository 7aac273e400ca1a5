"""The sandbox's HTTP side: Stripe's addresses under /v1, and pages for people."""

import hashlib
import hmac
import json
import operator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask, Response, request

from billing.payments.sandbox import controls, pages
from billing.payments.sandbox.delivery import Deliverer
from billing.payments.sandbox.store import Store, Thing, random_id
from billing.payments.sandbox.stripe import forms, hosted, money
from billing.payments.sandbox.stripe.billing import catalogue, customers, subscriptions
from billing.payments.sandbox.stripe.connect import accounts, payouts, transfers
from billing.payments.sandbox.stripe.events import request_key
from billing.payments.sandbox.stripe.faults import Fault, missing
from billing.payments.sandbox.stripe.payments import disputes, intents, refunds
from billing.payments.sandbox.wechat import api as wechat_api

FILTERS = {
    "payment_intents": ("customer",),
    "charges": ("payment_intent", "transfer_group", "customer"),
    "refunds": ("payment_intent", "charge"),
    "transfers": ("destination", "transfer_group"),
    "payouts": ("status", "destination"),
    "balance_transactions": ("source", "type", "currency", "payout"),
    "disputes": ("charge", "payment_intent"),
    "events": ("type",),
    "customers": ("email",),
    "accounts": (),
    "products": (),
    "prices": ("product",),
    "subscriptions": ("customer", "status"),
    "invoices": ("customer", "status"),
    "payment_methods": ("customer",),
    "setup_intents": ("customer",),
}
KINDS = {name: name.removesuffix("s") for name in FILTERS}
OF_ACCOUNT = {"payouts", "balance_transactions", "events"}
BOUNDS = {"gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le}
Body = tuple[str, int, bool]


@dataclass(frozen=True, slots=True)
class Options:
    """How a sandbox runs. ``available_after``: seconds until a charge's funds are available."""

    folder: Path
    secret_key: str
    webhook_secret: str
    webhook_url: str = ""
    webhook_host: str = ""
    available_after: int = 0


class Sandbox:
    """One sandbox: its store, its web application, and the thread that delivers webhooks."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.store = Store(options.folder)
        self.wechat = wechat_api.WeChat(self.store, options.folder)
        self.deliverer = Deliverer(
            self.store, options.webhook_secret, options.webhook_url, options.webhook_host, self.wechat.sign
        )
        self.app = Flask("sandbox", static_folder=None)
        self.app.add_url_rule("/v1/<path:path>", view_func=self._api, methods=["GET", "POST", "DELETE"])
        self.app.register_blueprint(controls.blueprint(self.store, self.deliverer.wake))
        self.app.register_blueprint(pages.blueprint(self.store))
        self.app.register_blueprint(wechat_api.blueprint(self.wechat, self.deliverer.wake))
        self.app.register_blueprint(
            hosted.blueprint(self.store, self.complete_challenge, self.deliverer.wake)
        )

    def complete_challenge(self, intent_id: str, *, approved: bool) -> Thing:
        """The member confirms, or fails to confirm, that it is them (3-D Secure)."""
        with self.store.transaction():
            intent = intents.found(self.store, intent_id)
            if intent["status"] != "requires_action":
                return intent
            if approved:
                method, after = intent["payment_method"], self.options.available_after
                done = intents.charge(self.store, intent, method, available_after=after)
            else:
                done = intents.fail_challenge(self.store, intent)
        self.deliverer.wake()
        return done

    def _api(self, path: str) -> Response:
        account = request.headers.get("Stripe-Account", "")
        key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
        params = forms.decode((*request.args.items(multi=True), *request.form.items(multi=True)))
        request_id, sent = random_id("req", 14), json.dumps(params)
        text, status, fault, replayed = "", 502, "", False
        token = request_key.set((request_id, key))
        try:
            self._authorize()
            with self.store.transaction():
                if request.method == "POST":
                    fault = self.store.take_fault(f"/v1/{path}")
                refused = request.method == "GET" and self.store.take_fault(f"/v1/{path}", reads=True)
            if refused:
                raise Fault("This API key may not read that.", status=403)
            if fault != "before":
                text, status, replayed = self._answer(path, account, key, params)
        except Fault as error:
            text, status = json.dumps(error.body), error.status
        finally:
            request_key.reset(token)
        with self.store.transaction():
            self.store.note_request(
                request_id, request.method, f"/v1/{path}", account, key, status, sent=sent, answered=text
            )
        self.deliverer.wake()
        if fault:
            # What a proxy says when the connection to the server behind it broke.
            return Response("<html>Bad Gateway</html>", 502, content_type="text/html")
        response = Response(text, status, content_type="application/json")
        response.headers["Request-Id"] = request_id
        response.headers["Stripe-Version"] = request.headers.get("Stripe-Version", "")
        if key:
            response.headers["Idempotency-Key"] = key
        if replayed:
            response.headers["Idempotent-Replayed"] = "true"
        return response

    def _authorize(self) -> None:
        scheme, _space, key = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or not hmac.compare_digest(key.encode(), self.options.secret_key.encode()):
            raise Fault("Invalid API Key provided.", status=401)

    def _answer(self, path: str, account: str, key: str | None, params: dict[str, Any]) -> Body:
        """Run one request in one transaction; a key makes sure that it happens once."""
        content = json.dumps([request.method, path, params], sort_keys=True)
        digest = hashlib.sha256(content.encode()).hexdigest()
        with self.store.transaction():
            if key and (earlier := self.store.remembered(account, key)):
                if earlier["request"] != digest:
                    raise Fault(
                        "Keys for idempotent requests can only be used with the same parameters they were"
                        f" first used with. Try using a key other than '{key}' if you meant to execute a"
                        " different request.",
                        kind="idempotency_error",
                    )
                return earlier["body"], earlier["status"], True
            if account:
                accounts.found(self.store, account)
            try:
                text, status = json.dumps(self._run(path, account, params)), 200
            except Fault as error:
                if not error.keep:
                    raise
                text, status = json.dumps(error.body), error.status
            if key:
                self.store.remember(account, key, digest, status, text)
        return text, status, False

    def _run(self, path: str, account: str, params: dict[str, Any]) -> Thing:
        parts = path.strip("/").split("/")
        expand = params.pop("expand", [])
        if request.method == "POST":
            result = self._write(parts, account, params)
        elif request.method == "GET":
            result = self._read(parts, account, params)
        elif request.method == "DELETE" and parts[0] == "subscriptions":
            result = subscriptions.cancel(self.store, parts[-1])
        else:
            raise Fault(f"Unrecognized request URL ({request.method}: /v1/{path}).", status=404)
        for field in expand if isinstance(expand, list) else []:
            self._expand(result, field.split("."))
        return result

    def _write(self, parts: list[str], account: str, params: dict[str, Any]) -> Thing:
        store, base, after = self.store, request.host_url.rstrip("/"), self.options.available_after
        store.base = base
        match parts:
            case ["payment_intents"]:
                return intents.create(store, params, base=base, available_after=after)
            case ["payment_intents", intent_id, "confirm"]:
                return intents.confirm(store, intent_id, params, base=base, available_after=after)
            case ["payment_intents", intent_id, "cancel"]:
                return intents.cancel(store, intent_id, params)
            case ["refunds"]:
                return refunds.create(store, params)
            case ["customers"]:
                return customers.create(store, params)
            case ["customers", customer_id]:
                return customers.update(store, customer_id, params)
            case ["payment_methods", method_id, "attach"]:
                return customers.attach(store, method_id, params)
            case ["setup_intents"]:
                return customers.setup(store, params)
            case ["setup_intents", intent_id, "confirm"]:
                return customers.confirm_setup(store, intent_id, params)
            case ["billing_portal", "sessions"]:
                return customers.portal(store, params, base)
            case ["products"]:
                return catalogue.create_product(store, params)
            case ["prices"]:
                return catalogue.create_price(store, params)
            case ["subscriptions"]:
                return subscriptions.create(store, params)
            case ["subscriptions", subscription_id]:
                return subscriptions.update(store, subscription_id, params)
            case ["invoices", "create_preview"]:
                return subscriptions.preview(store, params)
            case ["invoices", invoice_id, "pay"]:
                return subscriptions.pay(store, invoice_id, params)
            case ["accounts"]:
                return accounts.create(store, params)
            case ["account_links"]:
                return accounts.link(store, params, base)
            case ["transfers"]:
                return transfers.create(store, params)
            case ["transfers", transfer_id, "reversals"]:
                return transfers.reverse(store, transfer_id, params)
            case ["disputes", dispute_id]:
                return disputes.update(store, dispute_id, params)
            case ["disputes", dispute_id, "close"]:
                return disputes.close(store, dispute_id, won=False)
            case ["payouts"]:
                return payouts.create(store, account, params)
        raise _unknown(parts)

    def _read(self, parts: list[str], account: str, params: dict[str, Any]) -> Thing:
        match parts:
            case ["balance"]:
                instant = bool(account) and accounts.takes_instant(accounts.found(self.store, account))
                return money.balance(self.store, account, instant=instant)
            case ["payment_intents", "search"]:
                return self._search(forms.text(params, "query"))
            case ["transfers", transfer_id, "reversals"]:
                transfer = self.store.get(transfer_id, "transfer")
                if transfer is None:
                    raise missing("transfer", transfer_id)
                listed: Thing = transfer["reversals"]
                return listed
            case [name] if name in KINDS:
                rows = self.store.all(KINDS[name], account if name in OF_ACCOUNT else "")
                if name == "balance_transactions":
                    rows = [money.as_of_now(self.store, row) for row in rows]
                return _page(f"/v1/{name}", rows, params, FILTERS[name])
            case [name, thing_id] if name in KINDS:
                thing = self.store.get(thing_id, KINDS[name], account if name in OF_ACCOUNT else None)
                if thing is None:
                    raise missing(KINDS[name], thing_id)
                return money.as_of_now(self.store, thing) if name == "balance_transactions" else thing
        raise _unknown(parts)

    def _search(self, query: str) -> Thing:
        clauses = forms.search_clauses(query)
        rows = [
            row
            for row in self.store.all("payment_intent")
            if all(
                (row["metadata"].get(name) if is_metadata else row.get(name)) == value
                for is_metadata, name, value in clauses
            )
        ]
        return {
            "object": "search_result",
            "data": rows[:100],
            "has_more": False,
            "next_page": None,
            "url": "/v1/payment_intents/search",
        }

    def _expand(self, thing: Any, fields: list[str]) -> None:
        if isinstance(thing, list):
            for item in thing:
                self._expand(item, fields)
        elif isinstance(thing, dict) and fields and thing.get(fields[0]) is not None:
            value = thing[fields[0]]
            if isinstance(value, str):
                value = self.store.get(value) or value
                if isinstance(value, dict) and value["object"] == "balance_transaction":
                    value = money.as_of_now(self.store, value)
                thing[fields[0]] = value
            self._expand(value, fields[1:])


def _page(url: str, rows: list[Thing], params: dict[str, Any], filters: tuple[str, ...]) -> Thing:
    for name in filters:
        if name in params:
            rows = [row for row in rows if row.get(name) == params[name]]
    if "lookup_keys" in params:
        rows = [row for row in rows if row.get("lookup_key") in params["lookup_keys"]]
    created = params.get("created") or {}
    for bound, holds in BOUNDS.items():
        if isinstance(created, dict) and bound in created:
            rows = [row for row in rows if holds(row["created"], int(created[bound]))]
    ids = [row["id"] for row in rows]
    limit = min(max(int(params.get("limit", 10)), 1), 100)
    if params.get("starting_after") in ids:
        rows = rows[ids.index(params["starting_after"]) + 1 :]
    elif params.get("ending_before") in ids:
        place = ids.index(params["ending_before"])
        rows = rows[max(0, place - limit) : place]
    return {"object": "list", "data": rows[:limit], "has_more": len(rows) > limit, "url": url}


def _unknown(parts: list[str]) -> Fault:
    return Fault(f"Unrecognized request URL ({request.method}: /v1/{'/'.join(parts)}).", status=404)
