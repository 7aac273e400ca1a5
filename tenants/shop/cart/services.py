"""Writes to carts. Every command may be repeated."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from kernel.errors import InvalidInput, NotFound
from tenants.shop.cart.access import CartOwner
from tenants.shop.listings.selectors import price_of
from tenants.shop.models import Cart, CartLine

MAX_QUANTITY = 999


MAX_LINES = 100


def add_to_cart(*, owner: CartOwner, variant_id: UUID, quantity: int = 1) -> CartLine:
    """Put units of a listed variant into the owner's cart, on top of those already there.

    Raises NotFound if the shop does not sell it, InvalidInput for a quantity outside 1 to 999 or a cart
    with more than 100 different lines. Stock is not held until checkout.
    """
    _check_quantity(quantity)
    price = price_of(variant_id)
    if price is None:
        raise NotFound(_("this product is not on sale here"), field="variant_id", value=variant_id)
    with transaction.atomic(durable=True):
        cart = _own_cart(owner)
        line, created = CartLine.objects.select_for_update().get_or_create(
            cart=cart, variant_id=variant_id, defaults={"quantity": quantity, "seen_price": price}
        )
        if not created:
            line.quantity, line.seen_price = min(line.quantity + quantity, MAX_QUANTITY), price
            line.save(update_fields=["quantity", "seen_price"])
        elif CartLine.objects.filter(cart=cart).count() > MAX_LINES:
            raise InvalidInput(
                _("a cart holds at most %(most)d different products") % {"most": MAX_LINES},
                field="cart",
                remedy=_("order some of them first"),
            )
    return line


def set_quantity(*, owner: CartOwner, line_id: UUID, quantity: int) -> None:
    """Set how many units a line of this owner's cart has; 0 removes it. Others' lines stay untouched.

    Whoever touches a line has seen its price: a change announced there is known from now on.
    """
    if quantity:
        _check_quantity(quantity)
    with transaction.atomic(durable=True):
        lines = CartLine.objects.filter(id=line_id, cart=_own_cart(owner))
        if quantity and (line := lines.first()):
            touched = lines.update(quantity=quantity, seen_price=price_of(line.variant_id))
        else:
            touched = lines.delete()[0]
    if not touched and quantity:
        raise NotFound(_("this line is no longer in the cart"), field="line_id", value=line_id)


def merge_carts(*, device: str, user: User) -> None:
    """Move what a device collected into its member's cart once they sign in; the larger quantity stays."""
    with transaction.atomic():
        source = Cart.objects.select_for_update().filter(device=device).first()
        if source is None:
            return
        target = _own_cart(CartOwner(user_id=user.pk, device=None))
        for line in source.lines.all():
            kept, created = CartLine.objects.get_or_create(
                cart=target,
                variant_id=line.variant_id,
                defaults={"quantity": line.quantity, "seen_price": line.seen_price},
            )
            if not created and kept.quantity < line.quantity:
                kept.quantity = line.quantity
                kept.save(update_fields=["quantity"])
        source.delete()


def _own_cart(owner: CartOwner) -> Cart:
    if owner.user_id is not None:
        return Cart.objects.get_or_create(user_id=owner.user_id)[0]
    if not owner.device:
        raise InvalidInput(_("this device has no cart yet"), remedy=_("allow cookies and try again"))
    return Cart.objects.get_or_create(device=owner.device)[0]


def _check_quantity(quantity: int) -> None:
    if not 1 <= quantity <= MAX_QUANTITY:
        raise InvalidInput(
            _("the quantity must lie between 1 and %(most)d") % {"most": MAX_QUANTITY},
            field="quantity",
            value=quantity,
            remedy=_("change the number"),
        )
