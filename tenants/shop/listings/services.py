"""Writes to carts and listings. Every command may be repeated."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from catalog.models import Product
from kernel import audit
from kernel.errors import InvalidInput, NotFound
from kernel.money import format_money
from tenants.shop.access import CartOwner
from tenants.shop.listings import margin_guard
from tenants.shop.listings import offers as listing_offers
from tenants.shop.listings.assortment import Rule, floor_price
from tenants.shop.models import Assortment, Cart, CartLine, Listing, ListingPrice

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


def price_of(variant_id: UUID) -> int | None:
    """Return what the shop asks for a variant now; None if it does not sell it."""
    offers = listing_offers.offered_variants(listing_offers.overlay(), variants=[variant_id])
    return offers[0].price if offers else None


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


def set_assortment(*, rule: Rule, acting_user: User | str) -> Assortment:
    """Replace the rule by which this shop lists and prices the shared catalogue."""
    with transaction.atomic():
        row, _created = Assortment.objects.select_for_update().get_or_create(id=1, defaults={"rule": {}})
        before, row.rule, row.version = row.rule, rule.model_dump(mode="json"), row.version + 1
        row.save()
        audit.record(
            "assortment.set",
            actor=acting_user,
            object_type="assortment",
            object_id=row.id,
            changes={"before": before, "after": row.rule},
        )
    return row


def override_listing(
    *,
    product_id: UUID,
    acting_user: User,
    title: Mapping[str, str] | None = None,
    is_hidden: bool | None = None,
    is_extra: bool | None = None,
    featured: int | None = None,
    prices: Mapping[UUID, int | None] | None = None,
) -> Listing:
    """Let one product differ from the rule; None leaves a field as it is.

    ``prices``: variant id -> minor units, or None to follow the rule again. Raises InvalidInput for a price
    that does not cover supply cost, platform fee and the lowest allowed price, saying which.
    """
    view = listing_offers.overlay()
    with transaction.atomic():
        row, _created = Listing.objects.select_for_update().get_or_create(product_id=product_id)
        changes: dict[str, Any] = {
            name: value
            for name, value in {
                "title": dict(title) if title is not None else None,
                "is_hidden": is_hidden,
                "is_extra": is_extra,
                "featured": featured,
            }.items()
            if value is not None
        }
        for name, value in changes.items():
            setattr(row, name, value)
        row.save()
        for variant_id, amount in (prices or {}).items():
            if amount is None:
                ListingPrice.objects.filter(variant_id=variant_id, listing=row).delete()
                continue
            guard_margin(view, product_id, variant_id, amount)
            ListingPrice.objects.update_or_create(
                variant_id=variant_id, defaults={"listing": row, "amount": amount}
            )
        Assortment.objects.get_or_create(id=1, defaults={"rule": view.rule.model_dump(mode="json")})
        Assortment.objects.filter(id=1).update(version=F("version") + 1)
        audit.record(
            "listing.override",
            actor=acting_user,
            object_type="listing",
            object_id=product_id,
            changes={**changes, "prices": {str(key): value for key, value in (prices or {}).items()}},
        )
    return row


def guard_margin(view: listing_offers.Overlay, product_id: UUID, variant_id: UUID, amount: int) -> None:
    """Raise InvalidInput for a price below what it must cover."""
    price = listing_offers.catalogue_price(view, product_id, variant_id)
    if price is None:
        raise NotFound(
            _("this variant has no price in the shop's currency"), field="variant_id", value=variant_id
        )
    least = max(price.minimum, floor_price(price.cost, view.tenant.platform_fee_bp))
    if amount < least:
        raise InvalidInput(
            _("the price does not cover supply cost, platform fee and the lowest allowed price"),
            field="price",
            value=format_money(amount, view.tenant.currency),
            remedy=_("ask at least %(least)s") % {"least": format_money(least, view.tenant.currency)},
        )
    product = Product.objects.get(id=product_id)
    margin_guard.check_price(
        view, margin_guard.goods_of(product, price.cost, listing_offers.category_paths()), amount
    )
