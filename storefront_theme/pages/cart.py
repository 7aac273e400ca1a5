"""The cart, with and without JavaScript."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from kernel.errors import BanyanError
from storefront_theme.origin import same_origin
from storefront_theme.pages.catalogue import viewer
from storefront_theme.requests import asks_by_htmx
from storefront_theme.visits import cookies
from storefront_theme.visits.carts import cart_owner, remember_device
from tenants.shop.cart import selectors as cart_selectors
from tenants.shop.cart import services as cart_services
from tenants.shop.cart.access import new_device


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
    return render(request, "storefront/cart.html", _cart(request))


def _cart(request: HttpRequest) -> dict[str, object]:
    owner = cart_owner(request)
    user, visit = viewer(request), cookies.visit_of(request)
    cart = cart_selectors.cart(owner, user, visit)
    return {"cart": cart, "quote": cart.quote, "cart_count": cart.count, "tab": "cart"}


@never_cache
@same_origin
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Put units of a variant into the cart; afterwards on to the cart, the checkout, or back."""
    variant_id, quantity = _uuid(request.POST.get("variant_id")), _number(request.POST.get("quantity"), 1)
    owner = cart_owner(request)
    fresh = owner.user_id is None and owner.device is None
    if fresh:
        owner = new_device()
    fault = ""
    try:
        if variant_id is None:
            fault = _("Choose what you want first.")
        else:
            cart_services.add_to_cart(owner=owner, variant_id=variant_id, quantity=quantity)
    except BanyanError as error:
        fault = error.text
    response = _after_add(request, cart_selectors.cart_count(owner), fault)
    if fresh and not fault:
        remember_device(response, owner)
    return response


def _after_add(request: HttpRequest, count: int, fault: str) -> HttpResponse:
    if asks_by_htmx(request) and request.POST.get("then") != "checkout":
        return render(request, "storefront/added.html", {"fault": fault, "cart_count": count})
    if fault:
        messages.error(request, fault)
        target = "cart"
    else:
        target = "checkout" if request.POST.get("then") == "checkout" else "cart"
    if asks_by_htmx(request):
        response = HttpResponse(status=204)
        response["HX-Redirect"] = redirect(target).url
        return response
    return redirect(target)


@never_cache
@same_origin
@require_POST
def change(request: HttpRequest, line_id: UUID) -> HttpResponse:
    """Set a line's quantity; 0 removes it."""
    try:
        cart_services.set_quantity(
            owner=cart_owner(request), line_id=line_id, quantity=_number(request.POST.get("quantity"), 1)
        )
    except BanyanError as error:
        messages.error(request, error.text)
    if asks_by_htmx(request):
        return render(request, "storefront/cart.html#cart", {**_cart(request), "out_of_band": True})
    return redirect("cart")
