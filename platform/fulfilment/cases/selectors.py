"""Reads of after-sales cases."""

from uuid import UUID

from django.db.models import QuerySet

from catalog.models import Supplier
from fulfilment.cases.models import Case, CaseMessage
from fulfilment.orders.models import SupplierOrder, SupplierOrderLine

State = Case.State
TABS = ("mine", "running", "closed")


def next_level(case: Case) -> str:
    """Return who decides next when the member appeals: the shop, and once it spoke the central team."""
    shop_has_answered = case.messages.filter(side=CaseMessage.Side.TENANT).exists()
    return State.CENTRAL if shop_has_answered or case.state == State.TENANT else State.TENANT


def cases_of(supplier: Supplier, tab: str) -> QuerySet[Case]:
    """Return a supplier's cases: ``mine`` (its turn, the most urgent first), ``running`` or ``closed``."""
    turns = {State.SUPPLIER, State.RETURNING, State.TO_REPLACE}
    cases = Case.objects.filter(supplier=supplier)
    if tab == "mine":
        return cases.filter(state__in=turns).order_by("due_at")
    if tab == "running":
        return cases.exclude(state__in=[*turns, State.CLOSED]).order_by("-opened_at")
    return cases.filter(state=State.CLOSED).order_by("-closed_at")


def cases_of_order(order_id: UUID) -> list[Case]:
    """Return the cases about a shop's order: closed ones first, the open one of each supplier last."""
    cases = Case.objects.filter(supplier_order__order_id=order_id).order_by("id")
    return sorted(cases, key=lambda case: case.state != State.CLOSED)


def cases_of_member(*, schema: str, member_id: UUID) -> QuerySet[Case]:
    """Return a member's cases in a shop, the latest first."""
    cases = Case.objects.filter(schema=schema, member_id=member_id)
    return cases.select_related("supplier", "supplier_order").order_by("-opened_at")


def open_case_of(order: SupplierOrder) -> Case | None:
    """Return the case about this supplier order that is not closed yet."""
    return order.cases.exclude(state=State.CLOSED).first()


def last_return_address(supplier: Supplier) -> dict[str, str]:
    """Return where the supplier wanted goods sent back to last time; empty the first time."""
    last = Case.objects.filter(supplier=supplier).exclude(return_to={}).order_by("-id").first()
    return dict(last.return_to) if last else {}


def lines_of(case: Case) -> list[tuple[SupplierOrderLine, int]]:
    """Return the lines that a case is about, with the number of units."""
    return [
        (line, case.units[str(line.pk)])
        for line in case.supplier_order.lines.all()
        if str(line.pk) in case.units
    ]
