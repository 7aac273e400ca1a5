"""What a shop's plan says: fee, limits, and whether it may write. Answers are at most CACHE_SECONDS old."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from billing.plans import usage
from billing.plans.models import CardFeeBearer, Invoice, Plan, Subscription
from billing.plans.usage import METRICS, Metric
from kernel import clock
from kernel.caches.process_cache import ProcessCache
from kernel.errors import NotFound

CACHE_SECONDS = 30
BY_AGREEMENT = "agreement"
"""The plan of shops that nobody bills: no limits, and the fee that was agreed."""


class Standing(StrEnum):
    """What a shop may do, the worst last."""

    OPEN = "open"
    GRACE = "grace"
    READ_ONLY = "read_only"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class PlanTerms:
    """What is agreed with a shop; an absent limit is none."""

    plan: str
    fee_bp: int
    card_fee_bearer: CardFeeBearer
    card_fee_bp: int
    limits: dict[Metric, int | None]
    state: str
    past_due_since: datetime | None = None

    def standing(self, now: datetime) -> Standing:
        """Return what the shop may do at a moment: the days since its payment failed decide."""
        if self.state == Subscription.State.ENDED:
            return Standing.SUSPENDED
        if self.past_due_since is None:
            return Standing.OPEN
        late = now - self.past_due_since
        if late < timedelta(days=settings.PLAN_GRACE_DAYS):
            return Standing.GRACE
        if late < timedelta(days=settings.PLAN_GRACE_DAYS + settings.PLAN_READ_ONLY_DAYS):
            return Standing.READ_ONLY
        return Standing.SUSPENDED


@dataclass(frozen=True, slots=True)
class UsageBar:
    """How much of a limit is used; ``limit`` None: none."""

    metric: Metric
    used: int
    limit: int | None

    @property
    def percent(self) -> int:
        """How much of the limit is used: whole percent, 100 at most, 0 without a limit."""
        return min(100, self.used * 100 // self.limit) if self.limit else 0


known_terms: ProcessCache[UUID, PlanTerms] = ProcessCache(50_000, seconds=CACHE_SECONDS)


def terms_of(tenant_id: UUID) -> PlanTerms:
    """Return what is agreed with a shop; no query while this process remembers it."""
    return known_terms.answer(tenant_id, lambda: _read(tenant_id))


def forget(tenant_id: UUID) -> None:
    """Drop what this process remembers of a shop; other processes do so within CACHE_SECONDS."""
    known_terms.forget(tenant_id)


def _read(tenant_id: UUID) -> PlanTerms:
    row = Subscription.objects.select_related("plan").filter(tenant_id=tenant_id).first()
    plan = row.plan if row else Plan.objects.get(code=BY_AGREEMENT)
    terms = PlanTerms(
        plan=plan.code,
        fee_bp=plan.fee_bp,
        card_fee_bearer=CardFeeBearer((row.card_fee_bearer if row else "") or plan.card_fee_bearer),
        card_fee_bp=plan.card_fee_bp,
        limits={metric: getattr(plan, metric) for metric in METRICS},
        state=row.state if row else Subscription.State.ACTIVE,
        past_due_since=row.past_due_since if row else None,
    )
    return replace(terms, fee_bp=row.fee_bp) if row and row.fee_bp is not None else terms


def plan_of(tenant_id: UUID) -> Plan:
    """Return a shop's plan; one that never subscribed has the plan by agreement."""
    return Plan.objects.get(code=terms_of(tenant_id).plan)


def fee_bp_of(tenant_id: UUID) -> int:
    """Return the platform's fee of a shop's orders: basis points of the goods paid.

    Where all who earn bear what payment providers keep, it is a part of the fee: it is taken before anything
    is divided, and goes back with the fee when an order is refunded.
    """
    terms = terms_of(tenant_id)
    is_shared = terms.card_fee_bearer == CardFeeBearer.SPLIT
    return terms.fee_bp + (terms.card_fee_bp if is_shared else 0)


def margin_fee_bp_of(tenant_id: UUID) -> int:
    """Return what payment providers keep, as a rule, where a shop's margin bears it: basis points, or 0."""
    terms = terms_of(tenant_id)
    return terms.card_fee_bp if terms.card_fee_bearer == CardFeeBearer.SHOP else 0


def bears_card_fees(tenant_id: UUID) -> bool:
    """Say whether a shop's margin bears what payment providers keep of its payments."""
    return terms_of(tenant_id).card_fee_bearer == CardFeeBearer.SHOP


def fee_percent_of(tenant_id: UUID) -> Decimal:
    """Return the platform's fee of a shop's orders, as ``fee_bp_of``, in percent."""
    return Decimal(fee_bp_of(tenant_id)) / 100


def standing_of(tenant_id: UUID) -> Standing:
    """Return what a shop may do now: everything, or less the longer its bill is open."""
    return terms_of(tenant_id).standing(clock.now())


def subscription_of(tenant_id: UUID) -> Subscription | None:
    """Return a shop's subscription; None for one that never had any."""
    return Subscription.objects.select_related("plan", "wanted_plan").filter(tenant_id=tenant_id).first()


def offered_plans(currency: str = "") -> QuerySet[Plan]:
    """Return the plans that shops can choose themselves, cheapest first."""
    plans = Plan.objects.filter(is_offered=True).order_by("position", "price")
    return plans.filter(currency=currency) if currency else plans


def invoices_of(tenant_id: UUID) -> QuerySet[Invoice]:
    """Return a shop's invoices, newest first, without drafts."""
    return Invoice.objects.filter(subscription__tenant_id=tenant_id).exclude(state=Invoice.State.DRAFT)


def bars_of(tenant_id: UUID, count: Callable[[Metric], int] | None = None) -> list[UsageBar]:
    """Return what a shop used of each limit; ``count`` replaces the counts that may be a minute old."""
    limits = terms_of(tenant_id).limits
    read = count or (lambda metric: usage.used(tenant_id, metric))
    return [UsageBar(metric, read(metric), limits[metric]) for metric in METRICS]


def plan_of_code(code: str) -> Plan:
    """Return a plan. Raises NotFound, naming the known ones."""
    plan = Plan.objects.filter(code=code).first()
    if plan is None:
        known = ", ".join(Plan.objects.order_by("position").values_list("code", flat=True))
        raise NotFound(
            _("there is no such plan"),
            field="plan",
            value=code,
            remedy=_("known: %(codes)s") % {"codes": known},
        )
    return plan


def offered_plan(code: str) -> Plan:
    """Return a plan that shops may choose. Raises NotFound."""
    plan = plan_of_code(code)
    if not plan.is_offered:
        raise NotFound(_("there is no such plan"), field="plan", value=code)
    return plan


def plan_of_price(row: Subscription, price_id: str) -> Plan | None:
    """Return the plan that the biller's price is of, a shop's present and wanted one first."""
    for plan in (row.plan, row.wanted_plan):
        if plan is not None and plan.price_id == price_id:
            return plan
    return Plan.objects.filter(price_id=price_id).first()
