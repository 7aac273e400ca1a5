"""Reads: how many people somebody may still bring by code."""

from zoneinfo import ZoneInfo

from django.db.models import F, Sum
from django.db.models.functions import TruncDate

from kernel import clock
from tenants.agents.models import Member, Sale
from tenants.agents.rules.invitations import Quota, quota
from tenants.agents.rules.parsing import Rules
from tenants.agents.rules.progress import Deed
from tenants.agents.rules.reviews import local_day
from tenants.registry.selectors import current_tenant


def invites_of(member: Member, active: Rules) -> Quota | None:
    """Return how many more people ``member`` may bring by code, and until when; None if unrationed.

    What was earned is read from what the member's own fans bought, net of refunds, day by day.
    """
    if active.document.invites is None:
        return None
    zone = ZoneInfo(current_tenant().timezone)
    sold = (
        Sale.objects.filter(sharer=member)
        .annotate(day=TruncDate("at", tzinfo=zone))
        .order_by("day")
        .values_list("day")
        .annotate(net=Sum(F("paid") - F("refunded")))
        if active.document.invites.one_per_own_sales
        else ()
    )
    used = member.fans.filter(bound_by=Member.BoundBy.CODE).values_list("bound_at", flat=True)
    return quota(
        joined=local_day(member.joined_at, zone),
        own_sales=[Deed(day, net) for day, net in sold],
        used=[local_day(moment, zone) for moment in used if moment],
        today=local_day(clock.now(), zone),
        rules=active,
    )
