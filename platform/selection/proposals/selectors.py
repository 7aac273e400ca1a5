"""Reads of proposals: a supplier's, those to be checked, and prices to be looked at again."""

from datetime import timedelta
from typing import Any

from django.db.models import Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, TruncDate
from django.utils.translation import gettext_lazy as _

from catalog.models import Supplier
from kernel import clock
from kernel.clock import CENTRAL_ZONE
from kernel.days import local_day
from selection.admission.models import Ruling
from selection.proposals.models import Evidence, Proposal

FRESH = timedelta(days=30)
"""How old a price on another channel may be; then it has to be looked at again."""


def faults_of(proposal: Proposal) -> list[Any]:
    """Return what keeps a proposal from being checked off, as sentences."""
    supplier_today = clock.today(proposal.product.supplier.zone).isoformat()
    faults: list[Any] = [
        _("the licence %(name)s has run out") % {"name": licence["name"]}
        for licence in proposal.licences
        if licence["until"] and licence["until"] < supplier_today
    ]
    for evidence in proposal.evidence.prefetch_related("rechecks"):
        latest = next(iter(evidence.rechecks.all()), None)
        looked = local_day(latest.checked_at, CENTRAL_ZONE) if latest else evidence.seen_on
        if clock.today() - looked > FRESH:
            faults.append(_("the price on %(channel)s was seen too long ago") % {"channel": evidence.channel})
        if (latest.price if latest else evidence.price) < proposal.price:
            faults.append(_("%(channel)s asks less than we would") % {"channel": evidence.channel})
    return faults


def proposals_of(supplier: Supplier) -> QuerySet[Proposal]:
    """Return a supplier's proposals, newest first."""
    return (
        Proposal.objects.filter(product__supplier=supplier)
        .select_related("product")
        .prefetch_related("evidence", "entries__round__closings", "entries__rulings", "product__rulings")
        .order_by("-id")
    )


def prices_to_recheck() -> list[Evidence]:
    """Return the prices on other channels that nobody has looked at for FRESH, the oldest look first.

    ``looked`` is the day of the latest look. What was refused or delisted is not looked at again.
    """
    latest = Ruling.objects.filter(
        product=OuterRef("proposal__product"), tenant_id=OuterRef("proposal__tenant_id")
    ).order_by("-number")
    again = TruncDate(Max("rechecks__checked_at"), tzinfo=CENTRAL_ZONE)
    return list(
        Evidence.objects.annotate(
            looked=Coalesce(again, "seen_on"), stands=Subquery(latest.values("kind")[:1])
        )
        .filter(looked__lt=clock.today() - FRESH)
        .exclude(stands__in=[Ruling.Kind.REFUSED, Ruling.Kind.DELISTED])
        .exclude(proposal__state=Proposal.State.WITHDRAWN)
        .select_related("proposal__product__supplier")
        .order_by("looked", "id")[:100]
    )


def proposals_to_check() -> QuerySet[Proposal]:
    """Return the proposals that the central team has not looked at yet."""
    return Proposal.objects.filter(state=Proposal.State.OPEN, entries=None)
