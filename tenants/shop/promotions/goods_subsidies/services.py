"""Goods subsidies: a budget pays a part of each unit's price to the shop, and the member pays that much less.

What the shop receives for a line stays what it was: the member's money and the budget's. So platform fee,
earnings and margin are reckoned on that sum, and no subsidy can make the shop lose money. The money is set
aside when the order is placed, spent when it is paid, and goes back when it is not; a refund gives back the
part of it that belongs to what is refunded. A budget that has less than a line needs gives it nothing: the
line has its normal price. What cannot be claimed at the last moment is a price that has moved.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from billing.ledger.services import Leg
from billing.subsidy_budgets import services as subsidy_budget_services
from catalog.categories import selectors as category_selectors
from catalog.models import Product, Variant
from kernel import audit, clock
from kernel.errors import Conflict, InsufficientBalance, InvalidInput, NotAllowed, NotFound
from kernel.ids import new_id
from kernel.money.money import require_positive
from tenants.registry.selectors import current_tenant
from tenants.shop.listings import services as listing_services
from tenants.shop.orders.models import Order, OrderLine
from tenants.shop.promotions.goods_subsidies.models import GoodsSubsidy
from tenants.shop.promotions.goods_subsidies.selectors import open_budget

MAY_ATTACH = "shop.add_goodssubsidy"
MOST = 200
"""Goods named in one subsidy."""


def attach_subsidy(
    *,
    budget_id: UUID,
    amount: int,
    starts_at: datetime,
    ends_at: datetime,
    acting_user: User,
    products: Collection[UUID] = (),
    variants: Collection[UUID] = (),
    category: str = "",
) -> GoodsSubsidy:
    """Let a budget pay ``amount`` (minor units) of each unit of these goods from one time to another.

    Must run outside transactions. Raises NotAllowed, NotFound for a budget of another shop or goods that are
    not in the catalogue, Conflict for a closed budget, InvalidInput.
    """
    if not acting_user.has_perm(MAY_ATTACH):
        raise NotAllowed(_("your role may not give subsidies"))
    require_positive(amount, current_tenant().currency)
    if ends_at <= max(starts_at, clock.now()):
        raise InvalidInput(_("it has to end after it begins, and not in the past"), field="ends_at")
    if not (products or variants or category):
        raise InvalidInput(_("name the goods, or a category"), field="goods")
    if len(products) + len(variants) > MOST:
        raise InvalidInput(_("at most %(most)d goods at once") % {"most": MOST}, field="goods")
    if category and not category_selectors.category_ids(category):
        raise NotFound(_("there is no such category"), field="category", value=category)
    known = Product.objects.filter(id__in=products).count() + Variant.objects.filter(id__in=variants).count()
    if known != len(set(products)) + len(set(variants)):
        raise NotFound(_("one of these goods is not in the catalogue"), field="goods")
    with transaction.atomic(durable=True):
        budget = open_budget(budget_id)
        subsidy = GoodsSubsidy.objects.create(
            id=new_id(),
            budget_id=budget.id,
            amount=amount,
            products=sorted(set(products)),
            variants=sorted(set(variants)),
            category=category,
            starts_at=starts_at,
            ends_at=ends_at,
            created_by=str(acting_user)[:200],
        )
        listing_services.count_change()
        _audit("subsidy.attached", subsidy, acting_user)
    return subsidy


def end_subsidy(*, subsidy_id: UUID, acting_user: User) -> GoodsSubsidy:
    """End a goods subsidy before its time; orders that were placed keep theirs. Again: no change."""
    if not acting_user.has_perm(MAY_ATTACH):
        raise NotAllowed(_("your role may not give subsidies"))
    with transaction.atomic(durable=True):
        subsidy = GoodsSubsidy.objects.select_for_update().filter(id=subsidy_id).first()
        if subsidy is None:
            raise NotFound(_("there is no such subsidy"))
        if subsidy.ended_at is None:
            subsidy.ended_at = clock.now()
            subsidy.save(update_fields=["ended_at"])
            listing_services.count_change()
            _audit("subsidy.ended", subsidy, acting_user)
    return subsidy


def claim(order: Order, lines: Iterable[OrderLine]) -> None:
    """Set aside what budgets pay of an order. Must run inside the transaction that places it.

    Raises Conflict (price_changed) if a budget has less by now; then the transaction can only roll back.
    """
    for budget_id, amount in _by_budget((line.subsidy_budget, line.subsidy) for line in lines):
        try:
            subsidy_budget_services.set_aside(
                budget_id=budget_id, reference_id=order.id, amount=amount, holder=budget_id
            )
        except (InsufficientBalance, Conflict) as error:
            raise Conflict(
                _("a subsidy has ended: the price is the normal one again"),
                field="expected_total",
                remedy=_("look at the order again and confirm"),
                code="price_changed",
            ) from error


def spent_legs(order: Order) -> list[Leg]:
    """Return the legs that take what was set aside for an order that is paid now."""
    return [
        subsidy_budget_services.claimed_leg(budget_id, order.currency, amount)
        for budget_id, amount in _claims_of(order)
    ]


def release(order: Order) -> None:
    """Give back what was set aside for an order that ended unpaid. Must run inside a transaction."""
    for budget_id, _amount in _claims_of(order):
        subsidy_budget_services.release(
            budget_id=budget_id, reference_id=order.id, reason="the order was not paid", acting_user="shop"
        )


def returned_legs(order: Order, amounts: Mapping[UUID, int]) -> list[Leg]:
    """Return the legs that bring ``amounts`` (budget -> minor units) of a paid order back to its budgets."""
    return [
        subsidy_budget_services.returned_leg(budget_id=budget_id, reference_id=order.id, amount=amount)
        for budget_id, amount in sorted(amounts.items())
        if amount
    ]


def _claims_of(order: Order) -> list[tuple[UUID, int]]:
    if not order.subsidy:
        return []
    return _by_budget(order.lines.filter(subsidy__gt=0).values_list("subsidy_budget", "subsidy"))


def _by_budget(amounts: Iterable[tuple[UUID | None, int]]) -> list[tuple[UUID, int]]:
    """Return the sums by budget in the order of their ids: budgets are locked in it."""
    sums: dict[UUID, int] = {}
    for budget_id, amount in amounts:
        if budget_id is not None:
            sums[budget_id] = sums.get(budget_id, 0) + amount
    return sorted(sums.items())


def _audit(action: str, subsidy: GoodsSubsidy, user: User) -> None:
    audit.record(
        action,
        actor=user,
        object_type="shop.goodssubsidy",
        object_id=subsidy.id,
        changes={"amount": subsidy.amount, "budget": str(subsidy.budget_id)},
    )
