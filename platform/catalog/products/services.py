"""Writes of products: prices, and many at once. Whole files are written by catalog.importing."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from catalog.products.bulk_edits import BulkEdit, BulkFilter, check, planned_rows, preview_of
from catalog.products.models import Price, Product
from kernel import audit, clock
from kernel.database.unit_of_work import joins_transaction
from kernel.errors import Conflict, InvalidInput
from kernel.money.amounts import MAX_PRICE
from kernel.money.money import format_money


@joins_transaction
def set_price(
    *, variant_id: UUID, currency: str, suggested: int, cost: int, minimum: int, acting_user: Any
) -> Price:
    """Set a variant's amounts in one currency (minor units) and return them.

    Raises InvalidInput unless 0 <= cost <= minimum <= suggested, and 0 < suggested <= MAX_PRICE. Writes
    nothing, and no audit entry, where they are so already.
    """
    if not 0 < suggested <= MAX_PRICE:
        raise InvalidInput(
            _("a price is above zero and at most %(most)s") % {"most": format_money(MAX_PRICE, currency)},
            field="suggested",
            value=suggested,
            remedy=_("to take a product off sale, change its state"),
        )
    if not 0 <= cost <= minimum <= suggested:
        raise InvalidInput(
            _("cost, lowest price and suggested price must not fall below each other"),
            field="minimum",
            value=minimum,
            remedy=_("choose a lowest price between cost and suggested price"),
        )
    price = Price.objects.select_for_update().filter(variant_id=variant_id, currency=currency).first()
    if price is None:
        price = Price(variant_id=variant_id, currency=currency)
    before = [price.cost, price.minimum, price.suggested]
    price.cost, price.minimum, price.suggested = cost, minimum, suggested
    if price._state.adding or before != [cost, minimum, suggested]:
        price.save()
        audit.record(
            "set_price",
            actor=acting_user,
            object_type="catalog.variant",
            object_id=variant_id,
            changes={currency: [before, [cost, minimum, suggested]]},
        )
    return price


def apply_bulk_edit(choice: BulkFilter, edit: BulkEdit, *, mark: str, acting_user: Any) -> int:
    """Do what the preview of that mark showed, in one transaction; return how many rows changed.

    ``mark`` is BulkPreview.mark. The outermost command. Raises InvalidInput as ``bulk_edits.check`` does, and
    Conflict if it would now do something else: then nothing is changed.
    """
    check(choice, edit)
    with transaction.atomic(durable=True):
        list(choice.products().select_for_update(no_key=True).values_list("id"))
        planned = list(planned_rows(choice, edit))
        seen = preview_of([change for change, _row in planned])
        if seen.mark != mark:
            raise Conflict(
                _("the products have changed since you looked"),
                field="mark",
                remedy=_("look at the new preview and apply that"),
                code="preview_outdated",
            )
        rows = [row for change, row in planned if not change.fault]
        if edit.verb == "price":
            Price.objects.bulk_update([row for row in rows if isinstance(row, Price)], ["suggested"], 1000)
        else:
            written = [row for row in rows if isinstance(row, Product)]
            for row in written:
                row.updated_at = clock.now()
            Product.objects.bulk_update(written, ["category", "tags", "status", "updated_at"], 1000)
        audit.record(
            "bulk_edit",
            actor=acting_user,
            object_type="catalog",
            object_id=mark,
            object_label=edit.verb,
            changes={
                "choice": {name: str(value) for name, value in asdict(choice).items() if value},
                "edit": {name: str(value) for name, value in asdict(edit).items()},
                "rows": len(rows),
                "first": [
                    [change.title, change.variant, change.was, change.becomes] for change in seen.changes[:20]
                ],
            },
        )
    return len(rows)
