"""Subscriptions: trial, renewal, change with proration, and what a declined card leads to."""

import calendar
import datetime
from typing import Any

from billing.payments.sandbox.store import Store, Thing, random_id
from billing.payments.sandbox.stripe import forms
from billing.payments.sandbox.stripe.billing import catalogue, customers, invoices
from billing.payments.sandbox.stripe.events import emit
from billing.payments.sandbox.stripe.faults import Fault, missing

DAY = 86_400
LIVE = {"trialing", "active", "past_due"}
HISTORY = 1000  # a clock set years ahead ends somewhere


def create(store: Store, params: dict[str, Any]) -> Thing:
    """POST /v1/subscriptions with one price; the first invoice is issued now, of nothing while on trial."""
    customer = customers.found(store, forms.text(params, "customer"))
    price = catalogue.found_price(store, _price_of(params))
    now, trial_days = store.now(), int(params.get("trial_period_days") or 0)
    trial_end = now + trial_days * DAY if trial_days else None
    subscription_id = random_id("sub")
    start_end = (now, trial_end or _next_month(now))
    subscription: Thing = {
        "id": subscription_id,
        "object": "subscription",
        "application": None,
        "application_fee_percent": None,
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": trial_end or now,
        "billing_mode": {"type": "flexible"},
        "billing_schedules": [],
        "cancel_at": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "collection_method": "charge_automatically",
        "created": now,
        "currency": price["currency"],
        "customer": customer["id"],
        "days_until_due": None,
        "default_payment_method": None,
        "description": None,
        "discounts": [],
        "ended_at": None,
        "invoice_settings": {"account_tax_ids": None, "issuer": {"type": "self"}},
        "items": {
            "object": "list",
            "data": [_item(store, subscription_id, price, start_end)],
            "has_more": False,
            "url": f"/v1/subscription_items?subscription={subscription_id}",
        },
        "latest_invoice": None,
        "livemode": False,
        "metadata": forms.metadata(params),
        "pending_setup_intent": None,
        "start_date": now,
        "status": "trialing" if trial_end else "active",
        "trial_end": trial_end,
        "trial_settings": {"end_behavior": {"missing_payment_method": "create_invoice"}},
        "trial_start": now if trial_end else None,
    }
    store.save(subscription)
    emit(store, "customer.subscription.created", subscription)
    amount = 0 if trial_end else price["unit_amount"]
    text = "Trial period" if trial_end else _text(store, price)
    lines = [invoices.line(subscription, price, amount, start_end, text)]
    return _bill(store, subscription, lines, "subscription_create")


def _price_of(params: dict[str, Any]) -> str:
    items = params.get("items")
    if not isinstance(items, list) or len(items) != 1:
        raise Fault("This sandbox takes subscriptions with one item.", param="items")
    return forms.text(items[0], "price")


def _item(store: Store, subscription_id: str, price: Thing, period: tuple[int, int]) -> Thing:
    return {
        "id": random_id("si", 14),
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": store.now(),
        "current_period_end": period[1],
        "current_period_start": period[0],
        "discounts": [],
        "metadata": {},
        "price": price,
        "quantity": 1,
        "subscription": subscription_id,
        "tax_rates": [],
    }


def _next_month(moment: int) -> int:
    day = datetime.datetime.fromtimestamp(moment, datetime.UTC)
    year, month = (day.year + 1, 1) if day.month == 12 else (day.year, day.month + 1)
    last = calendar.monthrange(year, month)[1]
    return int(day.replace(year=year, month=month, day=min(day.day, last)).timestamp())


def _text(store: Store, price: Thing) -> str:
    product = store.get(price["product"]) or {}
    return f"1 × {product.get('name', price['product'])}"


def found(store: Store, subscription_id: str) -> Thing:
    """Return a Subscription or the fault that there is none."""
    subscription = store.get(subscription_id, "subscription")
    if subscription is None:
        raise missing("subscription", subscription_id, "id")
    return subscription


