"""What sending costs: a supplier's tables of freight, asked with an address and what is to be sent.

The calculation is pure; ``tables_of`` reads what it needs.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from django.db.models import Prefetch

from catalog.models import ShippingRate, ShippingTemplate
from catalog.products import selectors as product_selectors


@dataclass(frozen=True, slots=True)
class Rate:
    """One line of a table; amounts in minor units, ``first`` and ``additional`` in units or grams.

    ``regions`` empty: everywhere that no other line names. Touches no stock and no order.
    """

    regions: frozenset[str] = frozenset()
    is_served: bool = True
    first: int = 1
    first_amount: int = 0
    additional: int = 1
    additional_amount: int = 0
    free_from: int | None = None
    days_min: int = 2
    days_max: int = 5


@dataclass(frozen=True, slots=True)
class Table:
    """A supplier's table of freight. ``by_weight``: its rates count grams, else units."""

    rates: tuple[Rate, ...]
    by_weight: bool = False


@dataclass(frozen=True, slots=True)
class Parcel:
    """So many units of one variant: what they weigh each, and what is paid for all of them."""

    quantity: int
    weight_grams: int
    paid: int


@dataclass(frozen=True, slots=True)
class Freight:
    """What sending costs and how many days it takes. Not ``is_served``: nothing is sent there."""

    amount: int
    days_min: int
    days_max: int
    is_served: bool = True


def freight_for(table: Table, parcels: Iterable[Parcel], to: Sequence[str]) -> Freight:
    """Return the freight of parcels sent together to a region.

    ``to`` is the region's line, from it up to the root of the tree (``region_line``); () where it is not
    known. The rate that names the region nearest to the address holds. Amount: the first amount covers
    the first units or grams, each started portion beyond adds the additional amount; nothing from
    ``free_from`` on. A table without a line for the address does not serve it.
    """
    sent = list(parcels)
    rate = _rate_for(table.rates, to)
    if rate is None or not rate.is_served:
        return Freight(0, 0, 0, is_served=False)
    goods = sum(parcel.paid for parcel in sent)
    measure = sum(parcel.quantity * (parcel.weight_grams if table.by_weight else 1) for parcel in sent)
    if not sent or (rate.free_from is not None and goods >= rate.free_from):
        return Freight(0, rate.days_min, rate.days_max)
    portions = max(0, -(-(measure - rate.first) // rate.additional))
    amount = rate.first_amount + portions * rate.additional_amount
    return Freight(amount, rate.days_min, rate.days_max)


def _rate_for(rates: Sequence[Rate], to: Sequence[str]) -> Rate | None:
    for region in to:
        for rate in rates:
            if region in rate.regions:
                return rate
    return next((rate for rate in rates if not rate.regions), None)


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of some suppliers: the products' own, and each supplier's usual one."""

    by_template: Mapping[UUID, Table]
    usual: Mapping[UUID, Table]

    def for_product(self, supplier_id: UUID, template_id: UUID | None) -> Table | None:
        """Return the table of a product, or None where the supplier's flat freight holds."""
        own = self.by_template.get(template_id) if template_id else None
        return own or self.usual.get(supplier_id)


def tables_of(suppliers: Iterable[UUID]) -> Tables:
    """Read the tables of these suppliers. Two queries; none for no suppliers."""
    wanted = list(suppliers)
    if not wanted:
        return Tables({}, {})
    rows = ShippingTemplate.objects.filter(supplier_id__in=wanted).prefetch_related(
        Prefetch("rates", ShippingRate.objects.order_by("position", "id"))
    )
    by_template, usual = {}, {}
    for row in rows:
        table = Table(
            tuple(_rate(rate) for rate in row.rates.all()), row.measure == ShippingTemplate.Measure.GRAMS
        )
        by_template[row.pk] = table
        if row.is_default:
            usual[row.supplier_id] = table
    return Tables(by_template, usual)


def _rate(row: ShippingRate) -> Rate:
    return Rate(
        regions=frozenset(row.regions),
        is_served=row.is_served,
        first=row.first,
        first_amount=row.first_amount,
        additional=row.additional,
        additional_amount=row.additional_amount,
        free_from=row.free_from,
        days_min=row.days_min,
        days_max=row.days_max,
    )


def line_of_address(text: str) -> tuple[str, ...]:
    """Return the line of the region that an address names ("浙江省杭州市西湖区", "Hangzhou, Zhejiang").

    The deepest region whose name stands in the text, in any language, without its 省, 市 or 区; between
    equals the longest name. () if none does.
    """
    said = text.casefold()
    best: tuple[int, int, str] | None = None
    for slug, region in product_selectors.regions().items():
        length = max((len(name) for name in _names(tuple(region.name.values())) if name in said), default=0)
        if length:
            found = (len(product_selectors.region_line(slug)), length, slug)
            best = max(best, found) if best else found
    return product_selectors.region_line(best[2]) if best else ()


@lru_cache(maxsize=8192)
def _names(names: tuple[str, ...]) -> tuple[str, ...]:
    folded = [name.casefold().strip() for name in names if name and name.strip()]
    short = [name[:-1] for name in folded if len(name) > 2 and name[-1] in "省市区县"]
    return tuple({*folded, *short})
