"""The columns of our own CSV, the same for reading and writing. See docs/guides/import.md."""

from catalog.importing.columns import Columns, recognise_by

PRODUCT: dict[str, tuple[str, ...]] = {
    "handle": ("handle",),
    "title_zh": ("title_zh",),
    "title_en": ("title_en",),
    "body_zh": ("description_zh",),
    "body_en": ("description_en",),
    "vendor": ("brand",),
    "kind": ("kind",),
    "status": ("status",),
    "category": ("category",),
    "tags": ("tags",),
    "region": ("region",),
    "voucher_valid_days": ("voucher_valid_days",),
    "voucher_uses": ("voucher_uses",),
    "voucher_refund_on_expiry": ("voucher_refund_on_expiry",),
    "name_zh1": ("option1_zh",),
    "name_en1": ("option1_en",),
    "value1": ("option1_value",),
    "name_zh2": ("option2_zh",),
    "name_en2": ("option2_en",),
    "value2": ("option2_value",),
    "name_zh3": ("option3_zh",),
    "name_en3": ("option3_en",),
    "value3": ("option3_value",),
    "position": ("position",),
    "sku": ("sku",),
    "barcode": ("barcode",),
    "grams": ("weight_grams",),
    "currency": ("currency",),
    "cost": ("cost",),
    "minimum": ("lowest_price",),
    "suggested": ("suggested_price",),
    "compare_at": ("compare_at_price",),
    "quantity": ("stock",),
    "image": ("picture",),
    "image_alt_zh": ("picture_text_zh",),
    "image_alt_en": ("picture_text_en",),
    "image_position": ("picture_position",),
    "image_of": ("picture_is_of_variant",),
}
KEY = ("handle", "value1", "value2", "value3", "sku")
SHOPIFY = {
    "handle": ("URL handle",),
    "value1": ("Option1 Value",),
    "value2": ("Option2 Value",),
    "value3": ("Option3 Value",),
    "sku": ("Variant SKU",),
    "quantity": ("Variant Inventory Qty", "Inventory quantity", "Available", "On hand (current)"),
}
"""What Shopify calls the columns of its files of stock."""
PRICES = {name: PRODUCT[name] for name in (*KEY, "currency", "cost", "minimum", "suggested", "compare_at")}
STOCK = {name: (*PRODUCT[name], *SHOPIFY.get(name, ())) for name in (*KEY, "quantity")}


def recognise_products(header: list[str]) -> Columns:
    """Find the columns of a file of products."""
    return recognise_by(header, PRODUCT, required=("handle",))


def recognise_prices(header: list[str]) -> Columns:
    """Find the columns of a file of prices."""
    return recognise_by(header, PRICES, required=("handle", "cost", "minimum", "suggested"))


def recognise_stock(header: list[str]) -> Columns:
    """Find the columns of a file of stock."""
    return recognise_by(header, STOCK, required=("handle", "quantity"))
