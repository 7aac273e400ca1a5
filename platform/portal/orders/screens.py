"""Orders of a supplier: what has to be sent, the parcels, tracking numbers by file, packing slips."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from backoffice.screens import attempt, press
from catalog.licences import selectors as licence_selectors
from catalog.models import Supplier
from components.questions import Question
from fulfilment.models import Shipment, SupplierOrder
from fulfilment.orders import selectors as supplier_order_selectors
from fulfilment.orders import services as supplier_order_services
from fulfilment.parcel_files import services as parcel_file_services
from fulfilment.parcel_files import writing
from fulfilment.vouchers import selectors as voucher_selectors
from kernel import audit
from portal import access
from portal.frame import asks, download, page_number, show
from portal.orders.forms import MissingForm, ParcelForm, ShipForm, TrackingFileForm

CARRIERS = (
    "顺丰速运", "中通快递", "圆通速递", "申通快递", "韵达快递", "极兔速递", "京东物流", "EMS", "DHL", "UPS",
)  # fmt: skip
State = SupplierOrder.State
MOST_SLIPS = 200
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TABS = (State.TO_SHIP, State.SHIPPED, State.RECEIVED, State.CANCELLED)


@access.for_suppliers("GET")
def orders(request: HttpRequest, supplier: Supplier) -> HttpResponse:
    """Show the orders in one state, what waits first."""
    state = request.GET.get("state", State.TO_SHIP)
    if state not in TABS:
        state = State.TO_SHIP
    query = request.GET.get("q", "")
    counts = supplier_order_selectors.counts_of(supplier)
    page = supplier_order_selectors.orders_of(supplier, state=state, query=query, page=page_number(request))
    context = {
        "page": page,
        "by_hand": [order for order in page if _undrawable_in(order)] if state == State.TO_SHIP else [],
        "tabs": [(tab, _state_name(tab), counts[tab], tab == state) for tab in TABS],
        "state": state,
        "query": query,
        "counts": counts,
        "gaps": licence_selectors.gaps(supplier),
    }
    return show(request, supplier, "orders/orders", context)


@access.for_suppliers("GET")
def order(request: HttpRequest, supplier: Supplier, order_id: UUID) -> HttpResponse:
    """Show one order with its address, lines and parcels, and the form that ships it."""
    order = access.order_of(supplier, order_id)
    return _show_order(request, supplier, order, ShipForm(lines=order.lines.all()))


@access.for_suppliers("POST")
def ship(request: HttpRequest, supplier: Supplier, order_id: UUID) -> HttpResponse:
    """Write down a parcel."""
    order = access.order_of(supplier, order_id)
    form = ShipForm(request.POST, lines=order.lines.all())
    if attempt(
        request,
        form,
        lambda: supplier_order_services.ship(
            supplier_order_id=order.pk, acting_user=request.user, **form.parcel()
        ),
        _("Parcel noted: %(number)s") % {"number": order.number},
    ):
        return redirect("portal:order", order_id=order.pk)
    return _show_order(request, supplier, order, form, status=422)


def _ask_out_of_stock(request: HttpRequest, supplier: Supplier, order_id: UUID) -> Question | None:
    order = access.order_of(supplier, order_id)
    form = MissingForm(request.POST, lines=order.lines.all())
    if not form.is_valid() or not any(form.units().values()):
        return None
    costs = {line.pk: line.unit_cost for line in order.lines.all()}
    return Question(
        title=_("Tell the buyer of %(number)s that these goods cannot be sent?") % {"number": order.number},
        amount=sum(costs[line_id] * units for line_id, units in form.units().items()),
        currency=order.currency,
        facts=[
            _("That is taken off what you are owed; the buyer gets the money for these goods back."),
            _("It cannot be taken back."),
        ],
        button=_("They cannot be sent"),
        back=reverse("portal:order", args=[order_id]),
    )


@access.for_suppliers("POST")
@asks(_ask_out_of_stock)
def out_of_stock(request: HttpRequest, supplier: Supplier, order_id: UUID) -> HttpResponse:
    """Some of what was paid cannot be sent: the buyer gets that money back."""
    order = access.order_of(supplier, order_id)
    form = MissingForm(request.POST, lines=order.lines.all())
    return press(
        request,
        lambda: supplier_order_services.report_out_of_stock(
            supplier_order_id=order.pk, lines=form.units(), acting_user=request.user
        ),
        "portal:order",
        order.pk,
        said=_("Noted. The buyer gets the money for these goods back."),
        form=form,
        absent_is_404=False,
    )


@access.for_suppliers("POST")
def correct_parcel(
    request: HttpRequest, supplier: Supplier, order_id: UUID, shipment_id: UUID
) -> HttpResponse:
    """Give a parcel the number that it really has."""
    order = access.order_of(supplier, order_id)
    shipment = access.parcel_of(order, shipment_id)
    form = ParcelForm(request.POST, prefix=str(shipment.pk))
    if attempt(
        request,
        form,
        lambda: supplier_order_services.correct_parcel(
            shipment_id=shipment.pk, acting_user=request.user, **form.cleaned_data
        ),
        _("Corrected: %(number)s") % {"number": order.number},
    ):
        return redirect("portal:order", order_id=order.pk)
    ship_form = ShipForm(lines=order.lines.all())
    return _show_order(request, supplier, order, ship_form, status=422, correction=form)


@access.for_suppliers("GET")
def orders_file(request: HttpRequest, supplier: Supplier, kind: str) -> HttpResponse:
    """Send the orders to ship as a workbook or as CSV; addresses leave the portal, so it is written down."""
    waiting = list(supplier_order_selectors.to_ship(supplier))
    _record_download(request, supplier, {"orders": len(waiting), "as": kind})
    if kind == "xlsx":
        return download(writing.write_workbook(waiting), WORKBOOK, f"to-ship-{supplier.code}.xlsx")
    text = "".join(writing.write_csv(waiting))
    return download(text, "text/csv; charset=utf-8", f"to-ship-{supplier.code}.csv")


@access.for_suppliers("GET")
def packing_slip(request: HttpRequest, supplier: Supplier, order_id: UUID) -> HttpResponse:
    """Send the packing slip of one order."""
    order = access.order_of(supplier, order_id)
    return _slips([order], f"slip-{order.number}.pdf")


@access.for_suppliers("GET")
def packing_slips(request: HttpRequest, supplier: Supplier) -> HttpResponse:
    """Send the packing slips of what waits longest, at most two hundred at once; it is written down."""
    waiting = list(supplier_order_selectors.to_ship(supplier)[:MOST_SLIPS])
    _record_download(request, supplier, {"orders": len(waiting), "as": "pdf"})
    return _slips(waiting, f"slips-{supplier.code}.pdf")


def _record_download(request: HttpRequest, supplier: Supplier, changes: dict[str, object]) -> None:
    audit.record_on(
        supplier, "supplier_orders.downloaded", actor=request.user, label=supplier.code, changes=changes
    )


def _undrawable_in(order: SupplierOrder) -> str:
    # Fonts are large: only a process that shows orders loads what reads them.
    from fulfilment.orders import packing_slips

    return packing_slips.undrawable_in(order)


def _slips(orders: list[SupplierOrder], name: str) -> HttpResponse:
    # Fonts are large: only a process that writes a PDF loads what reads them.
    from fulfilment.orders import packing_slips

    return download(packing_slips.write(orders), "application/pdf", name)


@access.for_suppliers("GET", "POST")
def import_numbers(request: HttpRequest, supplier: Supplier) -> HttpResponse:
    """Take a file of tracking numbers and show what became of each line."""
    is_sent = request.method == "POST"
    form = TrackingFileForm(request.POST, request.FILES) if is_sent else TrackingFileForm()
    imported = attempt(
        request,
        form,
        lambda: parcel_file_services.take_file(
            supplier=supplier, file=form.cleaned_data["file"], acting_user=request.user
        ),
    )
    context = {
        "form": form,
        "report": imported.result if imported else None,
        "waiting": supplier_order_selectors.counts_of(supplier)[State.TO_SHIP],
    }
    return show(request, supplier, "orders/import", context, 422 if is_sent and not imported else 200)


def _show_order(
    request: HttpRequest,
    supplier: Supplier,
    order: SupplierOrder,
    form: ShipForm,
    status: int = 200,
    correction: ParcelForm | None = None,
) -> HttpResponse:
    is_voucher = order.delivery == SupplierOrder.Delivery.VOUCHER
    is_open = is_voucher and order.state == State.SHIPPED
    context = {
        "order": order,
        "form": form,
        "carriers": CARRIERS,
        "state_name": _("To be redeemed") if is_open else _state_name(order.state),
        "can_ship": order.state != State.CANCELLED and not is_voucher,
        "waits": any(line.waiting for line in order.lines.all()),
        "parcels": [(parcel, _correction_of(parcel, correction)) for parcel in order.shipments.all()],
        "missing": MissingForm(lines=order.lines.all()),
        "vouchers": voucher_selectors.vouchers_of(order),
        "by_hand": "" if is_voucher else _undrawable_in(order),
    }
    return show(request, supplier, "orders/order", context, status)


def _correction_of(parcel: Shipment, sent: ParcelForm | None) -> ParcelForm:
    """Return the form that corrects a parcel: the one that was sent, if it was this parcel's."""
    if sent is not None and sent.prefix == str(parcel.pk):
        return sent
    initial = {"carrier": parcel.carrier, "tracking_number": parcel.tracking_number}
    return ParcelForm(initial=initial, prefix=str(parcel.pk))


def _state_name(state: str) -> str:
    return {
        State.TO_SHIP: _("To ship"),
        State.SHIPPED: _("On the way"),
        State.RECEIVED: _("Received"),
        State.CANCELLED: _("Cancelled"),
    }[State(state)]
