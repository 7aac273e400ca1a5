"""What the buttons of the directory do, and what its page shows: the same for suppliers and members."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from fulfilment.directory import selectors as directory_selectors
from fulfilment.directory import services as directory_services
from fulfilment.models import DirectoryCard
from kernel.errors import Conflict, InvalidInput

PER_PAGE = 24


def page_of(request: HttpRequest, card: DirectoryCard | None) -> dict[str, Any]:
    """Return what the directory's page shows to the owner of ``card``; without an open one, nobody else."""
    is_open = card is not None and card.is_open
    query = request.GET.get("q", "")
    return {
        "card": card,
        "query": query,
        "others": Paginator(directory_selectors.unconnected_cards(card, query), PER_PAGE).get_page(
            request.GET.get("page")
        )
        if card and is_open
        else None,
        "requests": list(directory_selectors.requests_to(card)) if card else [],
        "unanswered": directory_selectors.unanswered_by(card) if card else [],
        "known": directory_selectors.contacts_of(card) if card else [],
        "fairs": directory_selectors.fair_rows(card),
    }


def act(request: HttpRequest, card: DirectoryCard | None, **owner: Any) -> None:
    """Do what the pressed button says; ``owner`` is whose card it is. Raises BanyanError."""
    posted = request.POST
    do = posted.get("do", "")
    if do == "card":
        directory_services.save_card(
            name=posted.get("name", ""),
            about=posted.get("about", ""),
            contact=posted.get("contact", ""),
            is_open="is_open" in posted,
            **owner,
        )
        messages.success(request, _("Your card was saved."))
        return
    if card is None:
        raise Conflict(_("write your own card first"), field="card", code="closed")
    subject = _id(posted.get("id", ""))
    if do == "ask":
        contact_request = directory_services.request_contact(
            card=card, other_id=subject, note=posted.get("note", "")
        )
        known = contact_request.state == directory_services.State.AGREED
        messages.success(
            request,
            _("You know each other now.") if known else _("Asked. You see the contact once they agree."),
        )
    elif do in {"agree", "decline"}:
        directory_services.answer_request(card=card, request_id=subject, agrees=do == "agree")
    elif do == "join":
        directory_services.join_fair(card=card, fair_id=subject, brings=posted.get("brings", ""))
    elif do == "leave":
        directory_services.leave_fair(card=card, fair_id=subject)
    else:
        raise InvalidInput(_("choose what to do"), field="do", value=do[:40])


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise InvalidInput(_("load the page again"), field="id", value=text[:40]) from None
