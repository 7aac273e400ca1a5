"""What was sold: what buyers paid for orders, less what has gone back to them since. Minor units.

It is counted for the time in which the orders were paid, whole and partial refunds alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from billing.ledger.models import AccountKind, Entry, Transfer
from kernel.days import first_moment
from tenants.shop.orders.legs import PAID
from tenants.shop.orders.models import Order
from tenants.shop.refunds.services import REFUNDED

PAYERS = (
    AccountKind.PSP_CLEARING,
    AccountKind.TENANT_PREPAID,
    AccountKind.DISPUTED,
    AccountKind.FOREIGN_REFUND,
)
"""Accounts from which buyers' money comes, and to which it goes back."""
BROUGHT = F("total") - F("refunded")
COUNTED = Q(state__in=[Order.State.PAID, Order.State.SHIPPED, Order.State.RECEIVED])
"""Orders of which something is left; they alone are counted as orders."""


@dataclass(frozen=True, slots=True)
class Sales:
    """How many orders, and what they brought."""

    orders: int
    amount: int


def since(moment: datetime) -> Sales:
    """Return this shop's sales from a moment on. In its schema."""
    sums = Order.objects.filter(COUNTED, paid_at__gte=moment).aggregate(
        orders=Count("id"), amount=Sum(BROUGHT)
    )
    return Sales(sums["orders"], int(sums["amount"] or 0))


def by_day(first: date, zone: ZoneInfo) -> Mapping[date, int]:
    """Return this shop's sales of each day from ``first`` on, by clocks in ``zone``. In its schema."""
    days = (
        Order.objects.filter(COUNTED, paid_at__gte=first_moment(first, zone))
        .annotate(day=TruncDate("paid_at", tzinfo=zone))
        .values("day")
        .annotate(amount=Sum(BROUGHT))
    )
    return {row["day"]: int(row["amount"]) for row in days}


def entries() -> QuerySet[Entry]:
    """Return the entries whose sum, negated, is all shops' sales; no shop's own tables are opened."""
    return Entry.objects.filter(transfer__kind__in=[PAID, REFUNDED], account__kind__in=PAYERS)


def of_all_shops(moment: datetime) -> Mapping[str, int]:
    """Return currency -> the sales of all shops from a moment on."""
    orders = Transfer.objects.filter(kind=PAID, occurred_at__gte=moment).values("subject_id")
    rows = entries().filter(transfer__subject_id__in=orders).values_list("currency")
    sums = rows.annotate(sold=-Sum("amount")).order_by("currency")
    return {currency: int(sold) for currency, sold in sums}
