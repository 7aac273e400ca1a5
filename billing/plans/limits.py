"""What a shop's plan allows: refusals of what goes beyond it, which say what to do about them."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from billing.plans import usage
from billing.plans.selectors import Standing, standing_of, terms_of
from billing.plans.usage import Metric
from kernel.errors import BanyanError

FULL = {
    Metric.MEMBERS: _("this shop has as many members as its plan allows"),
    Metric.ORDERS: _("this shop has taken as many orders this month as its plan allows"),
    Metric.DOMAINS: _("this shop has as many hosts as its plan allows"),
    Metric.API_CALLS: _("the calls of this month are used up"),
}


class PlanRefuses(BanyanError):
    """The shop's plan does not allow it, or its bill is not paid."""

    code = "plan_refuses"
    status = 402


def require_writable(tenant: Any) -> None:
    """Refuse new things in a shop whose bill has been open too long. ``tenant`` has an ``id``."""
    standing = standing_of(tenant.id)
    if standing in {Standing.READ_ONLY, Standing.SUSPENDED}:
        raise PlanRefuses(
            _("this shop takes no new orders or changes at present"),
            field="plan",
            value=standing.value,
            remedy=_("the shop's owner can pay the open invoice in the console, under Plan"),
            code=f"plan_{standing.value}",
        )


def require_within(tenant_id: UUID, metric: Metric) -> None:
    """Refuse one more of what the plan limits; counts may be a minute old, so a few more can slip in."""
    limit = terms_of(tenant_id).limits[metric]
    if limit is not None and usage.used(tenant_id, metric) >= limit:
        raise refusal(metric, limit)


def count_call(tenant_id: UUID) -> None:
    """Count a call of the API. Raises PlanRefuses once the month's are used up."""
    limit, count = terms_of(tenant_id).limits[Metric.API_CALLS], usage.count_call(tenant_id)
    if limit is not None and count > limit:
        raise refusal(Metric.API_CALLS, limit)


def refusal(metric: Metric, limit: int) -> PlanRefuses:
    """Return the error (402, code ``plan_limit``) that refuses one more of ``metric`` beyond ``limit``."""
    return PlanRefuses(
        FULL[metric],
        field=metric.value,
        value=limit,
        remedy=_("the shop's owner can choose a larger plan in the console"),
        code="plan_limit",
    )
