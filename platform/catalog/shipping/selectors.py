"""Reads of suppliers' freight tables."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Prefetch

from catalog.shipping.freight import FreightTable, FreightTables, Rate
from catalog.shipping.models import ShippingRate, ShippingTemplate


def tables_of(suppliers: Iterable[UUID]) -> FreightTables:
    """Read the tables of these suppliers. Two queries; none for no suppliers."""
    supplier_ids = list(suppliers)
    if not supplier_ids:
        return FreightTables({}, {})
    rows = ShippingTemplate.objects.filter(supplier_id__in=supplier_ids).prefetch_related(
        Prefetch("rates", ShippingRate.objects.order_by("position", "id"))
    )
    by_template, usual = {}, {}
    for row in rows:
        table = FreightTable(
            tuple(_rate(rate) for rate in row.rates.all()), row.measure == ShippingTemplate.Measure.GRAMS
        )
        by_template[row.pk] = table
        if row.is_default:
            usual[row.supplier_id] = table
    return FreightTables(by_template, usual)


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
