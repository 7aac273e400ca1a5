"""The only way from a number in a request to an order that this person may see."""

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from kernel.errors import NotFound
from tenants.shop.orders.models import Order


def order_of(*, number: str, user: User) -> Order:
    """Return the order if this member bought it; NotFound otherwise, whoever else's it may be."""
    order = Order.objects.filter(number=number, buyer_id=user.pk).first()
    if order is None:
        raise NotFound(_("there is no such order"), field="number", value=number)
    return order
