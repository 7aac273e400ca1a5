"""The suppliers' portal: sign in, see what has to be sent, say that it was."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from catalog.licences import selectors as licence_selectors
from catalog.models import Supplier, Variant
from catalog.products import selectors as product_selectors
from catalog.stock import services as stock_services
from fulfilment.models import SupplierOrder
from fulfilment.orders import selectors as order_selectors
from fulfilment.orders import services as order_services
from fulfilment.orders import tracking_files
from fulfilment.vouchers import selectors as voucher_selectors
from kernel import audit
from kernel.errors import BanyanError
from kernel.text import pick
from portal import access
from portal.forms import MissingForm, ShipForm, StockForm, TrackingFileForm
from portal.pages import show

CARRIERS = (
    "顺丰速运",
    "中通快递",
    "圆通速递",
    "申通快递",
    "韵达快递",
    "极兔速递",
    "京东物流",
    "EMS",
    "DHL",
    "UPS",
)
State = SupplierOrder.State
MOST_SLIPS = 200
TABS = (State.TO_SHIP, State.SHIPPED, State.RECEIVED, State.CANCELLED)


@access.for_suppliers
@require_GET
def orders(request: HttpRequest, supplier: Supplier) -> HttpResponse:
    """Show the orders in one state, what waits first."""
    state = request.GET.get("state", State.TO_SHIP)
    if state not in TABS:
        state = State.TO_SHIP
    query = request.GET.get("q", "")
    counts = order_selectors.counts_of(supplier)
    tabs = [(value, _state_name(value), counts[value], value == state) for value in TABS]
    page = order_selectors.orders_of(supplier, state=state, query=query, page=_page_number(request))
    return show(
        request,
        supplier,
        "orders",
        {
            "page": page,
            "tabs": tabs,
            "state": state,
            "query": query,
            "counts": counts,
            "gaps": licence_selectors.gaps(supplier),
        },
    )


@access.for_suppliers
@require_GET
def order(request: HttpRequest, supplier: Supplier, order_id: UUID) -> HttpResponse:
    """Show one order with its address, lines and parcels, and the form that ships it."""
    found = access.order_of(supplier, order_id)
    return _show_order(request, supplier, found, ShipForm(lines=found.lines.all()))


@access.for_suppliers
@require_POST
def ship(request: HttpRequest, supplier: Supplier, order_id: UUID) -> HttpResponse:
    """Write down a parcel."""
    found = access.order_of(supplier, order_id)
    form = ShipForm(request.POST, lines=found.lines.all())
    if form.is_valid():
        try:
            order_services.ship(supplier_order_id=found.pk, acting_user=request.user, **form.given())
        except BanyanError as error:
            form.add_error(error.field if error.field in form.fields else None, error.text)
        else:
            messages.success(request, _("Parcel noted: %(number)s") % {"number": found.number})
            return redirect("portal:order", order_id=found.pk)
    return _show_order(request, supplier, found, form, status=422)


@access.for_suppliers
@require_POST
def out_of_stock(request: HttpRequest, supplier: Supplier, order_id: UUID) -> HttpResponse:
    """Some of what was paid cannot be sent: the buyer gets that money back."""
    found = access.order_of(supplier, order_id)
    form = MissingForm(request.POST, lines=found.lines.all())
    if form.is_valid():
        try:
            order_services.report_out_of_stock(
                supplier_order_id=found.pk, lines=form.units(), acting_user=request.user
            )
        except BanyanError as error:
            messages.error(request, error.text)
        else:
            messages.success(request, _("Noted. The buyer gets the money for these goods back."))
    else:
        messages.error(request, " ".join(str(text) for field in form.errors.values() for text in field))
    return redirect("portal:order", order_id=found.pk)


@access.for_suppliers
@require_GET
def download(request: HttpRequest, supplier: Supplier) -> HttpResponse:
    """Send the orders to ship as CSV; addresses leave the house, so it is written down."""
    waiting = list(order_selectors.to_ship(supplier))
    audit.record(
        "supplier_orders.downloaded",
        actor=request.user,
        object_type="catalog.supplier",
        object_id=supplier.pk,
        object_label=supplier.code,
        changes={"orders": len(waiting)},
    )
    text = "".join(tracking_files.write_orders(waiting))
    answer = HttpResponse(text, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="to-ship-{supplier.code}.csv"'
    return answer


@access.for_suppliers
@require_GET
def packing_slip(request: HttpRequest, supplier: Supplier, order_id: UUID) -> HttpResponse:
    """Send the packing slip of one order."""
    found = access.order_of(supplier, order_id)
    return _pdf([found], f"slip-{found.number}.pdf")


@access.for_suppliers
@require_GET
def packing_slips(request: HttpRequest, supplier: Supplier) -> HttpResponse:
    """Send the packing slips of what waits longest, at most two hundred at once; it is written down."""
    waiting = list(order_selectors.to_ship(supplier)[:MOST_SLIPS])
    audit.record(
        "supplier_orders.downloaded",
        actor=request.user,
        object_type="catalog.supplier",
        object_id=supplier.pk,
        object_label=supplier.code,
        changes={"orders": len(waiting), "as": "pdf"},
    )
    return _pdf(waiting, f"slips-{supplier.code}.pdf")


def _pdf(orders: list[SupplierOrder], name: str) -> HttpResponse:
    # reportlab is large: only a process that writes a PDF loads it.
    from fulfilment.orders import packing_slips

    answer = HttpResponse(packing_slips.write(orders), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@access.for_suppliers
@require_http_methods(["GET", "POST"])
def import_numbers(request: HttpRequest, supplier: Supplier) -> HttpResponse:
    """Take a file of tracking numbers and show what became of each line."""
    form, report, status = TrackingFileForm(), None, 200
    if request.method == "POST":
        form = TrackingFileForm(request.POST, request.FILES)
        status = 422
        if form.is_valid():
            try:
                report = order_services.ship_from_csv(
                    supplier=supplier, file=form.cleaned_data["file"], acting_user=request.user
                )
            except BanyanError as error:
                form.add_error("file", error.text)
            else:
                status = 200
    waiting = order_selectors.counts_of(supplier)[State.TO_SHIP]
    return show(request, supplier, "import", {"form": form, "report": report, "waiting": waiting}, status)


@access.for_suppliers
@require_GET
def goods(request: HttpRequest, supplier: Supplier) -> HttpResponse:
    """Show the supplier's own variants with what is left of each."""
    query = request.GET.get("q", "")
    page = product_selectors.variants_of(supplier, query=query, page=_page_number(request))
    rows = [
        (variant, StockForm({"available": available}, auto_id=f"id_%s_{variant.pk}"), reserved)
        for variant in page.object_list
        for available, reserved in [_stock_of(variant)]
    ]
    return show(request, supplier, "goods", {"page": page, "rows": rows, "query": query})


