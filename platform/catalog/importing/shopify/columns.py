"""Recognising the columns of Shopify's product CSV, whichever year it was exported in.

Three sets are in use: the one up to about 2022 ("Handle", "Variant Price"), the same with "Status",
"Product Category", "Included / …" and metafield columns, and the one with friendlier names ("URL
handle", "Price", "Product image URL").
Source: https://help.shopify.com/en/manual/products/import-export/using-csv
"""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from catalog.importing.columns import Columns, recognise_by

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
    "weight": ("Variant Weight", "Weight"),
    "weight_unit": ("Variant Weight Unit", "Weight unit"),
    "tracker": ("Variant Inventory Tracker", "Inventory tracker"),
    "policy": ("Variant Inventory Policy", "Continue selling when out of stock"),
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


def recognise(header: Sequence[str]) -> Columns:
    """Find the columns of Shopify's file; raise InvalidInput if one is missing that nothing works without."""
    return recognise_by(
        header,
        NAMES,
        required=REQUIRED,
        remedy=_("export the products from Shopify's admin as “CSV for Excel” or “plain CSV”"),
    )
