"""What every page of a shop knows: its look, its name, what lies in the cart."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from kernel.tenancy import PUBLIC
from kernel.text import pick
from storefront_theme import regions, selectors
from tenants.shop import selectors as shop
from tenants.shop.access import cart_owner


def storefront(request: HttpRequest) -> dict[str, Any]:
    """Give templates ``look``, ``shop_name``, ``cart_count`` and ``nav``, all lazy: consoles pay nothing."""
    tenant = getattr(request, "tenant", None)
    if tenant is None or tenant.schema_name == PUBLIC:
        return {}
    return {
        "look": SimpleLazyObject(lambda: shown_look(request)),
        "shop_name": pick(tenant.name),
        "cart_count": SimpleLazyObject(lambda: shop.cart_count(cart_owner(request))),
        "nav": SimpleLazyObject(lambda: shop.categories_in(regions.chosen(request))),
    }


def shown_look(request: HttpRequest) -> selectors.Look:
    """Return the published look, or the draft where an operator asked to preview it."""
    if request.GET.get("preview") == "draft" and getattr(request.user, "is_staff", False):
        return selectors.read_look(draft=True)
    return selectors.look()
