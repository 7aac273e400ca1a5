"""Requests as the middleware hands them to the views, and the rules that all pages of members share."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import second_factor
from accounts.models import User
from components import questions
from kernel.errors import BanyanError, NotFound
from tenants.registry.models import Tenant


class ShopRequest(HttpRequest):
    """A request on a tenant's host."""

    tenant: Tenant


PARTS = frozenset({"buy", "state"})
"""What pages answer alone when HTMX asks for it: the ids of the elements it replaces."""


def asks_by_htmx(request: HttpRequest) -> bool:
    """True for a request of HTMX, which is answered with what it puts in place."""
    return request.headers.get("HX-Request") == "true"


def requested_part(request: HttpRequest) -> str:
    """Return the id of the part that HTMX asks for, or "" for the whole page.

    Nothing else reads this header: what a view answers and under which key the answer is kept must never
    come from two readings of one request.
    """
    if not asks_by_htmx(request):
        return ""
    part = request.headers.get("HX-Target", "")
    return part if part in PARTS else ""


class MemberRequest(ShopRequest):
    """A request of somebody who is signed in."""

    user: User


type MemberView[**P] = Callable[Concatenate[MemberRequest, P], HttpResponseBase]


def member_page[**P](*methods: str) -> Callable[[MemberView[P]], Callable[..., HttpResponseBase]]:
    """Make a view answer members only, to ``methods`` (HEAD where GET is); nothing of it is cached.

    What the member may not see is absent: a NotFound that the view lets through is answered 404.
    """
    answered = [*methods, "HEAD"] if "GET" in methods else list(methods)

    def decorate(view: MemberView[P]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def page(request: Any, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if second_factor.is_owed(request):  # an operator, who is a member as well
                return redirect(f"/console/code/?{urlencode({'next': request.get_full_path()})}")
            try:
                return view(request, *args, **kwargs)
            except NotFound as error:
                raise Http404 from error

        return never_cache(login_required(require_http_methods(answered)(page)))

    return decorate


def asks(question_of: questions.Asker) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Ask the member once, on a page of the shop, before a view does what was posted."""
    return questions.asks(question_of, _show_question)


def _show_question(
    request: HttpRequest, context: dict[str, Any], *_args: object, **_kwargs: object
) -> HttpResponseBase:
    # Whoever changes the language goes back to where the question came from: it is no page of its own.
    return render(request, "storefront/question.html", {**context, "here": context["question"].back})


def press(request: HttpRequest, command: Callable[[], object], said: str) -> None:
    """Run a member's command, then tell them that it is done, or why it was refused; NotFound passes."""
    try:
        command()
    except NotFound:
        raise
    except BanyanError as error:
        messages.error(request, str(error.message))
    else:
        messages.success(request, said)
