"""Reads: an order's parts, a supplier's queue."""

from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import CharField, Count, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from catalog.models import Supplier
from fulfilment.models import Case, Redemption, SupplierOrder, SupplierOrderLine, Voucher
from kernel import clock

PER_PAGE = 30


def parts_of(order_id: UUID) -> list[SupplierOrder]:
    """Return the parts of a tenant's order, supplier by supplier, parcels prefetched."""
    return list(
        SupplierOrder.objects.filter(order_id=order_id).prefetch_related("shipments").order_by("supplier_id")
    )


def counts_of(supplier: Supplier) -> dict[str, int]:
    """Return how many orders of the supplier are in each state, 0 included."""
    found = dict(
        SupplierOrder.objects.filter(supplier=supplier).order_by().values_list("state").annotate(Count("id"))
    )
    return {state: found.get(state, 0) for state in SupplierOrder.State.values}


def orders_of(supplier: Supplier, *, state: str, query: str = "", page: int = 1) -> Page[SupplierOrder]:
    """Return a page of the supplier's orders in one state, lines and parcels prefetched.

    What waits is shown oldest first, the rest newest first. ``query`` finds parts of our number, of a
    tracking number or of the addressee's name.
    """
    orders = SupplierOrder.objects.filter(supplier=supplier, state=state)
    if query := query.replace("\x00", "").strip()[:60]:
        orders = orders.filter(
            Q(number__icontains=query)
            | Q(ship_to__name__icontains=query)
            | Q(shipments__tracking_number__icontains=query)
        ).distinct()
    return Paginator(_ready_to_show(orders, state), PER_PAGE).get_page(page)


def to_ship(supplier: Supplier) -> QuerySet[SupplierOrder]:
    """Return all that waits, oldest first, lines prefetched."""
    state = SupplierOrder.State.TO_SHIP
    return _ready_to_show(SupplierOrder.objects.filter(supplier=supplier, state=state), state)


def recent_redemptions(supplier: Supplier) -> list[Redemption]:
    """Return the merchant's last twenty redemptions, newest first, vouchers joined.

    Each says in ``is_undone`` whether it was taken back.
    """
    undoing = Redemption.objects.filter(
        idempotency_key=Concat(Value("undo:"), Cast(OuterRef("id"), CharField()))
    )
    rows = Redemption.objects.filter(voucher__supplier=supplier, uses__gt=0).select_related("voucher")
    rows = rows.annotate(is_undone=Exists(undoing))
    return list(rows.order_by("-id")[:20])


def open_vouchers(supplier: Supplier) -> QuerySet[Voucher]:
    """Return the merchant's vouchers that can still be redeemed, those that run out first in front."""
    used = F("redeemed") + F("refunded") + F("held") + F("lapsed")
    return Voucher.objects.filter(supplier=supplier, expires_at__gt=clock.now(), uses__gt=used).order_by(
        "expires_at", "id"
    )


CASE_TABS = ("mine", "running", "closed")


def cases_of(supplier: Supplier, tab: str) -> QuerySet[Case]:
    """Return a supplier's cases: ``mine`` (its turn, the most urgent first), ``running`` or ``closed``."""
    turns = {Case.State.SUPPLIER, Case.State.RETURNING, Case.State.TO_REPLACE}
    own = Case.objects.filter(supplier=supplier)
    if tab == "mine":
        return own.filter(state__in=turns).order_by("due_at")
    if tab == "running":
        return own.exclude(state__in=[*turns, Case.State.CLOSED]).order_by("-opened_at")
    return own.filter(state=Case.State.CLOSED).order_by("-closed_at")


def open_case_of(part: SupplierOrder) -> Case | None:
    """Return the case about this part that is not closed yet."""
    return part.cases.exclude(state=Case.State.CLOSED).first()


def last_return_address(supplier: Supplier) -> dict[str, str]:
    """Return where the supplier wanted goods sent back to last time; empty the first time."""
    last = Case.objects.filter(supplier=supplier).exclude(return_to={}).order_by("-id").first()
    return dict(last.return_to) if last else {}


def goods_of(case: Case) -> list[tuple[SupplierOrderLine, int]]:
    """Return the lines that a case is about, with the number of units."""
    return [
        (line, case.units[str(line.pk)])
        for line in case.supplier_order.lines.all()
        if str(line.pk) in case.units
    ]


def _ready_to_show(orders: QuerySet[SupplierOrder], state: str) -> QuerySet[SupplierOrder]:
    waiting = state == SupplierOrder.State.TO_SHIP
    return orders.prefetch_related("lines", "shipments").order_by("id" if waiting else "-id")
