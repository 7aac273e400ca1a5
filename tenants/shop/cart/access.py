"""Whose cart a request may see and change."""

import secrets
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from kernel.errors import InvalidInput
from tenants.shop.cart.models import Cart, CartLine


@dataclass(frozen=True, slots=True)
class CartOwner:
    """A member, or a device that nobody has signed in on; both None: nobody yet, an empty cart."""

    user_id: UUID | None
    device: str | None


def new_device() -> CartOwner:
    """Return an owner for a device without a cart; 256 random bits, so that nobody guesses another's."""
    return CartOwner(user_id=None, device=secrets.token_urlsafe(32))


def cart_of(owner: CartOwner) -> Cart:
    """Return the owner's cart, made if there is none.

    Raises InvalidInput for a browser that keeps no cookie.
    """
    if owner.user_id is not None:
        return Cart.objects.get_or_create(user_id=owner.user_id)[0]
    if not owner.device:
        raise InvalidInput(_("this device has no cart yet"), remedy=_("allow cookies and try again"))
    return Cart.objects.get_or_create(device=owner.device)[0]


def lines_of(owner: CartOwner) -> QuerySet[CartLine]:
    """Return the lines of the owner's cart, oldest first."""
    if owner.user_id is not None:
        return CartLine.objects.filter(cart__user_id=owner.user_id).order_by("id")
    if owner.device:
        return CartLine.objects.filter(cart__device=owner.device).order_by("id")
    return CartLine.objects.none()
