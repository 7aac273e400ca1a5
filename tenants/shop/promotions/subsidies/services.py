"""Goods subsidies: a budget pays a part of each unit's price to the shop, and the member pays that much less.

What the shop receives for a line stays what it was: the member's money and the budget's. So platform fee,
earnings and margin are reckoned on that sum, and no subsidy can make the shop lose money. The money is set
aside when the order is placed, spent when it is paid, and goes back when it is not; a refund gives back the
part of it that belongs to what is refunded. A budget that holds less than a line needs gives it nothing: the
line has its normal price. What cannot be claimed at the last moment is a price that has moved.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from billing.ledger.services import Leg
from billing.subsidies import services as subsidy_services
from billing.subsidies.models import SubsidyBudget
from catalog.models import Product, Variant
from catalog.products import selectors as product_selectors
from kernel import audit, clock
from kernel.errors import Conflict, InsufficientBalance, InvalidInput, NotAllowed, NotFound
from kernel.ids import new_id
from kernel.money import require_positive
from tenants.registry.selectors import current_tenant
from tenants.shop.models import Assortment, GoodsSubsidy, Order
from tenants.shop.pricing.shapes import PricedLine

MAY_MAKE = "shop.add_goodssubsidy"
MOST = 200
"""Goods named in one subsidy."""


def claim(order: Order, lines: Sequence[PricedLine]) -> None:
    """Set aside what budgets pay of an order. Must run inside the transaction that places it.

    Raises Conflict (price_changed) if a budget holds less by now; then the transaction can only roll back.
    """
    wanted: dict[UUID, int] = {}
    for line in lines:
        if line.subsidy_budget is not None:
            wanted[line.subsidy_budget] = wanted.get(line.subsidy_budget, 0) + line.subsidy
    for budget_id, amount in sorted(wanted.items()):
        try:
            subsidy_services.set_aside(
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
        subsidy_services.claimed_leg(budget_id, order.currency, amount)
        for budget_id, amount in _of_budgets(order)
    ]


def release(order: Order) -> None:
    """Give back what was set aside for an order that ended unpaid. Must run inside a transaction."""
    for budget_id, _amount in _of_budgets(order):
        subsidy_services.release(
            budget_id=budget_id, reference_id=order.id, reason="the order was not paid", acting_user="shop"
        )


def _of_budgets(order: Order) -> list[tuple[UUID, int]]:
    if not order.subsidy:
        return []
    found: dict[UUID, int] = {}
    for budget_id, amount in order.lines.filter(subsidy__gt=0).values_list("subsidy_budget", "subsidy"):
        if budget_id is not None:  # the database sees to it
            found[budget_id] = found.get(budget_id, 0) + amount
    return sorted(found.items())


def returned_legs(order: Order, taken: Mapping[UUID, int]) -> list[Leg]:
    """Return the legs that bring ``taken`` (budget -> minor units) of a paid order back to its budgets."""
    return [
        subsidy_services.returned_leg(budget_id=budget_id, reference_id=order.id, amount=amount)
        for budget_id, amount in sorted(taken.items())
        if amount
    ]


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
    if not acting_user.has_perm(MAY_MAKE):
        raise NotAllowed(_("your role may not give subsidies"))
    require_positive(amount, current_tenant().currency)
    if ends_at <= max(starts_at, clock.now()):
        raise InvalidInput(_("it has to end after it begins, and not in the past"), field="ends_at")
    if not (products or variants or category):
        raise InvalidInput(_("name the goods, or a category"), field="goods")
    if len(products) + len(variants) > MOST:
        raise InvalidInput(_("at most %(most)d goods at once") % {"most": MOST}, field="goods")
    if category and not product_selectors.category_ids(category):
        raise NotFound(_("there is no such category"), field="category", value=category)
    known = Product.objects.filter(id__in=products).count() + Variant.objects.filter(id__in=variants).count()
    if known != len(set(products)) + len(set(variants)):
        raise NotFound(_("one of these goods is not in the catalogue"), field="goods")
    with transaction.atomic(durable=True):
        budget = open_budget(budget_id)
        made = GoodsSubsidy.objects.create(
            id=new_id(),
            budget_id=budget.id,
            amount=amount,
            products=sorted(set(products)),
            variants=sorted(set(variants)),
            category=category,
            starts_at=starts_at,
            ends_at=ends_at,
            made_by=str(acting_user)[:200],
        )
        _count_change()
        _audit("subsidy.attached", made, acting_user)
    return made


def end_subsidy(*, subsidy_id: UUID, acting_user: User) -> GoodsSubsidy:
    """End a goods subsidy before its time; orders that were placed keep theirs. Again: no change."""
    if not acting_user.has_perm(MAY_MAKE):
        raise NotAllowed(_("your role may not give subsidies"))
    with transaction.atomic(durable=True):
        found = GoodsSubsidy.objects.select_for_update().filter(id=subsidy_id).first()
        if found is None:
            raise NotFound(_("there is no such subsidy"))
        if found.ended_at is None:
            found.ended_at = clock.now()
            found.save(update_fields=["ended_at"])
            _count_change()
            _audit("subsidy.ended", found, acting_user)
    return found


def open_budget(budget_id: UUID) -> SubsidyBudget:
    """Return a budget of the present shop that is open. Raises NotFound, Conflict."""
    budget = SubsidyBudget.objects.filter(id=budget_id, tenant_id=current_tenant().id).first()
    if budget is None:
        raise NotFound(_("there is no such budget"), field="budget")
    if not budget.is_open:
        raise Conflict(_("this budget is closed"), field="budget", code="budget_closed")
    return budget


def _count_change() -> None:
    """Give the shop's offer a new version: what is kept of its pages is made anew."""
    row, is_new = Assortment.objects.get_or_create(id=1, defaults={"rule": {}})
    if not is_new:
        Assortment.objects.filter(id=row.id).update(version=F("version") + 1)


def _audit(action: str, made: GoodsSubsidy, user: User) -> None:
    audit.record(
        action,
        actor=user,
        object_type="shop.goodssubsidy",
        object_id=made.id,
        changes={"amount": made.amount, "budget": str(made.budget_id)},
    )
