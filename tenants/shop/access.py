"""The only doors from a request to a cart or an order that this person may touch."""

import secrets
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from kernel.errors import NotFound
from tenants.shop.models import Order


@dataclass(frozen=True, slots=True)
class CartOwner:
    """A member, or a device that nobody has signed in on; both None: nobody yet, an empty cart."""

    user_id: UUID | None
    device: str | None


def new_device() -> CartOwner:
    """Return an owner for a device without a cart; 256 random bits, so that nobody guesses another's."""
    return CartOwner(user_id=None, device=secrets.token_urlsafe(32))


def order_of(*, number: str, user: User) -> Order:
    """Return the order if this member bought it; NotFound otherwise, whoever else's it may be."""
    order = Order.objects.filter(number=number, buyer_id=user.pk).first()
    if order is None:
        raise NotFound(_("there is no such order"), field="number", value=number)
    return order
