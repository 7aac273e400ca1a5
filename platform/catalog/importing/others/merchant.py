"""Importing a feed for Google's Merchant Center, as XML or as tab-separated text.

A row a variant; the variants of one product share their item_group_id.
Source: https://support.google.com/merchants/answer/7052112
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from catalog.importing.cells import Cells
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
    "id": ("id",),
    "group": ("item_group_id",),
    "title": ("title", "structured_title"),
    "body": ("description", "structured_description"),
    "vendor": ("brand",),
    "price": ("sale_price",),
    "regular": ("price",),
    "cost": ("cost_of_goods_sold",),
    "availability": ("availability",),
    "quantity": ("quantity", "sell_on_google_quantity"),
    "barcode": ("gtin",),
    "sku": ("mpn",),
    "image": ("image_link",),
    "more_images": ("additional_image_link",),
    "type": ("product_type",),
    "weight": ("shipping_weight",),
    "colour": ("color",),
    "size": ("size",),
    "material": ("material",),
    "pattern": ("pattern",),
}
NAMES: dict[str, Sequence[str]] = {
    **dict.fromkeys(shopify_columns.NAMES, ("",)),
    **{key: [*names, *(name.replace("_", " ") for name in names)] for key, names in OWN.items()},
}
REQUIRED = ("id", "title", "regular")
OPTIONS = {"colour": "Colour", "size": "Size", "material": "Material", "pattern": "Pattern"}
OPTIONS_ZH = {"colour": "颜色", "size": "尺寸", "material": "材质", "pattern": "图案"}
GONE = {"out_of_stock", "out of stock"}


def recognise(header: Sequence[str]) -> Columns:
    """Find the columns of the feed. Raises InvalidInput if one of REQUIRED is missing."""
    return recognise_by(header, NAMES, required=REQUIRED, remedy=_("export the feed with all attributes"))


def key_of(columns: Columns, header: Sequence[str]) -> Key:
    """Return the key of rows: the group of a variant, else its own id."""
    places = [columns.place_of(name, header) for name in ("group", "id")]

    def key(cells: list[str]) -> str | None:
        texts = (cells[place].strip() for place in places if 0 <= place < len(cells))
        return next(filter(None, texts), "")

    return key


def variant_name(row: Cells) -> str:
    """Return which variant the row describes."""
    return row.text["id"] or row.text["title"]


def read_merchant(
    rows: Sequence[Cells], terms: ImportTerms, errors: list[RowError]
) -> IncomingProduct | None:
    """Return the product, or None after adding every fault to ``errors``."""
    head = rows[0]
    common = {"handle": handle_from(head.text["group"] or head.text["id"])}
    options = _options(rows)
    shopify_rows = [
        cells
        for row in rows
        for cells in arranged(
            row,
            common | _values(row) | _chosen(row, options, is_head=row is head),
            [*addresses(row.text["image"]), *addresses(row.text["more_images"])],
        )
    ]
    return read_product(shopify_rows, terms, errors)


def _options(rows: Sequence[Cells]) -> list[str]:
    """Return by what the variants differ: of what a variant says, what is not the same in all."""
    if len(rows) == 1:
        return []
    return [key for key in OPTIONS if len({row.text[key] for row in rows}) > 1][: len(SLOTS)]


def _chosen(row: Cells, options: Sequence[str], *, is_head: bool) -> dict[str, str]:
    names = OPTIONS_ZH if any("\u4e00" <= sign <= "\u9fff" for sign in row.text["title"]) else OPTIONS
    values = {f"value{slot}": row.text[key] for slot, key in enumerate(options, 1)}
    return values | ({f"name{slot}": names[key] for slot, key in enumerate(options, 1)} if is_head else {})


def _values(row: Cells) -> dict[str, str]:
    weight, _space, unit = row.text["weight"].partition(" ")
    is_gone = row.text["availability"].lower() in GONE
    return {
        "price": row.text["price"] or row.text["regular"],
        "compare_at": row.text["regular"] if row.text["price"] else "",
        "sku": row.text["sku"] or row.text["id"],
        "quantity": "0" if is_gone else row.text["quantity"],
        "type": row.text["type"].split(",")[0].rpartition(">")[2].strip(),
        "weight": weight,
        "weight_unit": unit,
    }


def import_products(**options: Any) -> ImportReport:
    """See ``products.import_with``."""
    return import_with(Reader(recognise, read_merchant, variant_name, key=key_of), **options)
