"""Exporting a supplier's products, prices or stock as our own CSV, row by row.

Importing what was exported changes nothing, also after a spreadsheet has opened and saved it: cells that it
would take for a formula (see kernel.files.formulas) and codes that it would take for numbers or dates (see
kernel.files.codes) are guarded.
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from catalog.importing.plain.columns import PRICES, PRODUCT, STOCK
from catalog.importing.plain.products import NUMBERS
from catalog.pictures.models import Media
from catalog.products.models import Price, Product, Variant
from catalog.suppliers.models import Supplier
from kernel.files.codes import guard_code
from kernel.files.formulas import guard
from kernel.money.amounts import decimal_text

CHUNK = 200
BOM = "\ufeff"
"""Without it a spreadsheet takes Chinese texts for another encoding."""


def products(supplier: Supplier, currency: str) -> Iterator[str]:
    """Yield the lines of a file of products, with prices in ``currency`` where there are any."""
    return _lines(PRODUCT, (row for product in _products(supplier) for row in _rows(product, currency)))


def prices(supplier: Supplier, currency: str) -> Iterator[str]:
    """Yield the lines of a file of prices: of every variant that has one in ``currency``."""
    return _lines(
        PRICES,
        (
            {**_key(product, variant), **amounts}
            for product in _products(supplier)
            for variant in product.variants.all()
            if (amounts := _amounts(variant, currency))
        ),
    )


def stock(supplier: Supplier, _currency: str = "") -> Iterator[str]:
    """Yield the lines of a file of stock: what lies on the shelf, reserved units among it."""
    return _lines(
        STOCK,
        (
            {**_key(product, variant), "quantity": _units(variant)}
            for product in _products(supplier)
            for variant in product.variants.all()
        ),
    )


EXPORTS: Mapping[str, Callable[[Supplier, str], Iterator[str]]] = {
    "products": products,
    "prices": prices,
    "stock": stock,
}


def _products(supplier: Supplier) -> Iterator[Product]:
    own: QuerySet[Product] = Product.objects.filter(supplier=supplier).select_related("category")
    variants = Variant.objects.filter(is_active=True).select_related("stock").order_by("position", "id")
    return own.prefetch_related(
        Prefetch("variants", variants.prefetch_related("prices")),
        Prefetch("media", Media.objects.order_by("position", "id")),
    ).iterator(CHUNK)


def _rows(product: Product, currency: str) -> Iterator[dict[str, Any]]:
    variants = list(product.variants.all())
    if not variants:
        return
    number_of: dict[UUID | None, int] = {variant.pk: n for n, variant in enumerate(variants, 1)}
    for number, (variant, picture) in enumerate(zip_longest(variants, product.media.all())):
        row: dict[str, Any] = {"handle": product.handle}
        if number == 0:
            row |= _texts(product)
        if variant is not None:
            row |= _key(product, variant) | _amounts(variant, currency)
            row |= {
                "barcode": variant.barcode,
                "position": variant.position,
                "grams": variant.weight_grams or "",
                "quantity": _units(variant),
            }
        if picture is not None:
            row |= {
                "image": picture.url,
                "image_position": picture.position,
                "image_alt_zh": picture.alt.get("zh-hans", ""),
                "image_alt_en": picture.alt.get("en", ""),
                "image_of": number_of.get(picture.variant_id, ""),
            }
        yield row


def _texts(product: Product) -> dict[str, Any]:
    names = [option["name"] for option in product.options]
    voucher = product.voucher
    return {
        "title_zh": product.title.get("zh-hans", ""),
        "title_en": product.title.get("en", ""),
        "body_zh": product.description.get("zh-hans", ""),
        "body_en": product.description.get("en", ""),
        "vendor": product.vendor,
        "kind": product.kind,
        "status": product.status,
        "category": product.category.slug if product.category else "",
        "tags": ",".join(product.tags),
        "region": product.region,
        "voucher_valid_days": voucher.get("valid_days", ""),
        "voucher_uses": voucher.get("uses", ""),
        "voucher_refund_on_expiry": str(voucher["refund_on_expiry"]).upper()
        if "refund_on_expiry" in voucher
        else "",
        **{f"name_zh{slot}": name.get("zh-hans", "") for slot, name in enumerate(names, 1)},
        **{f"name_en{slot}": name.get("en", "") for slot, name in enumerate(names, 1)},
    }


def _key(product: Product, variant: Variant) -> dict[str, Any]:
    values = {f"value{slot}": value for slot, value in enumerate(variant.options, 1)}
    return {"handle": product.handle, "sku": variant.sku, **values}


def _amounts(variant: Variant, currency: str) -> dict[str, Any]:
    price: Price | None = next((own for own in variant.prices.all() if own.currency == currency), None)
    if price is None:
        return {}
    return {
        "currency": currency,
        "cost": decimal_text(price.cost, currency),
        "minimum": decimal_text(price.minimum, currency),
        "suggested": decimal_text(price.suggested, currency),
        "compare_at": "" if price.compare_at is None else decimal_text(price.compare_at, currency),
    }


def _units(variant: Variant) -> int:
    on_shelf = getattr(variant, "stock", None)
    return on_shelf.available + on_shelf.reserved if on_shelf else 0


def _lines(columns: Mapping[str, Sequence[str]], rows: Iterator[dict[str, Any]]) -> Iterator[str]:
    line = io.StringIO()
    writer = csv.writer(line, lineterminator="\r\n")

    def written(cells: Sequence[str]) -> str:
        writer.writerow(cells)
        text = line.getvalue()
        line.seek(0)
        line.truncate()
        return text

    yield BOM + written([spellings[0] for spellings in columns.values()])
    for row in rows:
        yield written([_guarded(key, str(row.get(key, ""))) for key in columns])


def _guarded(key: str, cell: str) -> str:
    return guard(cell) if key in NUMBERS else guard_code(cell)
