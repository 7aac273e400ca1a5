"""The assortment rule: which shared products a shop lists, and at what price.

One rule lists ten thousand products without a row for any of them. The price formula exists twice, in
Python for what is shown and in SQL for filtering and sorting; a test holds them together.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

import yaml
from django.db.models import BigIntegerField, Case, F, Q, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Greatest
from django.db.models.lookups import GreaterThanOrEqual
from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from catalog.categories import selectors as category_selectors
from catalog.models import Product
from kernel.errors import BanyanError, InvalidDocument, InvalidInput
from kernel.money.amounts import BASIS_POINTS, exponent

HUNDRED = 100
Slug = Annotated[str, Field(min_length=1, max_length=80)]


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ProductFilter(_Document):
    """Products that match every field given; an empty filter matches all."""

    category: Slug | None = None
    supplier: Slug | None = None
    tag: Slug | None = None
    region: Slug | None = None
    kind: Product.Kind | None = None

    def condition(self, families: Mapping[str, Sequence[UUID]]) -> Q:
        """Return the filter as a condition on Product. ``families``: slug -> ids of it and those below."""
        condition = Q()
        if self.category is not None:
            condition &= Q(category_id__in=families.get(self.category, []))
        if self.supplier is not None:
            condition &= Q(supplier__code=self.supplier)
        if self.tag is not None:
            condition &= Q(tags__contains=[self.tag])
        if self.region is not None:
            condition &= Q(region=self.region)
        if self.kind is not None:
            condition &= Q(kind=self.kind)
        return condition


class PriceRule(_Document):
    """How the shop's price comes from the suggested one; the lowest allowed price always holds."""

    percent: Annotated[Decimal, Field(ge=-90, le=400, max_digits=5, decimal_places=2)] = Decimal(0)
    ending: Annotated[int, Field(ge=0, le=99)] | None = None

    @property
    def basis_points(self) -> int:
        """Price as basis points of the suggested one: -3 percent is 9700."""
        return BASIS_POINTS + int(self.percent * 100)

    def price(self, suggested: int, minimum: int, currency: str) -> int:
        """Return the price in minor units of ``currency``.

        ``ending`` is in hundredths of its unit: 90 turns 12.34 into 12.90, and KWD 12.345 into 12.900. It
        moves a price within its own unit only: one below a unit (0.05), and currencies that have no
        hundredths (JPY), stay as they are.
        """
        price = suggested * self.basis_points // BASIS_POINTS
        if (moves := self._ending(currency)) is not None and price >= moves[0]:
            unit, ending = moves
            price = price - price % unit + ending
        return max(price, minimum)

    def expression(self, currency: str) -> Combinable:
        """Return the same formula in SQL, on Price joined with the tenant's own ``own_price``."""
        price: Combinable = F("suggested") * Value(self.basis_points) / Value(BASIS_POINTS)
        if (moves := self._ending(currency)) is not None:
            unit, ending = moves
            price = Case(
                When(GreaterThanOrEqual(price, unit), then=price - price % Value(unit) + Value(ending)),
                default=price,
                output_field=BigIntegerField(),
            )
        return Greatest(price, F("minimum"), output_field=BigIntegerField())

    def _ending(self, currency: str) -> tuple[int, int] | None:
        """Return one unit of the currency and the ending, in minor units; None where there is no ending."""
        unit = 10 ** exponent(currency)
        return None if self.ending is None or unit < HUNDRED else (unit, self.ending * unit // HUNDRED)


class AssortmentRule(_Document):
    """What a blueprint's section ``assortment`` says."""

    include: Annotated[list[ProductFilter], Field(min_length=1, max_length=200)] = [ProductFilter()]
    exclude: Annotated[list[ProductFilter], Field(max_length=200)] = []
    price: PriceRule = PriceRule()

    @model_validator(mode="after")
    def _exclude_something_left(self) -> Self:
        if ProductFilter() in self.exclude:
            raise ValueError("an empty filter under exclude leaves nothing to sell; remove it")
        return self

    def condition(self) -> Q:
        """Return which products the rule lists, as a condition on Product."""
        named = any(part.category is not None for part in (*self.include, *self.exclude))
        families = category_selectors.category_families() if named else {}
        listed = Q()
        for part in self.include:
            listed |= part.condition(families)
        if ProductFilter() in self.include:
            # Not an empty Q: or-ed with another condition that one vanishes.
            listed = Q(id__isnull=False)
        for part in self.exclude:
            listed &= ~part.condition(families)
        return listed


def effective_price(rule: AssortmentRule, own_price: Combinable, currency: str) -> Combinable:
    """Return the SQL price in ``currency``, that of the Price rows.

    One set by hand wins over the rule, the lowest allowed price over both.
    """
    return Greatest(
        Coalesce(own_price, rule.price.expression(currency)), F("minimum"), output_field=BigIntegerField()
    )


def break_even_expression(fee_bp: int) -> Combinable:
    """Return ``agents.rules.splitting.savings.break_even_price`` of a catalogue price in SQL, never zero."""
    kept = BASIS_POINTS - fee_bp
    fee = (F("cost") * Value(fee_bp) + Value(kept - 1)) / Value(kept)
    return Greatest(F("cost") + fee, Value(1), output_field=BigIntegerField())


def read_rule(document: str) -> AssortmentRule:
    """Return the rule that a YAML document says. Raises InvalidDocument with all that is wrong."""
    try:
        return AssortmentRule.model_validate(yaml.safe_load(document) or {})
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or getattr(error, "context", None) or error
        fault = InvalidInput(
            _("this is not YAML: %(problem)s") % {"problem": problem},
            line=mark.line + 1 if mark else None,
            remedy=_("check indentation, quotes and colons of this line") if mark else "",
        )
        raise InvalidDocument(fault.message, [fault]) from None
    except ValidationError as error:
        faults: list[BanyanError] = [
            InvalidInput(
                fault["msg"].removeprefix("Value error, "),
                field=".".join(str(part) for part in fault["loc"]),
                value=fault.get("input"),
            )
            for fault in error.errors()
        ]
        raise InvalidDocument(faults[0].message, faults) from None