@access.for_suppliers
@require_POST
def set_stock(request: HttpRequest, supplier: Supplier, variant_id: UUID) -> HttpResponse:
    """Say how many units of an own variant can still be sold."""
    variant = access.variant_of(supplier, variant_id)
    form = StockForm(request.POST)
    if form.is_valid():
        stock_services.set_stock(
            variant_id=variant.pk, available=form.cleaned_data["available"], acting_user=request.user
        )
        messages.success(
            request, _("Stock noted: %(sku)s") % {"sku": str(variant) or pick(variant.product.title)}
        )
    else:
        messages.error(request, " ".join(map(str, form.errors["available"])))
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        target = ""
    return redirect(target or "portal:goods")


def _stock_of(variant: Variant) -> tuple[int, int]:
    stock = getattr(variant, "stock", None)
    return (stock.available, stock.reserved) if stock else (0, 0)


def _page_number(request: HttpRequest) -> int:
    number = request.GET.get("page", "1")
    return int(number) if number.isdecimal() and len(number) < 7 else 1


def _show_order(
    request: HttpRequest, supplier: Supplier, found: SupplierOrder, form: ShipForm, status: int = 200
) -> HttpResponse:
    context = {
        "order": found,
        "form": form,
        "carriers": CARRIERS,
        "state_name": _("To be redeemed")
        if found.delivery == SupplierOrder.Delivery.VOUCHER and found.state == State.SHIPPED
        else _state_name(found.state),
        "can_ship": found.state != State.CANCELLED and found.delivery == SupplierOrder.Delivery.PARCEL,
        "missing": MissingForm(lines=found.lines.all()),
        "vouchers": voucher_selectors.vouchers_of(found),
    }
    return show(request, supplier, "order", context, status)


def _state_name(state: str) -> str:
    return {
        State.TO_SHIP: _("To ship"),
        State.SHIPPED: _("On the way"),
        State.RECEIVED: _("Received"),
        State.CANCELLED: _("Cancelled"),
    }[State(state)]
