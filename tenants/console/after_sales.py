"""After-sales as the shop and the office see it: what they have to decide, and every thread.

Member and supplier settle most of it between themselves; here comes what they could not.
"""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.sites import Console, central, console, person
from fulfilment import case_acts, case_pictures, case_words
from fulfilment import selectors as fulfilment
from fulfilment.cases import Author
from fulfilment.models import Case, CaseMessage
from kernel.errors import BanyanError
from kernel.text import pick
from tenants.registry.selectors import current_tenant

PER_PAGE = 50
State, Side = Case.State, CaseMessage.Side
TABS = {
    "ours": gettext_lazy("To decide"),
    "running": gettext_lazy("Running"),
    "closed": gettext_lazy("Closed"),
}


def _cases(site: Console) -> QuerySet[Case]:
    """Return what this console may see: a shop its own cases, the office all."""
    rows = Case.objects.select_related("supplier", "supplier_order")
    return rows if site is central else rows.filter(tenant_id=current_tenant().id)


def _list(site: Console, request: HttpRequest) -> HttpResponse:
    tab = request.GET.get("tab", "ours")
    turn = State.OFFICE if site is central else State.TENANT
    chosen = {
        "ours": _cases(site).filter(state=turn).order_by("due_at", "id"),
        "running": _cases(site).exclude(state__in=[turn, State.CLOSED]).order_by("due_at", "id"),
        "closed": _cases(site).filter(state=State.CLOSED).order_by("-closed_at"),
    }
    tab = tab if tab in chosen else "ours"
    page = Paginator(chosen[tab], PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": _("After-sales"),
        "tabs": [(key, TABS[key], rows.count(), key == tab) for key, rows in chosen.items()],
        "page": page,
        "tab": tab,
        "rows": [
            (case, case_words.WISHES[case.wish], case_words.state_of(case), site.tenant_name(case.tenant_id))
            for case in page
        ],
        "is_office": site is central,
        "case_url": f"{site.name}:case",
    }
    return site.render(request, "operators/cases.html", context)


def _case(site: Console, request: HttpRequest, case_id: UUID) -> HttpResponse:
    case = _cases(site).filter(pk=case_id).first()
    if case is None:
        raise Http404
    side = Side.OFFICE if site is central else Side.TENANT
    if request.method == "POST":
        if not request.user.has_perm("fulfilment.change_case"):
            raise PermissionDenied
        name = _("Office") if site is central else pick(current_tenant().name)
        try:
            case_acts.act(request, case, Author(side, name, person(request)))
        except BanyanError as error:
            messages.error(request, error.text)
        else:
            messages.success(request, _("Noted."))
        return redirect(f"{site.name}:case", case_id)
    may_act = request.user.has_perm("fulfilment.change_case")
    context = {
        "title": case.number,
        "case": case,
        "wish": case_words.WISHES[case.wish],
        "state": case_words.state_of(case),
        "thread": case_words.thread_of(case),
        "goods": fulfilment.goods_of(case),
        "can": case_acts.offered(case, side) if may_act else set(),
        "return_to": fulfilment.last_return_address(case.supplier),
        "picture_url": f"{site.name}:case_picture",
        "list_url": f"{site.name}:cases",
    }
    return site.render(request, "operators/case.html", context)


def _picture(site: Console, case_id: UUID, picture_id: UUID) -> HttpResponse:
    case = _cases(site).filter(pk=case_id).first()
    if case is None:
        raise Http404
    return case_pictures.answer(case, picture_id)


@console.screen(
    "cases/",
    name="cases",
    permission="fulfilment.view_case",
    title=gettext_lazy("After-sales"),
    icon="support_agent",
    group="shop",
    place=15,
)
def cases(request: HttpRequest) -> HttpResponse:
    """List the shop's after-sales cases, those it has to decide first."""
    return _list(console, request)


@console.screen("cases/<uuid:case_id>/", name="case", permission="fulfilment.view_case")
def case(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Show a case; decide it where member and supplier asked for that."""
    return _case(console, request, case_id)


@console.screen(
    "cases/<uuid:case_id>/pictures/<uuid:picture_id>.webp",
    name="case_picture",
    permission="fulfilment.view_case",
)
def case_picture(request: HttpRequest, case_id: UUID, picture_id: UUID) -> HttpResponse:
    """Hand out a picture of a case of this shop."""
    return _picture(console, case_id, picture_id)


@central.screen(
    "cases/",
    name="cases",
    permission="fulfilment.view_case",
    title=gettext_lazy("After-sales"),
    icon="support_agent",
    group="supply",
    place=45,
)
def office_cases(request: HttpRequest) -> HttpResponse:
    """List all after-sales cases, those that the office has to decide first."""
    return _list(central, request)


@central.screen("cases/<uuid:case_id>/", name="case", permission="fulfilment.view_case")
def office_case(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Show a case; the office's word is the last."""
    return _case(central, request, case_id)


@central.screen(
    "cases/<uuid:case_id>/pictures/<uuid:picture_id>.webp",
    name="case_picture",
    permission="fulfilment.view_case",
)
def office_case_picture(request: HttpRequest, case_id: UUID, picture_id: UUID) -> HttpResponse:
    """Hand out a picture of a case."""
    return _picture(central, case_id, picture_id)