def proration(store: Store, subscription: Thing, price: Thing, at: int) -> list[Thing]:
    """Return the lines of a change: what is left of the old price back, the same time of the new one asked.

    Each is the price by the share of the period that is left, to the second, rounded half up.
    """
    item = subscription["items"]["data"][0]
    start, end = item["current_period_start"], item["current_period_end"]
    if subscription["status"] == "trialing":
        return [invoices.line(subscription, price, 0, (at, end), "Trial period")]

    def share(amount: int) -> int:
        whole = end - start
        return int((2 * amount * (end - at) + whole) // (2 * whole))

    return [
        invoices.line(
            subscription,
            old,
            sign * share(old["unit_amount"]),
            (at, end),
            f"{word} time on {_text(store, old)}",
            proration=True,
        )
        for sign, word, old in ((-1, "Unused", item["price"]), (1, "Remaining", price))
    ]


def update(store: Store, subscription_id: str, params: dict[str, Any]) -> Thing:
    """POST /v1/subscriptions/:id: another price with proration invoiced at once, or an end of the period."""
    subscription = found(store, subscription_id)
    if subscription["status"] not in LIVE | {"unpaid"}:
        raise Fault("A canceled subscription can only update its cancellation_details and metadata.")
    subscription["metadata"] |= forms.metadata(params)
    if "cancel_at_period_end" in params:
        subscription["cancel_at_period_end"] = forms.flag(params, "cancel_at_period_end")
    lines = []
    if params.get("items"):
        price = catalogue.found_price(store, _price_of(params))
        item = subscription["items"]["data"][0]
        if price["id"] != item["price"]["id"]:
            lines = proration(store, subscription, price, _at(store, params.get("proration_date")))
            item["price"] = price
    store.save(subscription)
    emit(store, "customer.subscription.updated", subscription)
    if (
        lines
        and params.get("proration_behavior") == "always_invoice"
        and subscription["status"] != "trialing"
    ):
        return _bill(store, subscription, lines, "subscription_update")
    return subscription


def preview(store: Store, params: dict[str, Any]) -> Thing:
    """POST /v1/invoices/create_preview: what a change would cost now."""
    subscription = found(store, forms.text(params, "subscription"))
    details = params.get("subscription_details") or {}
    price = catalogue.found_price(store, _price_of(details))
    lines = proration(store, subscription, price, _at(store, details.get("proration_date")))
    invoice = invoices.draft(store, subscription, lines, "upcoming")
    return invoice | {"id": f"upcoming_{invoice['id']}"}


def _at(store: Store, value: str | None) -> int:
    return int(value) if value else store.now()


def cancel(store: Store, subscription_id: str) -> Thing:
    """DELETE /v1/subscriptions/:id"""
    subscription = found(store, subscription_id)
    if subscription["status"] == "canceled":
        raise missing("subscription", subscription_id, "id")
    subscription |= {"status": "canceled", "canceled_at": store.now(), "ended_at": store.now()}
    store.save(subscription)
    emit(store, "customer.subscription.deleted", subscription)
    return subscription


def _bill(store: Store, subscription: Thing, lines: list[Thing], reason: str) -> Thing:
    invoice = invoices.issue(store, invoices.draft(store, subscription, lines, reason))
    subscription["latest_invoice"] = invoice["id"]
    return collect(store, subscription, invoice)


def collect(store: Store, subscription: Thing, invoice: Thing) -> Thing:
    """Let a subscription follow what became of its newest invoice."""
    status = subscription["status"]
    if invoice["status"] == "paid":
        status = "active" if status in {"past_due", "unpaid"} else status
    elif status in LIVE:
        status = "past_due" if invoice["next_payment_attempt"] else "unpaid"
    changed = status != subscription["status"]
    subscription["status"] = status
    store.save(subscription)
    if changed:
        emit(store, "customer.subscription.updated", subscription)
    return subscription


def pay(store: Store, invoice_id: str, params: dict[str, Any]) -> Thing:
    """POST /v1/invoices/:id/pay"""
    try:
        return invoices.pay(store, invoice_id, params)
    finally:
        after_payment(store, invoices.found(store, invoice_id))


def of_invoice(store: Store, invoice: Thing) -> Thing:
    """Return the subscription an invoice belongs to."""
    return found(store, invoice["parent"]["subscription_details"]["subscription"])


def after_payment(store: Store, invoice: Thing) -> None:
    """An invoice was paid or not: its subscription follows."""
    subscription = of_invoice(store, invoice)
    if subscription["latest_invoice"] == invoice["id"]:
        collect(store, subscription, invoice)


def tick(store: Store) -> None:
    """Renew what ran out, charge again what was declined, in the order in which it falls due."""
    for subscription in store.all("subscription"):
        for _turn in range(HISTORY):
            if not _renew(store, subscription):
                break
    for invoice in store.where("invoice", "status", "open"):
        if (invoice["next_payment_attempt"] or store.now() + 1) <= store.now():
            after_payment(store, invoices.collect(store, invoice))


def _renew(store: Store, subscription: Thing) -> bool:
    item = subscription["items"]["data"][0]
    end = item["current_period_end"]
    if subscription["status"] not in LIVE | {"unpaid"} or end > store.now():
        return False
    if subscription["cancel_at_period_end"]:
        cancel(store, subscription["id"])
        return False
    period = (end, _next_month(end))
    item |= {"current_period_start": period[0], "current_period_end": period[1]}
    if subscription["status"] == "trialing":
        subscription["status"] = "active"
    store.save(subscription)
    emit(store, "customer.subscription.updated", subscription)
    lines = [
        invoices.line(
            subscription, item["price"], item["price"]["unit_amount"], period, _text(store, item["price"])
        )
    ]
    _bill(store, subscription, lines, "subscription_cycle")
    return True
