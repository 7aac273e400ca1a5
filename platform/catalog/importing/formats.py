"""The formats a file may have, by name, and telling them apart."""

from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from catalog.importing.plain import amounts, products
from catalog.importing.report import ImportReport
from catalog.importing.shopify import products as shopify_products
from catalog.importing.tables.delimited import CsvTable

Importer = Callable[..., ImportReport]
"""Brings a file in; takes what ``products.import_with`` takes, and ignores what it has no use for."""


def _prices(**options: Any) -> ImportReport:
    return amounts.import_prices(**_without(options))


def _stock(**options: Any) -> ImportReport:
    return amounts.import_stock(**_without(options))


def _without(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if name not in {"cost_bp", "category", "language"}}


FORMATS: Mapping[str, Importer] = {
    "shopify": shopify_products.import_products,
    "products": products.import_products,
    "prices": _prices,
    "stock": _stock,
}


def recognise_format(file: BinaryIO) -> str:
    """Return which format the header of the file looks like, and go back to the file's beginning."""
    header = {name.casefold() for name in CsvTable(file).header}
    file.seek(0)
    if header & {"title_zh", "title_en"}:
        return "products"
    if "suggested_price" in header:
        return "prices"
    return "stock" if {"handle", "stock"} <= header else "shopify"
