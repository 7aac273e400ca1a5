"""What every page of a shop knows: its look, its name, what lies in the cart."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from kernel.tenancy import PUBLIC
from kernel.texts.translated import pick
from storefront_theme import regions
from storefront_theme.visits.carts import cart_owner
from tenants.brand import selectors as brand_selectors
from tenants.shop.cart import selectors as cart_selectors
from tenants.shop.offers import selectors as offer_selectors


def storefront(request: HttpRequest) -> dict[str, Any]:
    """Give templates ``look``, ``shop_name``, ``cart_count`` and ``nav``, all lazy: consoles pay nothing."""
    tenant = getattr(request, "tenant", None)
    if tenant is None or tenant.schema_name == PUBLIC:
        return {}
    return {
        "look": SimpleLazyObject(lambda: shown_look(request)),
        "shop_name": pick(tenant.name),
        "cart_count": SimpleLazyObject(lambda: cart_selectors.cart_count(cart_owner(request))),
        "nav": SimpleLazyObject(lambda: offer_selectors.categories_in(regions.chosen(request))),
    }


def shown_look(request: HttpRequest) -> brand_selectors.Look:
    """Return the published look, or the draft where an operator asked to preview it."""
    if request.GET.get("preview") == "draft" and getattr(request.user, "is_staff", False):
        return brand_selectors.read_look(draft=True)
    return brand_selectors.look()
