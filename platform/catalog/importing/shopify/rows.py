"""The rows of one product in Shopify's CSV, made into an IncomingProduct or into errors.

The first row holds the texts; every row with a price, a SKU or an option value is a variant; rows with
none of them only add a picture. A variant without a price, or with one of 0, is not for sale.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from catalog.importing.bodies import clean_html
from catalog.importing.cells import Cells, Refused, language_of
from catalog.importing.incoming import (
    MAX_VARIANTS,
    ImportTerms,
    IncomingPicture,
    IncomingProduct,
    IncomingVariant,
    Texts,
)
from catalog.importing.report import RowError
from kernel.money.amounts import share_of

NO_OPTION = ("title", "default title")
STATUSES = {"active": "active", "draft": "draft", "archived": "archived", "unlisted": "draft"}
UNNAMED = {"zh-hans": "规格", "en": "Option"}
SLOTS = (1, 2, 3)
GRAMS = {"g": 1.0, "kg": 1000.0, "lb": 453.59237, "lbs": 453.59237, "oz": 28.349523125}
CONTINUE = {"continue", "true"}
"""Policies under which a variant is sold beyond what there is."""


@dataclass(slots=True)
class _Draft:
    names: list[Texts]
    slots: list[int]
    language: str
    variants: dict[tuple[str, ...], IncomingVariant] = field(default_factory=dict)
    pictures: dict[str, IncomingPicture] = field(default_factory=dict)
    must_ship: bool = False


def read_product(rows: Sequence[Cells], terms: ImportTerms, errors: list[RowError]) -> IncomingProduct | None:
    """Return the product, or None after adding every fault found to ``errors``."""
    before = len(errors)
    head = rows[0]
    draft = _read_options(rows, terms)
    for row in rows:
        try:
            _read_row(row, draft, terms)
        except Refused as refused:
            errors.append(refused.error)
    try:
        if not draft.variants and len(errors) == before:
            draft.variants[()] = _read_variant(head, (), terms)
        product = _read_head(head, draft, terms)
    except Refused as refused:
        errors.append(refused.error)
    return product if len(errors) == before else None


def variant_name(row: Cells) -> str:
    """Return which variant the row describes: its option values, its SKU or what it is called; "" if none."""
    values = [text for slot in SLOTS if (text := row.text[f"value{slot}"]) and text.lower() != NO_OPTION[1]]
    if not (values or row.text["price"] or row.text["sku"] or row.text["title"]):
        return ""
    return " / ".join(values) or row.text["sku"] or row.text["title"] or row.text["handle"]


def _read_options(rows: Sequence[Cells], terms: ImportTerms) -> _Draft:
    head = rows[0]
    language = terms.language or language_of(head.text["title"])
    names: list[Texts] = []
    slots: list[int] = []
    for slot in SLOTS:
        name, key = head.text[f"name{slot}"], f"value{slot}"
        if slot == 1 and (name.lower(), head.text[key].lower()) == NO_OPTION:
            continue
        if any(row.text[key] for row in rows):
            names.append({language: name} if name else UNNAMED)
            slots.append(slot)
    return _Draft(names, slots, language)


def _read_row(row: Cells, draft: _Draft, terms: ImportTerms) -> None:
    image, variant_image = row.picture("image"), row.picture("variant_image")
    if image and image not in draft.pictures:
        alt = row.short_text("image_alt", 500)
        draft.pictures[image] = IncomingPicture(image, {draft.language: alt} if alt else {})
    if not (row.text["price"] or row.text["sku"] or any(row.text[f"value{slot}"] for slot in SLOTS)):
        return
    options = tuple(_option_value(row, slot) for slot in draft.slots)
    if options in draft.variants:
        raise row.refusal(
            f"value{draft.slots[0]}" if draft.slots else "handle",
            _("this combination of options stands twice in the product"),
            _("remove one of the two rows, or give them different values"),
        )
    draft.variants[options] = _read_variant(row, options, terms)
    draft.must_ship |= row.yes("ships", empty=True)
    if variant_image:
        shown = draft.pictures.get(variant_image)
        if shown is None or shown.options is None:
            draft.pictures[variant_image] = IncomingPicture(
                variant_image, shown.alt if shown else {}, options
            )


def _option_value(row: Cells, slot: int) -> str:
    value = row.option(f"value{slot}")
    if not value:
        raise row.refusal(
            f"value{slot}",
            _("the value of this option is missing"),
            _("other rows of the product have one: add it"),
        )
    return value


def _read_variant(row: Cells, options: tuple[str, ...], terms: ImportTerms) -> IncomingVariant:
    price = row.money("price", terms.currency)
    cost = row.money("cost", terms.currency)
    if not price:
        row.remark("price", _("without a price it is not for sale"))
        price = cost = None
    elif cost is None:
        cost = share_of(price, terms.cost_bp)
    elif cost > price:
        raise row.refusal(
            "cost",
            _("the cost is higher than the price"),
            _("lower the cost or raise the price: each sale would lose"),
        )
    compare_at = row.money("compare_at", terms.currency) or 0
    return IncomingVariant(
        options=options,
        suggested=price,
        cost=cost,
        minimum=cost,
        compare_at=compare_at if price and compare_at > price else None,
        quantity=_quantity(row),
        sku=row.code("sku", 120),
        barcode=row.code("barcode", 64),
        weight_grams=_grams(row),
        is_for_sale=price is not None,
    )


def _quantity(row: Cells) -> int | None:
    """Return the units there are; None if they are not counted, or are sold beyond their number."""
    units = row.units("quantity")
    is_counted = bool(row.text["tracker"]) or not row.has("tracker")
    goes_on = row.text["policy"].lower() in CONTINUE
    return None if not units and (goes_on or not is_counted) else units


def _grams(row: Cells) -> int:
    if row.text["grams"] or not row.text["weight"]:
        return row.grams()
    factor = GRAMS.get(row.text["weight_unit"].lower())
    if factor is None:
        raise row.refusal(
            "weight_unit",
            _("this unit of weight is unknown"),
            _("write one of: %(known)s") % {"known": ", ".join(GRAMS)},
        )
    return row.grams("weight", factor)


def _read_head(head: Cells, draft: _Draft, terms: ImportTerms) -> IncomingProduct:
    title = head.short_text("title", 255)
    if not title:
        raise head.refusal("title", _("the title is missing"), _("the first row of a product needs one"))
    if len(draft.variants) > MAX_VARIANTS:
        raise head.refusal(
            "handle",
            _("the product has more than %(limit)d variants") % {"limit": MAX_VARIANTS},
            _("split it into several products"),
        )
    if head.yes("gift_card", empty=False):
        raise head.refusal("gift_card", _("gift cards are not goods"), _("remove the product from the file"))
    head.look_at("body")
    body, kind = clean_html(head.text["body"]), head.short_text("type", 80)
    on_sale = [options for options, variant in draft.variants.items() if variant.is_for_sale]
    return IncomingProduct(
        handle=head.handle(),
        title={draft.language: title},
        description={draft.language: body} if body else {},
        options=tuple(
            (name, tuple(dict.fromkeys(options[place] for options in on_sale)))
            for place, name in enumerate(draft.names)
        ),
        variants=tuple(draft.variants.values()),
        pictures=tuple(draft.pictures.values()),
        kind="physical" if draft.must_ship else "",
        status=_status(head),
        category_id=terms.category_id or terms.categories.get(kind.casefold()),
        vendor=head.short_text("vendor", 200),
        tags=_tags(head, kind),
        line=head.line,
    )


def _status(head: Cells) -> str:
    published = head.yes("published", empty=True)
    text = head.text["status"].lower() or "active"
    if text not in STATUSES:
        raise head.refusal(
            "status",
            _("this status is unknown"),
            _("write one of: %(known)s") % {"known": ", ".join(STATUSES)},
        )
    return "draft" if STATUSES[text] == "active" and not published else STATUSES[text]


def _tags(head: Cells, kind: str) -> tuple[str, ...]:
    tags = [tag.strip() for tag in head.text["tags"].split(",")]
    if any(len(tag) > 80 for tag in tags):
        raise head.refusal("tags", _("a tag is longer than 80 characters"), _("put commas between tags"))
    return tuple(tag for tag in dict.fromkeys([*tags, kind]) if tag)
