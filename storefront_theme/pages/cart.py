"""The cart, with and without JavaScript."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from kernel.errors import BanyanError
from storefront_theme.origin import same_origin
from storefront_theme.pages.catalogue import viewer
from storefront_theme.pages.checkout import checkout_address
from storefront_theme.requests import asks_by_htmx
from storefront_theme.visits import cookies
from storefront_theme.visits.carts import cart_owner, remember_device
from tenants.shop.cart import selectors as cart_selectors
from tenants.shop.cart import services as cart_services
from tenants.shop.cart.access import lines_of, new_device
from tenants.shop.orders import selectors as order_selectors
from tenants.shop.orders.checkout import Purchase


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 6 else default


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None


@never_cache
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Show the cart, split as it will be shipped."""
    variant_id, quantity = _uuid(request.GET.get("removed")), _number(request.GET.get("units"), 0)
    removed = cart_selectors.removed_line(cart_owner(request), variant_id, quantity) if variant_id else None
    return render(request, "storefront/cart.html", {**_cart(request), "removed": removed})


def _cart(request: HttpRequest) -> dict[str, object]:
    owner = cart_owner(request)
    user, visit = viewer(request), cookies.visit_of(request)
    cart = cart_selectors.cart(owner, user, visit)
    return {
        "cart": cart,
        "quote": cart.quote,
        "cart_count": cart.count,
        # Where somebody looks for goods that they have ordered already.
        "waiting": order_selectors.waiting_of(user) if user and not cart.lines else [],
        "tab": "cart",
    }


@never_cache
@same_origin
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Put units of a variant into the cart; what is to be bought at once goes past it to the checkout.

    ``again`` takes back that a line was removed.
    """
    variant_id, quantity = _uuid(request.POST.get("variant_id")), _number(request.POST.get("quantity"), 1)
    if request.POST.get("then") == "checkout" and variant_id is not None:
        return _go(request, checkout_address(Purchase(variant_id, quantity)))
    owner = cart_owner(request)
    fresh = owner.user_id is None and owner.device is None
    if fresh:
        owner = new_device()
    fault = ""
    try:
        if variant_id is None:
            fault = _("Choose what you want first.")
        else:
            cart_services.add_to_cart(
                owner=owner, variant_id=variant_id, quantity=quantity, again="again" in request.POST
            )
    except BanyanError as error:
        fault = error.text
    response = _after_add(request, cart_selectors.cart_count(owner), fault)
    if fresh and not fault:
        remember_device(response, owner)
    return response


def _after_add(request: HttpRequest, count: int, fault: str) -> HttpResponse:
    if asks_by_htmx(request):
        return render(request, "storefront/added.html", {"fault": fault, "cart_count": count})
    if fault:
        messages.error(request, fault)
    return redirect("cart")


def _go(request: HttpRequest, address: str) -> HttpResponse:
    if asks_by_htmx(request):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return redirect(address)


@never_cache
@same_origin
@require_POST
def change(request: HttpRequest, line_id: UUID) -> HttpResponse:
    """Set a line's quantity; 0 removes it, and the cart then offers to put it back."""
    owner, quantity = cart_owner(request), _number(request.POST.get("quantity"), 1)
    line = lines_of(owner).filter(id=line_id).first() if quantity == 0 else None
    try:
        cart_services.set_quantity(owner=owner, line_id=line_id, quantity=quantity)
    except BanyanError as error:
        messages.error(request, error.text)
    if asks_by_htmx(request):
        removed = cart_selectors.removed_line(owner, line.variant_id, line.quantity) if line else None
        context = {**_cart(request), "out_of_band": True, "removed": removed}
        return render(request, "storefront/cart.html#cart", context)
    if line:
        return redirect(f"{reverse('cart')}?removed={line.variant_id}&units={line.quantity}")
    return redirect("cart")
