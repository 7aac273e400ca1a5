"""Importing our own CSV of products: what ``exports.products`` wrote comes back as it was.

The first row of a product holds its texts; every row with an option value, a code, an amount or a
stock is a variant, and the first row always is one; every row may add a picture.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from uuid import UUID

from django.utils.translation import gettext as _

from catalog.importing.bodies import clean_html
from catalog.importing.cells import Cells, Refused
from catalog.importing.columns import Columns
from catalog.importing.incoming import (
    MAX_VARIANTS,
    ImportTerms,
    IncomingPicture,
    IncomingProduct,
    IncomingVariant,
    Texts,
)
from catalog.importing.plain.columns import recognise_products
from catalog.importing.products import Reader, import_with
from catalog.importing.report import RowError
from catalog.products.models import Product
from kernel.files.codes import unguard_code
from kernel.files.formulas import unguard

SLOTS = ("1", "2", "3")
NUMBERS = frozenset(
    {
        *("position", "grams", "currency", "cost", "minimum", "suggested", "compare_at", "quantity"),
        *("kind", "status", "voucher_valid_days", "voucher_uses", "voucher_refund_on_expiry"),
        *("image_position", "image_of"),
    }
)
"""Columns that a spreadsheet may calculate with.

What the others hold it must not take for numbers or dates.
"""
LANGUAGES = {"zh": "zh-hans", "en": "en"}
OF_VARIANT = ("value1", "value2", "value3", "sku", "barcode", "cost", "minimum", "suggested", "quantity")
LONGEST_VALID, MOST_USES = 3650, 100


class PlainCells(Cells):
    """One row of our own file: cells guarded from spreadsheets are read as they were."""

    __slots__ = ()

    def __init__(self, line: int, text: Mapping[str, str], columns: Columns) -> None:
        super().__init__(line, text, columns)
        self.text = {key: _unguarded(key, cell) if cell[:1] == "'" else cell for key, cell in text.items()}

    def unguarded(self, code: str) -> str:
        """Return the code as it is: the apostrophe is gone already."""
        return code

    def texts(self, key: str, limit: int) -> Texts:
        """Return a text in the languages that it has."""
        said = {code: self.short_text(f"{key}_{short}", limit) for short, code in LANGUAGES.items()}
        return {code: text for code, text in said.items() if text}

    def one_of(self, key: str, known: Sequence[str], empty: str) -> str:
        """Return a word out of ``known``, ``empty`` for an empty cell."""
        word = self.text[key].lower() or empty
        if word not in known:
            raise self.refusal(
                key,
                _("this word is unknown here"),
                _("write one of: %(known)s") % {"known": ", ".join(known)},
            )
        return word

    def whole(self, key: str, least: int, most: int) -> int | None:
        """Return a whole number between two, None for an empty cell."""
        text = self.text[key]
        if not text:
            return None
        if not text.isdecimal() or not least <= int(text) <= most:
            raise self.refusal(
                key,
                _("this is no whole number from %(least)d to %(most)d") % {"least": least, "most": most},
                _("write it in digits"),
            )
        return int(text)

    def address(self, key: str) -> str:
        """Return a picture's address: https, or a path on our own hosts."""
        text = self.text[key]
        if text.startswith("/") and not text.startswith("//"):
            return self.short_text(key, 1000)
        return self.picture(key)


def _unguarded(key: str, cell: str) -> str:
    return unguard(cell) if key in NUMBERS else unguard_code(cell)


def variant_name(row: Cells) -> str:
    """Return which variant the row describes: its option values, its SKU or its product; "" if none."""
    values = [text for slot in SLOTS if (text := row.text[f"value{slot}"])]
    is_variant = row.text["title_zh"] or row.text["title_en"] or any(row.text[key] for key in OF_VARIANT)
    return (" / ".join(values) or row.text["sku"] or row.text["handle"]) if is_variant else ""


def read_plain(rows: Sequence[Cells], terms: ImportTerms, errors: list[RowError]) -> IncomingProduct | None:
    """Return the product, or None after adding every fault found to ``errors``."""
    before = len(errors)
    plain_rows = [row for row in rows if isinstance(row, PlainCells)]
    slots = [slot for slot in SLOTS if any(row.text[f"value{slot}"] for row in plain_rows)]
    variants: dict[tuple[str, ...], IncomingVariant] = {}
    numbered: list[tuple[str, ...]] = []
    product = None
    for row in plain_rows:
        try:
            if row is not plain_rows[0] and not any(row.text[key] for key in OF_VARIANT):
                continue
            variant = _variant(row, slots, terms)
            if not variant.is_for_sale:
                row.remark("suggested", _("without a price it is not for sale"))
            if variant.options in variants:
                raise row.refusal(
                    f"value{slots[0]}" if slots else "handle",
                    _("this combination of options stands twice in the product"),
                    _("remove one of the two rows, or give them different values"),
                )
            variants[variant.options] = variant
            numbered.append(variant.options)
        except Refused as refused:
            errors.append(refused.error)
    pictures: dict[str, IncomingPicture] = {}
    for row in plain_rows:
        try:
            if url := row.address("image"):
                number = row.whole("image_of", 1, max(len(numbered), 1))
                alt = row.texts("image_alt", 500)
                shows = numbered[number - 1] if number and number <= len(numbered) else None
                place = row.whole("image_position", 0, 32_000)
                pictures.setdefault(url, IncomingPicture(url, alt, shows, place))
        except Refused as refused:
            errors.append(refused.error)
    try:
        product = _head(plain_rows[0], slots, variants, pictures, terms)
    except Refused as refused:
        errors.append(refused.error)
    return product if len(errors) == before else None


