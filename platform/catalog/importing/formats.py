"""The formats a file may have, by name, and telling them apart."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from catalog.importing.columns import Columns
from catalog.importing.others import chosen, merchant, woocommerce
from catalog.importing.plain import amounts, products
from catalog.importing.plain import columns as plain_columns
from catalog.importing.report import ImportReport
from catalog.importing.shopify import columns as shopify_columns
from catalog.importing.shopify import products as shopify_products
from kernel.errors import Text

Importer = Callable[..., ImportReport]
"""Brings a file in.

Takes what ``products.import_with`` takes and ``columns``, and ignores what it has no use for.
"""
CHOSEN = "columns"
NAMES: Mapping[str, Text] = {
    "products": _("our own file of products"),
    "prices": _("our own file of prices"),
    "stock": _("a file of stock"),
    "shopify": _("Shopify's export of products"),
    "woocommerce": _("WooCommerce's export of products"),
    "merchant": _("a feed for Google Merchant Center"),
    CHOSEN: _("a table with chosen columns"),
}
OF_PRODUCTS_ONLY = {"cost_bp", "category", "language", "answers", "columns"}


def _without(importer: Importer, *names: str) -> Importer:
    def bring_in(**options: Any) -> ImportReport:
        return importer(**{name: value for name, value in options.items() if name not in names})

    return bring_in


FORMATS: Mapping[str, Importer] = {
    "shopify": _without(shopify_products.import_products, "columns"),
    "products": _without(products.import_products, "columns"),
    "prices": _without(amounts.import_prices, *OF_PRODUCTS_ONLY),
    "stock": _without(amounts.import_stock, *OF_PRODUCTS_ONLY),
    "woocommerce": _without(woocommerce.import_products, "columns"),
    "merchant": _without(merchant.import_products, "columns"),
    CHOSEN: chosen.import_products,
}
RECOGNISERS: Mapping[str, Callable[[list[str]], Columns]] = {
    "shopify": shopify_columns.recognise,
    "products": plain_columns.recognise_products,
    "prices": plain_columns.recognise_prices,
    "stock": plain_columns.recognise_stock,
    "woocommerce": woocommerce.recognise,
    "merchant": merchant.recognise,
}


def format_of(header: Sequence[str]) -> str:
    """Return which format a header looks like; CHOSEN if none that is known."""
    names = {name.casefold() for name in header}
    if names & {"title_zh", "title_en"}:
        return "products"
    if "suggested_price" in names:
        return "prices"
    has = {
        key: any(name.casefold() in names for name in spellings)
        for key, spellings in shopify_columns.NAMES.items()
    }
    if has["handle"] and has["title"] and has["price"]:
        return "shopify"
    if "handle" in names and "stock" in names:
        return "stock"
    if (
        has["handle"]
        and not has["price"]
        and any(name.casefold() in names for name in plain_columns.STOCK["quantity"])
    ):
        return "stock"
    if {"type", "name", "regular price"} <= names:
        return "woocommerce"
    if {"id", "title", "price"} <= names and names & MERCHANT:
        return "merchant"
    return CHOSEN


MERCHANT = {
    "image_link",
    "image link",
    "availability",
    "item_group_id",
    "item group id",
    "google_product_category",
}


def columns_of(form: str, header: list[str], columns: Mapping[str, str]) -> Columns:
    """Return the columns of a file of this format; ``columns`` are what was chosen for CHOSEN.

    Raises InvalidInput.
    """
    if form == CHOSEN:
        return chosen.columns_as_chosen(header, columns or chosen.guess(header))
    return RECOGNISERS[form](header)
