"""What freight costs, by a supplier's table, where it goes and what is sent: pure calculation."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Rate:
    """One line of a table; amounts in minor units, ``first`` and ``additional`` in units or grams.

    ``regions`` empty: everywhere that no other line names. Changes no stock and no order.
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
class FreightTable:
    """A supplier's table of freight. ``by_weight``: its rates count grams, else units."""

    rates: tuple[Rate, ...]
    by_weight: bool = False


@dataclass(frozen=True, slots=True)
class FreightItem:
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


def freight_for(table: FreightTable, parcels: Iterable[FreightItem], to: Sequence[str]) -> Freight:
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
class FreightTables:
    """The tables of some suppliers: the products' own, and each supplier's usual one."""

    by_template: Mapping[UUID, FreightTable]
    usual: Mapping[UUID, FreightTable]

    def for_product(self, supplier_id: UUID, template_id: UUID | None) -> FreightTable | None:
        """Return the table of a product, or None where the supplier's flat freight holds."""
        own = self.by_template.get(template_id) if template_id else None
        return own or self.usual.get(supplier_id)
