"""The cart of a device that nobody has signed in on, kept by a cookie."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from accounts.models import User
from kernel.tenancy import PUBLIC, current_schema
from tenants.shop.cart import services as cart_services
from tenants.shop.cart.access import CartOwner
from tenants.shop.cart.models import MAX_LINES

DEVICE_COOKIE = "cart"


DEVICE_SECONDS = 60 * 60 * 24 * 60


def cart_owner(request: HttpRequest) -> CartOwner:
    """Return whose cart this request may see and change."""
    user = request.user
    if user.is_authenticated:
        return CartOwner(user_id=user.pk, device=None)
    device = request.COOKIES.get(DEVICE_COOKIE, "")
    return CartOwner(user_id=None, device=device if len(device) == 43 else None)


def remember_device(response: HttpResponse, owner: CartOwner) -> None:
    """Let the device keep its cart."""
    if owner.device:
        response.set_cookie(
            DEVICE_COOKIE,
            owner.device,
            max_age=DEVICE_SECONDS,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )


def on_sign_in(sender: type[User], request: HttpRequest, user: User, **_signal: object) -> None:
    """Whoever signs in keeps what they collected before."""
    device = request.COOKIES.get(DEVICE_COOKIE)
    if device and current_schema() != PUBLIC:
        lines = cart_services.merge_carts(device=device, user=user)
        if lines > MAX_LINES:
            text = _("Your cart and what you collected here are together now: %(number)d different products.")
            remedy = _("An order holds at most %(most)d: order some of them first.")
            messages.warning(request, f"{text % {'number': lines}} {remedy % {'most': MAX_LINES}}")
