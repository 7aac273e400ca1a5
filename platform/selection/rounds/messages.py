"""Mails to judges, in their own language: that samples wait for them. Nothing secret is in them."""

import logging
from types import SimpleNamespace
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.core.mail import send_mail
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from kernel.tenancy import in_tenant
from selection import sources
from selection.rounds import selectors
from selection.rounds.models import Seat

logger = logging.getLogger(__name__)
REMEMBERED_SECONDS = 30 * 24 * 3600
"""How long a seat is remembered as written to: longer than any task is repeated."""


def notify_judges(*, round_id: UUID, gate: str) -> int:
    """Mail the judges of a gate that they are invited; return how many mails went out.

    Whoever was written to is not written to again. What goes wrong with one mail stops nobody else's.
    """
    until = selectors.gate_until(round_id, gate)
    seats = Seat.objects.filter(round_id=round_id, gate=gate).select_related("round").order_by("rank")
    sent = 0
    for seat in seats:
        shop = SimpleNamespace(schema_name=sources.schema_of(seat.tenant_id))
        with in_tenant(shop):
            person = User.objects.filter(pk=seat.user_id, is_active=True).first()
        mailed_key = f"seat-mailed:{seat.pk}"
        if person is None or not cache.add(mailed_key, 1, REMEMBERED_SECONDS):
            continue
        try:
            with translation.override(person.language or settings.LANGUAGE_CODE):
                sent += _write(person, seat, f"{until:%Y-%m-%d}" if until else "")
        except OSError:
            cache.delete(mailed_key)
            logger.exception("a judge could not be written to", extra={"seat": str(seat.pk)})
    return sent


def _write(person: User, seat: Seat, until: str) -> int:
    about = {"shop": sources.shop_name(seat.tenant_id), "until": until}
    return send_mail(
        _("You are invited to judge goods at %(shop)s") % about,
        _(
            "You have a seat in a round at %(shop)s. Open “Me” and then “Judging goods” there, and say where "
            "your samples shall go: they are free of charge. Your scores count until %(until)s."
        )
        % about,
        None,
        [person.email],
    )
