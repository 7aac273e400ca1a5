"""Importing the product CSV that WooCommerce exports.

A row a product or a variation; a variation names its product by SKU or by "id:123". A product of several
variations has a row of its own, without a price, that lists what its attributes may be.
Source: https://woocommerce.com/document/product-csv-importer-exporter/
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from catalog.importing.cells import Cells, Refused
from catalog.importing.columns import Columns, recognise_by
from catalog.importing.gathering import Key
from catalog.importing.handles import handle_from
from catalog.importing.incoming import ImportTerms, IncomingProduct
from catalog.importing.others.arranging import addresses, arranged
from catalog.importing.products import Reader, import_with
from catalog.importing.report import ImportReport, RowError
from catalog.importing.shopify import columns as shopify_columns
from catalog.importing.shopify.rows import SLOTS, read_product

OWN: Mapping[str, Sequence[str]] = {
    "id": ("ID",),
    "kind": ("Type",),
    "parent": ("Parent",),
    "title": ("Name",),
    "body": ("Description",),
    "short": ("Short description",),
    "vendor": ("Brands", "Brand"),
    "published": ("Published",),
    "in_stock": ("In stock?",),
    "quantity": ("Stock",),
    "backorders": ("Backorders allowed?",),
    "price": ("Sale price",),
    "regular": ("Regular price",),
    "cost": ("Cost of goods", "Meta: _wc_cog_cost"),
    "type": ("Categories",),
    "tags": ("Tags",),
    "image": ("Images",),
    "barcode": ("GTIN, UPC, EAN, or ISBN", "Meta: _global_unique_id"),
    "grams": ("Weight (g)",),
    "kilograms": ("Weight (kg)",),
    "pounds": ("Weight (lbs)",),
    "ounces": ("Weight (oz)",),
    "sku": ("SKU",),
    **{f"name{slot}": (f"Attribute {slot} name",) for slot in SLOTS},
    **{f"value{slot}": (f"Attribute {slot} value(s)",) for slot in SLOTS},
}
NAMES: dict[str, Sequence[str]] = {**dict.fromkeys(shopify_columns.NAMES, ("",)), **OWN}
"""What the reader asks for and only Shopify has a column for is called nothing."""
REQUIRED = ("kind", "title", "regular")
UNITS = {"kilograms": "kg", "pounds": "lb", "ounces": "oz"}
SOLD = {"simple", "variable", "variation"}


def recognise(header: Sequence[str]) -> Columns:
    """Find the columns of the export. Raises InvalidInput if one of REQUIRED is missing."""
    return recognise_by(
        header, NAMES, required=REQUIRED, remedy=_("export all columns in WooCommerce under Products, Export")
    )


def key_of(columns: Columns, header: Sequence[str]) -> Key:
    """Return the key of rows: a variation's is its parent, a product's its SKU or "id:" and its number."""
    places = {name: columns.place_of(name, header) for name in ("id", "kind", "parent", "sku", "title")}

    def key(cells: list[str]) -> str | None:
        text = {
            name: cells[place].strip() if 0 <= place < len(cells) else "" for name, place in places.items()
        }
        if "variation" in _kinds(text["kind"]):
            return text["parent"]
        return text["sku"] or (f"id:{text['id']}" if text["id"] else None)

    return key


def variant_name(row: Cells) -> str:
    """Return which variation the row describes; "" for the row of a product that has several."""
    if "variable" in _kinds(row.text["kind"]):
        return ""
    return row.text["sku"] or row.text["title"]


def read_woocommerce(
    rows: Sequence[Cells], terms: ImportTerms, errors: list[RowError]
) -> IncomingProduct | None:
    """Return the product, or None after adding every fault to ``errors``."""
    head = next((row for row in rows if "variation" not in _kinds(row.text["kind"])), None)
    try:
        if head is None:
            raise rows[0].refusal(
                "parent",
                _("the product of this variation is not in the file"),
                _("export it with its product"),
            )
        shopify_rows = [cells for row in _ordered(head, rows) for cells in _arranged(row, head)]
    except Refused as refused:
        errors.append(refused.error)
        return None
    return read_product(shopify_rows, terms, errors)


def _ordered(head: Cells, rows: Sequence[Cells]) -> list[Cells]:
    return [head, *(row for row in rows if row is not head)]


def _kinds(cell: str) -> set[str]:
    return {kind.strip() for kind in cell.lower().split(",")}


def _arranged(row: Cells, head: Cells) -> list[Cells]:
    kinds = _kinds(row.text["kind"])
    if not kinds & SOLD:
        raise row.refusal(
            "kind", _("this kind of product is not sold here"), _("remove the product from the file")
        )
    has_variations = "variable" in kinds
    name = head.text["sku"] or head.text["title"] or f"woo-{head.text['id']}"
    values = {"handle": handle_from(name), "title": head.text["title"] if row is head else ""}
    if has_variations:
        # Its values are those of all variations, and its price is that of the cheapest.
        values |= dict.fromkeys(("price", "sku", *(f"value{slot}" for slot in SLOTS)), "")
    else:
        values |= _price(row) | _stock(row)
        if "variation" not in kinds:
            values |= dict.fromkeys((f"value{slot}" for slot in SLOTS), "")
    values |= {
        "body": row.text["body"] or row.text["short"],
        "published": "TRUE" if row.text["published"] in {"1", ""} else "FALSE",
        "ships": "FALSE" if kinds & {"virtual", "downloadable"} else "",
        "type": row.text["type"].split(",")[0].rpartition(">")[2].strip(),
    }
    values |= _weight(row)
    pictures = addresses(row.text["image"])
    if "variation" in kinds and pictures:
        values["variant_image"] = pictures[0]
    return list(arranged(row, values, pictures))


def _price(row: Cells) -> dict[str, str]:
    if row.text["price"]:
        return {"compare_at": row.text["regular"]}
    return {"price": row.text["regular"]}


def _stock(row: Cells) -> dict[str, str]:
    """Where stock is not managed there is no number: in stock is then as many as anybody wants."""
    is_managed = bool(row.text["quantity"])
    is_there = row.text["in_stock"].lower() not in {"0", "no", "false", "outofstock"}
    return {
        "quantity": row.text["quantity"] if is_managed else "" if is_there else "0",
        "policy": "continue" if row.text["backorders"].lower() in {"1", "yes", "notify"} else "",
        "tracker": "woocommerce",
    }


def _weight(row: Cells) -> dict[str, str]:
    for key, unit in UNITS.items():
        if row.text[key]:
            return {"weight": row.text[key], "weight_unit": unit}
    return {}


def import_products(**options: Any) -> ImportReport:
    """See ``products.import_with``."""
    return import_with(Reader(recognise, read_woocommerce, variant_name, key=key_of), **options)