def _variant(row: PlainCells, slots: Sequence[str], terms: ImportTerms) -> IncomingVariant:
    options = tuple(row.option(f"value{slot}") for slot in slots)
    for slot, value in zip(slots, options, strict=True):
        if not value:
            raise row.refusal(
                f"value{slot}",
                _("the value of this option is missing"),
                _("other rows of the product have one: add it"),
            )
    # A price of 0 is none: what it would be sold for is for nobody to guess.
    is_for_sale = row.money("suggested", terms.currency) != 0
    suggested, cost, minimum, compare_at = amounts(row, terms.currency) if is_for_sale else (None,) * 4
    return IncomingVariant(
        options=options,
        suggested=suggested,
        cost=cost,
        minimum=minimum,
        compare_at=compare_at,
        quantity=row.units("quantity"),
        sku=row.code("sku", 120),
        barcode=row.code("barcode", 64),
        weight_grams=row.grams(),
        position=row.whole("position", 0, 32_000),
        is_for_sale=is_for_sale,
    )


def amounts(row: PlainCells, currency: str) -> tuple[int | None, int | None, int | None, int | None]:
    """Return suggested price, cost, lowest price and compare-at price; the first three all or none."""
    written = row.text["currency"].upper()
    if written and written != currency:
        raise row.refusal(
            "currency",
            _("the prices of this import are in %(currency)s") % {"currency": currency},
            _("import each currency from a file of its own"),
        )
    suggested, cost, minimum = (row.money(key, currency) for key in ("suggested", "cost", "minimum"))
    if suggested is None and cost is None and minimum is None:
        return None, None, None, None
    for key, amount in (("suggested", suggested), ("cost", cost)):
        if amount is None:
            raise row.refusal(key, _("the price is missing"), _("write it like 12.50"))
    assert suggested is not None
    assert cost is not None
    minimum = cost if minimum is None else minimum
    if not cost <= minimum <= suggested:
        raise row.refusal(
            "minimum",
            _("cost, lowest price and suggested price must not fall below each other"),
            _("choose a lowest price between cost and suggested price"),
        )
    return suggested, cost, minimum, row.money("compare_at", currency)


def _head(
    head: PlainCells,
    slots: Sequence[str],
    variants: dict[tuple[str, ...], IncomingVariant],
    pictures: dict[str, IncomingPicture],
    terms: ImportTerms,
) -> IncomingProduct:
    title = head.texts("title", 255)
    if not title:
        raise head.refusal("title_zh", _("the title is missing"), _("the first row of a product needs one"))
    if len(variants) > MAX_VARIANTS:
        raise head.refusal(
            "handle",
            _("the product has more than %(limit)d variants") % {"limit": MAX_VARIANTS},
            _("split it into several products"),
        )
    for key in ("body_zh", "body_en"):
        head.look_at(key)
    body = head.texts("body", 1024 * 1024)
    on_sale = [options for options, variant in variants.items() if variant.is_for_sale]
    kind = head.one_of("kind", Product.Kind.values, Product.Kind.PHYSICAL)
    return IncomingProduct(
        handle=head.handle(),
        title=title,
        description={code: clean for code, text in body.items() if (clean := clean_html(text))},
        options=tuple(
            (_name(head, slot), tuple(dict.fromkeys(options[place] for options in on_sale)))
            for place, slot in enumerate(slots)
        ),
        variants=tuple(variants.values()),
        pictures=tuple(pictures.values()),
        kind=kind,
        status=head.one_of("status", Product.Status.values, Product.Status.ACTIVE),
        category_id=_category(head, terms),
        vendor=head.short_text("vendor", 200),
        tags=_tags(head),
        region=head.short_text("region", 80),
        voucher=_voucher(head) if kind == Product.Kind.VOUCHER else None,
        line=head.line,
    )


def _name(head: PlainCells, slot: str) -> Texts:
    said = {code: head.short_text(f"name_{short}{slot}", 80) for short, code in LANGUAGES.items()}
    return {code: text for code, text in said.items() if text} or {"zh-hans": "规格", "en": "Option"}


def _category(head: PlainCells, terms: ImportTerms) -> UUID | None:
    named = head.text["category"]
    if terms.category_id is not None or not named:
        return terms.category_id
    known = terms.categories.get(named.casefold())
    if known is None:
        raise head.refusal(
            "category", _("there is no category of this slug"), _("write the slug of a category, or nothing")
        )
    return known


def _tags(head: PlainCells) -> tuple[str, ...]:
    tags = [tag.strip() for tag in head.text["tags"].split(",")]
    if any(len(tag) > 80 for tag in tags):
        raise head.refusal("tags", _("a tag is longer than 80 characters"), _("put commas between tags"))
    return tuple(tag for tag in dict.fromkeys(tags) if tag)


def _voucher(head: PlainCells) -> dict[str, int | bool] | None:
    days = head.whole("voucher_valid_days", 1, LONGEST_VALID)
    uses = head.whole("voucher_uses", 1, MOST_USES)
    if days is None and uses is None and not head.text["voucher_refund_on_expiry"]:
        return None
    return {
        "valid_days": days or 180,
        "uses": uses or 1,
        "refund_on_expiry": head.yes("voucher_refund_on_expiry", empty=True),
    }


READER = Reader(recognise_products, read_plain, variant_name, PlainCells)
import_products = partial(import_with, READER)
"""See ``products.import_with``."""
