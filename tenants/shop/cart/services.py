"""Writes to carts. Every command may be repeated."""

from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from kernel.database.unit_of_work import joins_transaction
from kernel.errors import InvalidInput, NotFound
from kernel.ids import new_id
from tenants.shop.cart.access import CartOwner, cart_of
from tenants.shop.cart.models import MAX_LINES, MAX_QUANTITY, Cart, CartLine
from tenants.shop.listings import selectors as listing_selectors
from tenants.shop.orders.models import OrderLine

_PUT_BACK = """
INSERT INTO shop_cartline (id, cart_id, variant_id, quantity, seen_price)
SELECT line.id, %s, line.variant_id, line.quantity, line.seen_price
FROM unnest(%s::uuid[], %s::uuid[], %s::integer[], %s::bigint[])
  AS line (id, variant_id, quantity, seen_price) ORDER BY line.variant_id
ON CONFLICT (cart_id, variant_id) DO UPDATE SET quantity = greatest(shop_cartline.quantity, excluded.quantity)
"""


def add_to_cart(*, owner: CartOwner, variant_id: UUID, quantity: int = 1, again: bool = False) -> CartLine:
    """Put units of a listed variant into the owner's cart, on top of those already there.

    ``again`` puts back what was taken out: however often that is pressed, the cart has them once.

    Raises NotFound if the shop does not sell it, InvalidInput for more than 999 units or less than 1, and for
    a cart with more than 100 different lines. Stock is not reserved until checkout.
    """
    require_quantity(quantity)
    price = listing_selectors.price_of(variant_id)
    if price is None:
        raise NotFound(_("this product is not on sale here"), field="variant_id", value=variant_id)
    with transaction.atomic(durable=True):
        cart = cart_of(owner)
        line, created = CartLine.objects.select_for_update().get_or_create(
            cart=cart, variant_id=variant_id, defaults={"quantity": quantity, "seen_price": price}
        )
        if not created:
            units = max(line.quantity, quantity) if again else line.quantity + quantity
            require_quantity(units)
            line.quantity, line.seen_price = units, price
            line.save(update_fields=["quantity", "seen_price"])
        elif CartLine.objects.filter(cart=cart).count() > MAX_LINES:
            raise InvalidInput(
                _("a cart holds at most %(most)d different products") % {"most": MAX_LINES},
                field="cart",
                remedy=_("order some of them first"),
            )
    return line


def set_quantity(*, owner: CartOwner, line_id: UUID, quantity: int) -> None:
    """Set how many units a line of this owner's cart has; 0 removes it. Others' lines stay as they are.

    Whoever changes a line has seen its price: a change announced there is known from now on.
    """
    if quantity:
        require_quantity(quantity)
    with transaction.atomic(durable=True):
        lines = CartLine.objects.filter(id=line_id, cart=cart_of(owner))
        if quantity and (line := lines.first()):
            seen_price = listing_selectors.price_of(line.variant_id)
            changed = lines.update(quantity=quantity, seen_price=seen_price)
        else:
            changed = lines.delete()[0]
    if not changed and quantity:
        raise NotFound(_("this line is no longer in the cart"), field="line_id", value=line_id)


def merge_carts(*, device: str, user: User) -> int:
    """Move what a device collected into its member's cart once they sign in; the larger quantity stays.

    Return how many lines the cart has now, 0 if the device had none: it may be more than one order takes.
    """
    with transaction.atomic():
        source = Cart.objects.select_for_update().filter(device=device).first()
        if source is None:
            return 0
        target = cart_of(CartOwner(user_id=user.pk, device=None))
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
        return target.lines.count()


@joins_transaction
def put_back(*, order_id: UUID) -> None:
    """Put a member's order into their cart again: of each variant at least so many. Again: no change.

    Its prices count as seen: what has moved since says so.
    """
    lines = list(OrderLine.objects.filter(order_id=order_id).select_related("order"))
    cart = cart_of(CartOwner(user_id=lines[0].order.buyer_id, device=None))
    with connection.cursor() as cursor:
        cursor.execute(
            _PUT_BACK,
            [
                cart.pk,
                [new_id() for _line in lines],
                [line.variant_id for line in lines],
                [line.quantity for line in lines],
                [line.unit_price for line in lines],
            ],
        )


def order_again(*, order_id: UUID) -> None:
    """Put a member's order into their cart again, in a transaction of its own."""
    with transaction.atomic(durable=True):
        put_back(order_id=order_id)


_EMPTY = """
DELETE FROM shop_cartline line USING shop_cart cart WHERE cart.id = line.cart_id AND cart.user_id = %s
RETURNING line.id, line.variant_id, line.quantity
"""


def empty_cart(*, user: User) -> list[tuple[UUID, UUID, int]]:
    """Empty a member's cart for an order; return (line id, variant id, quantity) triples, oldest first.

    Of two orders at once only one gets them. If no order comes of it the transaction ends, and they lie in
    the cart as before. Must run inside a transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute(_EMPTY, [user.pk])
        return sorted(cursor.fetchall())


def require_quantity(quantity: int) -> None:
    """Raise InvalidInput for units that no line of a cart or order may have."""
    if not 1 <= quantity <= MAX_QUANTITY:
        raise InvalidInput(
            _("the quantity must lie between 1 and %(most)d") % {"most": MAX_QUANTITY},
            field="quantity",
            value=quantity,
            remedy=_("change the number"),
        )
