"""From the cart to an order."""

import secrets
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from kernel.addresses.address import read_address
from kernel.errors import BanyanError
from storefront_theme.addresses import AddressForm, home_of
from storefront_theme.pages import pay
from storefront_theme.requests import MemberRequest, member_page
from storefront_theme.visits import cookies
from storefront_theme.visits.carts import cart_owner
from tenants.shop.cart import selectors as cart_selectors
from tenants.shop.cart.models import MAX_QUANTITY
from tenants.shop.orders import selectors as order_selectors
from tenants.shop.orders import services as order_services
from tenants.shop.orders.checkout import Purchase
from tenants.shop.pricing.selectors import PriceQuote
from tenants.shop.promotions.red_packets import selectors as red_packet_selectors


@member_page("GET", "POST")
def checkout(request: MemberRequest) -> HttpResponse:
    """Show what is bought, from whom and where to; a post places the order and goes on to its payment.

    It is the cart, or what ``variant`` and ``quantity`` name: bought at once, while the cart stays as it is.
    """
    if request.method == "POST" and "reckon" in request.POST:
        # The address has changed: freight and days are reckoned anew, nothing is ordered.
        form = AddressForm(initial=request.POST.dict(), home=home_of(request))
        return _page(request, form, fragment="#quote" if "HX-Request" in request.headers else "")
    if request.method == "POST":
        return _place(request)
    latest = order_selectors.orders_of(request.user).exclude(ship_to={}).first()
    initial = latest.ship_to if latest else {"name": request.user.name, "phone": request.user.phone}
    return _page(request, AddressForm(initial=initial, home=home_of(request)))


@member_page("POST")
def address_place(request: MemberRequest) -> HttpResponse:
    """Show the fields of an address that follow from the country and the divisions chosen so far."""
    form = AddressForm(initial=request.POST.dict(), home=home_of(request))
    return render(request, "storefront/address.html#place", {"form": form})


def _place(request: MemberRequest) -> HttpResponse:
    form = AddressForm(request.POST, home=home_of(request))
    total, key = request.POST.get("expected_total", ""), request.POST.get("idempotency_key", "")
    try:
        order = order_services.place_order(
            user=request.user,
            ship_to=form.ship_to(),
            expected_total=int(total) if total.isascii() and total.isdigit() and len(total) < 19 else -1,
            idempotency_key=f"{request.user.pk}:{key[:64]}",
            visit=cookies.visit_of(request),
            red_packet_id=_red_packet_id(request),
            purchase=_purchase(request),
        )
        if order.payment_id is None:
            # Subsidies and a red packet paid all of it.
            return redirect("order", order.number)
        return pay.begin(request, order.payment_id)
    except BanyanError as error:
        form.is_valid()
        fault = "" if error.field.startswith("ship_to.") and form.errors else error.text
        return _page(
            request,
            form,
            fault=fault,
            status=error.status,
        )


def checkout_address(purchase: Purchase) -> str:
    """Return the address at which units of one variant are bought at once."""
    query = urlencode({"variant": str(purchase.variant_id), "quantity": purchase.quantity})
    return f"{reverse('checkout')}?{query}"


def _purchase(request: MemberRequest) -> Purchase | None:
    posted = request.POST if request.method == "POST" else request.GET
    quantity = posted.get("quantity", "")
    try:
        variant_id = UUID(posted.get("variant", ""))
    except ValueError:
        return None
    is_number = quantity.isascii() and quantity.isdigit() and len(quantity) <= len(str(MAX_QUANTITY))
    return Purchase(variant_id, min(max(1, int(quantity)), MAX_QUANTITY) if is_number else 1)


def _red_packet_id(request: MemberRequest) -> UUID | None:
    try:
        return UUID(request.POST.get("red_packet", ""))
    except ValueError:
        return None


def _page(
    request: MemberRequest, form: AddressForm, *, fault: str = "", status: int = 200, fragment: str = ""
) -> HttpResponse:
    red_packets = [row for row in red_packet_selectors.of_member(request.user) if row.state_now == "free"]
    red_packet_id = _red_packet_id(request)
    if red_packet_id not in {row.id for row in red_packets}:
        red_packet_id = None
    owner = cart_owner(request)
    quote = cart_selectors.quote(
        owner=owner,
        user=request.user,
        places=read_address(form.ship_to()).places,
        red_packet_id=red_packet_id,
        visit=cookies.visit_of(request),
        purchase=(purchase := _purchase(request)),
    )
    if not quote.lines:
        return _nothing_to_buy(request, quote)
    context = {
        "form": form,
        "purchase": purchase,
        "moved": [] if purchase else cart_selectors.moved_prices(owner, quote),
        "quote": quote,
        "red_packets": red_packets,
        "red_packet_id": red_packet_id,
        "fault": fault,
        # One key a page shown: sending the form twice places one order.
        "idempotency_key": request.POST.get("idempotency_key", "")[:64] or secrets.token_urlsafe(18),
    }
    if fault:
        context["idempotency_key"] = secrets.token_urlsafe(18)
    return render(request, f"storefront/checkout.html{fragment}", context, status=status)


def _nothing_to_buy(request: MemberRequest, quote: PriceQuote) -> HttpResponse:
    """Lead to the order that another window has made of the cart, or to the cart."""
    if _purchase(request):
        messages.error(request, _("This product is no longer on sale."))
        return redirect("cart")
    for problem in quote.problems:
        messages.error(request, problem)
    waiting = order_selectors.waiting_of(request.user)
    if waiting and not quote.problems:
        text = _("The cart is empty: its goods are in this order, which waits for your payment.")
        messages.info(request, text)
        return redirect("order", waiting[0].number)
    return redirect("cart")
