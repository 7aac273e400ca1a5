"""Freight: lines divided by who sends them, what each supplier takes for that, and how long it takes."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from catalog.models import Product, Supplier
from catalog.regions import selectors as region_selectors
from catalog.shipping import selectors as shipping_selectors
from catalog.shipping.freight import Freight, FreightItem, FreightTable, FreightTables, freight_for
from kernel.texts.translated import pick
from tenants.shop.pricing.lines import PricedLine


@dataclass(frozen=True, slots=True)
class SupplierQuote:
    """What one supplier ships: its lines, freight, days until it is sent and then on the way.

    ``transit_days`` (least, most) is None where nobody said; not ``is_served``: nothing is sent there.
    """

    supplier_id: UUID
    supplier_name: str
    lines: Sequence[PricedLine]
    freight: int
    expected_days: int
    transit_days: tuple[int, int] | None = None
    is_served: bool = True

    @property
    def ships(self) -> bool:
        """True if something has to be sent to an address; a voucher has not."""
        return any(line.offer.product.kind == Product.Kind.PHYSICAL for line in self.lines)

    @property
    def problems(self) -> list[str]:
        """Say in the reader's language what keeps the supplier from sending."""
        if self.is_served:
            return []
        text = _("%(supplier)s does not send to this region. Change the address, or remove its goods.")
        return [text % {"supplier": self.supplier_name}]


def by_supplier(lines: Sequence[PricedLine], *, places: Sequence[str] = ()) -> list[SupplierQuote]:
    """Divide lines by supplier, with each supplier's freight to ``places`` (``kernel.addresses.address``).

    Without places the rates for everywhere hold: what a cart can say before there is an address.
    """
    groups: dict[UUID, list[PricedLine]] = {}
    for line in lines:
        groups.setdefault(line.offer.product.supplier_id, []).append(line)
    with_tables = (key for key, group in groups.items() if group[0].offer.has_tables)
    tables = shipping_selectors.tables_of(with_tables)
    to = region_selectors.line_of_places(places) if places and (tables.usual or tables.by_template) else ()
    return [
        _quote(group[0].offer.product.supplier, group, tables, to) for _key, group in sorted(groups.items())
    ]


def _quote(
    supplier: Supplier, lines: list[PricedLine], tables: FreightTables, to: Sequence[str]
) -> SupplierQuote:
    freight = freight_of(supplier, lines, tables, to)
    return SupplierQuote(
        supplier_id=supplier.id,
        supplier_name=pick(supplier.name),
        lines=lines,
        freight=freight.amount,
        expected_days=supplier.handling_days,
        transit_days=(freight.days_min, freight.days_max) if freight.days_max else None,
        is_served=freight.is_served,
    )


def freight_of(
    supplier: Supplier, lines: Sequence[PricedLine], tables: FreightTables, to: Sequence[str]
) -> Freight:
    """Return what one supplier's goods cost to send, minor units, and how many days they take.

    Vouchers cost nothing. Goods of one table travel together; where there is none, the supplier's flat
    freight holds, and nothing from its free-from value on. That value counts the goods at the price that
    pages show, before savings and subsidies: what somebody saves does not cost them free freight.
    """
    posted = [line for line in lines if line.offer.product.kind == Product.Kind.PHYSICAL]
    if not posted:
        return Freight(0, 0, 0)
    flat: list[PricedLine] = []
    together: dict[FreightTable, list[FreightItem]] = {}
    for line in posted:
        table = tables.for_product(supplier.id, line.offer.product.shipping_template_id)
        if table is None:
            flat.append(line)
        else:
            parcel = FreightItem(line.quantity, line.offer.weight_grams, line.amount)
            together.setdefault(table, []).append(parcel)
    rates = [freight_for(table, parcels, to) for table, parcels in together.items()]
    free_from = supplier.freight_free_from
    if flat and not (free_from is not None and sum(line.amount for line in flat) >= free_from):
        rates.append(Freight(supplier.freight, 0, 0))
    return Freight(
        sum(rate.amount for rate in rates),
        max((rate.days_min for rate in rates), default=0),
        max((rate.days_max for rate in rates), default=0),
        is_served=all(rate.is_served for rate in rates),
    )
