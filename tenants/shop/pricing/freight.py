"""A quote split by who sends it: each supplier's lines, freight to the address, and how long it takes."""

from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from catalog.models import Product
from catalog.shipping import services as shipping_services
from catalog.shipping.services import Freight, Parcel, Table, Tables
from tenants.shop.pricing.shapes import PricedLine, Sender, SupplierQuote


def split(lines: Sequence[PricedLine], *, region: str = "") -> list[SupplierQuote]:
    """Split lines by supplier, with each supplier's freight to ``region`` (as an address names it).

    Without a region the rates for everywhere hold: what a cart can say before there is an address.
    """
    senders = {line.supplier_id: line.sender for line in lines}
    by_supplier: dict[UUID, list[PricedLine]] = {}
    for line in lines:
        by_supplier.setdefault(line.supplier_id, []).append(line)
    tables = shipping_services.tables_of(key for key, sender in senders.items() if sender.has_tables)
    to = shipping_services.line_of_address(region) if region and (tables.usual or tables.by_template) else ()
    return [
        _part(senders[key], own, freight_of(senders[key], own, tables, to))
        for key, own in sorted(by_supplier.items())
    ]


def _part(sender: Sender, lines: list[PricedLine], freight: Freight) -> SupplierQuote:
    return SupplierQuote(
        supplier_id=sender.id,
        supplier_name=sender.name,
        lines=lines,
        freight=freight.amount,
        expected_days=sender.handling_days,
        transit_days=(freight.days_min, freight.days_max) if freight.days_max else None,
        is_served=freight.is_served,
    )


def problems_of(parts: Sequence[SupplierQuote]) -> list[str]:
    """Say which suppliers send nothing to the address."""
    return [
        _("%(supplier)s does not send to this region. Change the address, or remove its goods.")
        % {"supplier": part.supplier_name}
        for part in parts
        if not part.is_served
    ]


def freight_of(sender: Sender, lines: Sequence[PricedLine], tables: Tables, to: Sequence[str]) -> Freight:
    """Return what one supplier's goods cost to send, minor units, and how many days they take.

    Vouchers cost nothing. Goods of one table travel together; where there is none, the supplier's flat
    freight holds, and nothing from its free-from value on.
    """
    posted = [line for line in lines if line.kind == Product.Kind.PHYSICAL]
    if not posted:
        return Freight(0, 0, 0)
    flat: list[PricedLine] = []
    together: dict[Table, list[Parcel]] = {}
    for line in posted:
        table = tables.for_product(sender.id, line.shipping_template_id)
        if table is None:
            flat.append(line)
        else:
            parcel = Parcel(line.quantity, line.weight_grams, line.paid)
            together.setdefault(table, []).append(parcel)
    parts = [shipping_services.freight_for(table, parcels, to) for table, parcels in together.items()]
    free_from = sender.freight_free_from
    if flat and not (free_from is not None and sum(line.paid for line in flat) >= free_from):
        parts.append(Freight(sender.freight, 0, 0))
    return Freight(
        sum(part.amount for part in parts),
        max((part.days_min for part in parts), default=0),
        max((part.days_max for part in parts), default=0),
        is_served=all(part.is_served for part in parts),
    )
