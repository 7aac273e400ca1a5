"""Recognising the columns of Shopify's product CSV, whichever year it was exported in.

Three sets are in use: the one up to about 2022 ("Handle", "Variant Price"), the same with "Status",
"Product Category", "Included / …" and metafield columns, and the one with friendlier names ("URL
handle", "Price", "Product image URL").
Source: https://help.shopify.com/en/manual/products/import-export/using-csv
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

from django.utils.translation import gettext as _

from kernel.errors import InvalidInput

NAMES: dict[str, tuple[str, ...]] = {
    "handle": ("Handle", "URL handle"),
    "title": ("Title",),
    "body": ("Body (HTML)", "Body HTML", "Description"),
    "vendor": ("Vendor",),
    "type": ("Type", "Custom Product Type"),
    "tags": ("Tags",),
    "published": ("Published", "Published on online store"),
    "status": ("Status",),
    "name1": ("Option1 Name",),
    "value1": ("Option1 Value",),
    "name2": ("Option2 Name",),
    "value2": ("Option2 Value",),
    "name3": ("Option3 Name",),
    "value3": ("Option3 Value",),
    "sku": ("Variant SKU", "SKU"),
    "barcode": ("Variant Barcode", "Barcode"),
    "grams": ("Variant Grams", "Weight value (grams)"),
    "quantity": ("Variant Inventory Qty", "Inventory quantity"),
    "price": ("Variant Price", "Price"),
    "compare_at": ("Variant Compare At Price", "Compare-at price", "Compare At Price"),
    "cost": ("Cost per item", "Variant Cost"),
    "ships": ("Variant Requires Shipping", "Requires shipping"),
    "image": ("Image Src", "Product image URL"),
    "image_alt": ("Image Alt Text",),
    "variant_image": ("Variant Image", "Variant image URL"),
    "gift_card": ("Gift Card",),
}
REQUIRED = ("handle", "title", "price")


@dataclass(frozen=True, slots=True)
class Columns:
    """What the file calls each known column, where it stands, and what is not read."""

    called: dict[str, str]
    ignored: list[str]
    names: tuple[str, ...]
    _pick: "itemgetter[tuple[str, ...]]"

    def values(self, cells: list[str]) -> dict[str, str]:
        """Return the trimmed cell of every known column of one row; empty where the file has none."""
        return dict(zip(self.names, map(str.strip, self._pick([*cells, ""])), strict=True))


def recognise(header: Sequence[str]) -> Columns:
    """Find the columns of Shopify's file; raise InvalidInput if one is missing that nothing works without."""
    return recognise_by(
        header,
        NAMES,
        required=REQUIRED,
        remedy=_("export the products from Shopify's admin as “CSV for Excel” or “plain CSV”"),
    )


def recognise_by(
    header: Sequence[str], names: Mapping[str, Sequence[str]], *, required: Sequence[str], remedy: str = ""
) -> Columns:
    """Find columns by name, whatever their order; raise InvalidInput if one of ``required`` is missing."""
    known = {name.casefold(): key for key, spellings in names.items() for name in spellings}
    at: dict[str, int] = {}
    ignored: list[str] = []
    for place, name in enumerate(header):
        key = known.get(name.casefold())
        if key is None or key in at:
            ignored.append(name)
        else:
            at[key] = place
    missing = [" / ".join(names[key]) for key in required if key not in at]
    if missing:
        raise InvalidInput(
            _("these columns are missing: %(columns)s") % {"columns": ", ".join(missing)},
            field="file",
            line=1,
            value=", ".join(header)[:200],
            remedy=remedy or _("export a file first and change that one"),
        )
    called = {key: header[at[key]] if key in at else spellings[0] for key, spellings in names.items()}
    # A column that the file does not have is read from the empty cell put behind every row.
    places = [at.get(key, -1) for key in names]
    return Columns(called, [name for name in ignored if name], tuple(names), itemgetter(*places))  # type: ignore[arg-type]
