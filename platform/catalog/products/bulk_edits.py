"""Changing many products at once: chosen by a filter, looked at first, then done in one transaction.

What was looked at is what is done: a preview has a mark made of everything it showed, and applying it
under another mark is refused.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from catalog.categories import selectors as category_selectors
from catalog.categories.models import Category
from catalog.products.models import Price, Product
from catalog.products.selectors import matching
from kernel.errors import InvalidInput
from kernel.money.amounts import BASIS_POINTS, MAX_PRICE
from kernel.money.money import format_money
from kernel.texts.translated import pick

MOST = 20_000
"""Products of one change; more would hold their rows for too long."""
Verb = Literal["price", "category", "add_tag", "remove_tag", "status"]


@dataclass(frozen=True, slots=True)
class BulkFilter:
    """Which products: all that match everything given. ``category`` includes what lies below it."""

    supplier: UUID | None = None
    category: str = ""
    tag: str = ""
    status: str = ""
    query: str = ""

    def products(self) -> QuerySet[Product]:
        """Return them in a fixed order."""
        condition = Q()
        if self.supplier is not None:
            condition &= Q(supplier_id=self.supplier)
        if self.category:
            condition &= Q(category_id__in=category_selectors.category_ids(self.category))
        if self.tag:
            condition &= Q(tags__contains=[self.tag])
        if self.status:
            condition &= Q(status=self.status)
        if self.query.strip():
            condition &= Q(id__in=matching(self.query))
        return Product.objects.filter(condition).order_by("id")


@dataclass(frozen=True, slots=True)
class BulkEdit:
    """What is done to them. ``percent``: the suggested price by so much, -90 to 400, in ``currency``.

    ``value``: the slug of the category, the tag, or the state.
    """

    verb: Verb
    value: str = ""
    percent: Decimal = Decimal(0)
    currency: str = "CNY"


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row before and after; a ``fault`` says why it is left as it is.

    Prices are minor units of ``currency``: of tens of thousands of rows only those that are shown are
    written out (``was``, ``becomes``).
    """

    product_id: UUID
    title: str
    variant: str
    before: str | int
    after: str | int
    fault: str = ""
    currency: str = ""

    @property
    def was(self) -> str:
        """The row as it is, as a person reads it."""
        return self._read(self.before)

    @property
    def becomes(self) -> str:
        """The row as it would be, as a person reads it."""
        return self._read(self.after)

    def _read(self, value: str | int) -> str:
        return format_money(value, self.currency) if isinstance(value, int) else value


@dataclass(frozen=True, slots=True)
class BulkPreview:
    """What an edit would do: rows that change, rows that cannot, and the mark to apply it under."""

    changes: Sequence[RowChange]
    faults: Sequence[RowChange]
    products: int
    mark: str


def preview(choice: BulkFilter, edit: BulkEdit) -> BulkPreview:
    """Return what ``edit`` would do to the chosen products; changes nothing.

    Raises InvalidInput if the filter is empty, matches more than MOST products, or the edit makes no sense.
    """
    check(choice, edit)
    return preview_of([change for change, _row in planned_rows(choice, edit)])


def preview_of(rows: Sequence[RowChange]) -> BulkPreview:
    """Sort the planned rows into those that change and those with a fault, and make the mark of them all.

    The mark is 32 hexadecimal digits; it is the same exactly when every row is as it was when it was made.
    """
    changes = [row for row in rows if not row.fault]
    digest = hashlib.sha256()
    for row in rows:
        digest.update(
            repr((row.product_id, row.title, row.variant, row.before, row.after, bool(row.fault))).encode()
        )
    return BulkPreview(
        changes,
        [row for row in rows if row.fault],
        len({row.product_id for row in changes}),
        digest.hexdigest()[:32],
    )


def check(choice: BulkFilter, edit: BulkEdit) -> None:
    """Raise InvalidInput if the filter is empty, matches more than MOST products, or the edit makes no sense.

    Whether a category of that slug exists is found out by ``planned_rows``.
    """
    if choice == BulkFilter():
        raise InvalidInput(
            _("choose which products"),
            field="supplier",
            remedy=_("name a supplier, a category, a tag or a word"),
        )
    if choice.products()[MOST : MOST + 1].exists():
        raise InvalidInput(
            _("these are more than %(most)d products") % {"most": MOST},
            field="supplier",
            remedy=_("choose fewer at a time"),
        )
    if edit.verb == "price" and not (-90 <= edit.percent <= 400 and edit.percent):
        raise InvalidInput(
            _("this is no change of price"),
            field="percent",
            value=str(edit.percent),
            remedy=_("write -90 to 400"),
        )
    if edit.verb in {"add_tag", "remove_tag"} and not 0 < len(edit.value) <= 80:
        raise InvalidInput(_("write the tag"), field="value", value=edit.value)
    if edit.verb == "status" and edit.value not in Product.Status.values:
        raise InvalidInput(_("this state is unknown"), field="value", value=edit.value)


def planned_rows(choice: BulkFilter, edit: BulkEdit) -> Iterator[tuple[RowChange, Product | Price]]:
    """Yield every row that the edit concerns, changed but not saved, with how it was and is.

    Rows come by product id, prices within a product by their variant's place; a Price for the verb "price", a
    Product otherwise. Rows that would stay as they are do not come. Raises NotFound for an unknown category.
    """
    if edit.verb == "price":
        yield from _prices(choice, edit)
        return
    category = category_selectors.find_category(edit.value) if edit.verb == "category" else None
    needed = ("title", "category__slug", "tags", "status")
    for product in choice.products().select_related("category").only(*needed):
        before, after = _edited(product, edit, category)
        if before != after:
            yield RowChange(product.pk, pick(product.title), "", before, after), product


def _edited(product: Product, edit: BulkEdit, category: Category | None) -> tuple[str, str]:
    if edit.verb == "category" and category is not None:
        before = product.category.slug if product.category else ""
        product.category = category
        return before, category.slug
    if edit.verb == "status":
        before, product.status = product.status, edit.value
        return before, edit.value
    tags = list(product.tags)
    if edit.verb == "add_tag":
        product.tags = [*tags, edit.value] if edit.value not in tags else tags
    else:
        product.tags = [tag for tag in tags if tag != edit.value]
    return ", ".join(tags), ", ".join(product.tags)


def _prices(choice: BulkFilter, edit: BulkEdit) -> Iterator[tuple[RowChange, Price]]:
    rows = (
        Price.objects.filter(
            variant__product__in=choice.products(), currency=edit.currency, variant__is_active=True
        )
        .select_related("variant__product")
        .only(
            "currency", "suggested", "minimum", "variant__options", "variant__sku", "variant__product__title"
        )
        .order_by("variant__product_id", "variant__position", "variant_id")
    )
    factor = BASIS_POINTS + int(edit.percent * 100)
    for price in rows:
        before = price.suggested
        # Half a cent goes up, on integers.
        price.suggested = (before * factor * 2 + BASIS_POINTS) // (2 * BASIS_POINTS)
        if price.suggested == before:
            continue
        product, fault = price.variant.product, ""
        if not 0 < price.suggested <= MAX_PRICE:
            fault = _("a price is above zero and at most %(most)s") % {
                "most": format_money(MAX_PRICE, price.currency)
            }
        elif price.suggested < price.minimum:
            fault = _("below its lowest price, %(minimum)s") % {
                "minimum": format_money(price.minimum, price.currency)
            }
        yield (
            RowChange(
                product.pk,
                pick(product.title),
                " / ".join(price.variant.options) or price.variant.sku,
                before,
                price.suggested,
                fault,
                price.currency,
            ),
            price,
        )
