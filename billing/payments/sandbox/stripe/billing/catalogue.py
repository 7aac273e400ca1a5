"""Products and their prices."""

from typing import Any

from billing.payments.sandbox.store import Store, Thing, random_id
from billing.payments.sandbox.stripe import forms
from billing.payments.sandbox.stripe.events import emit
from billing.payments.sandbox.stripe.faults import Fault, missing


def create_product(store: Store, params: dict[str, Any]) -> Thing:
    """POST /v1/products"""
    product_id = params.get("id") or random_id("prod", 14)
    if store.get(product_id):
        raise Fault(f"Product already exists: {product_id}", code="resource_already_exists", param="id")
    product: Thing = {
        "id": product_id,
        "object": "product",
        "active": True,
        "created": store.now(),
        "default_price": None,
        "description": params.get("description") or None,
        "images": [],
        "livemode": False,
        "marketing_features": [],
        "metadata": forms.metadata(params),
        "name": forms.text(params, "name"),
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": None,
        "tax_code": None,
        "unit_label": None,
        "updated": store.now(),
        "url": None,
    }
    store.save(product)
    emit(store, "product.created", product)
    return product


def create_price(store: Store, params: dict[str, Any]) -> Thing:
    """POST /v1/prices, of a product by its id or named on the way"""
    currency, amount = forms.currency(params), forms.text(params, "unit_amount")
    if not amount.isdigit():
        raise Fault(f"Invalid integer: {amount}", code="parameter_invalid_integer", param="unit_amount")
    if params.get("product_data"):
        product_id = create_product(store, params["product_data"])["id"]
    else:
        product_id = forms.text(params, "product")
        if store.get(product_id, "product") is None:
            raise missing("product", product_id, "product")
    recurring, lookup = params.get("recurring"), params.get("lookup_key") or None
    if lookup and store.where("price", "lookup_key", lookup):
        raise Fault(
            f"A price (in test mode) already uses that lookup key: {lookup}",
            code="resource_already_exists",
            param="lookup_key",
        )
    price: Thing = {
        "id": random_id("price"),
        "object": "price",
        "active": True,
        "billing_scheme": "per_unit",
        "created": store.now(),
        "currency": currency,
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": lookup,
        "metadata": forms.metadata(params),
        "nickname": params.get("nickname") or None,
        "product": product_id,
        "recurring": {
            "interval": recurring.get("interval"),
            "interval_count": int(recurring.get("interval_count", 1)),
            "meter": None,
            "usage_type": "licensed",
        }
        if recurring
        else None,
        "tax_behavior": "unspecified",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "recurring" if recurring else "one_time",
        "unit_amount": int(amount),
        "unit_amount_decimal": amount,
    }
    store.save(price)
    emit(store, "price.created", price)
    return price


def found_price(store: Store, price_id: str) -> Thing:
    """Return a recurring Price or the fault that there is none."""
    price = store.get(price_id, "price")
    if price is None:
        raise missing("price", price_id, "items[0][price]")
    return price
