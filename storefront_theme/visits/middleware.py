"""Referral links: ``?s=<code>`` on any page; ``via=note:<origin>`` of a note, live room or group."""

from collections.abc import Callable
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.cache import add_never_cache_headers

from accounts.models import User
from kernel.tenancy import PUBLIC, current_schema
from storefront_theme.visits import cookies
from storefront_theme.visits.cookies import FirstVisit
from tenants.agents.bindings import services as binding_services
from tenants.agents.members import services as member_services
from tenants.agents.models import Member, Origin
from tenants.agents.rules_versions import selectors as rules_version_selectors

CODE = "s"
VIA = "via"
NEW_DEVICE = "new_device"
"""Where a handler leaves the name of a device that had none, for the answer to carry."""
NOT_PAGES = ("/api/", "/console/", "/static/", "/media/")


class FirstVisitMiddleware:
    """Remembers whose link a visitor opened first, then shows the page without the code in its address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if (
            CODE not in request.GET
            or request.method not in {"GET", "HEAD"}
            or request.path.startswith(NOT_PAGES)
            or current_schema() == PUBLIC
        ):
            response = self.get_response(request)
            if new := getattr(request, NEW_DEVICE, ""):
                cookies.name_device(response, new)
            return response
        response = HttpResponseRedirect(clean_address(request))
        add_never_cache_headers(response)
        code = request.GET[CODE].strip().upper()
        if _well_formed(code):
            via = request.GET.get(VIA, "")
            _note(request, response, FirstVisit(code, "poster" if via == "poster" else "link"))
            origin = via.partition(":")[2][:12].upper()
            if origin and Origin.objects.filter(code=origin, is_open=True).exists():
                cookies.remember_visit(response, origin, code)
        return response


def clean_address(request: HttpRequest) -> str:
    """Return the path and query without the referral code; always a path on this host."""
    query = [
        (key, value) for key, values in request.GET.lists() if key not in {CODE, VIA} for value in values
    ]
    # "//elsewhere.example" would leave this host, and so would a backslash in some browsers.
    path = "/" + request.path.replace("\\", "/").lstrip("/")
    return path + ("?" + urlencode(query) if query else "")


def _well_formed(code: str) -> bool:
    return len(code) == member_services.CODE_LENGTH and set(code) <= set(member_services.CODE_ALPHABET)


def _note(request: HttpRequest, response: HttpResponse, opened: FirstVisit) -> None:
    """Bind at once who is signed in, and remember the first valid visit of who is not."""
    bind_rules = rules_version_selectors.active_rules()[1].document.bind
    if opened.how == "link" and "link" not in bind_rules.by:
        # Where links do not bind, one that carries a code is that code, handed over.
        opened = opened._replace(how="code")
    if opened.how not in bind_rules.by:
        return
    if isinstance(request.user, User):
        if bind_rules.when == "first_touch":
            member = member_services.ensure_member(user=request.user)
            binding_services.bind(member=member, code=opened.code, how=opened.how)
        return
    first = cookies.remembered(request)
    if (first is None or not _exists(first.code)) and _exists(opened.code):
        cookies.remember(response, opened)


def _exists(code: str) -> bool:
    return Member.objects.filter(referral_code=code).exists()
