"""After-sales cases as the shop and the central team see them: the list, a case, its pictures.

Member and supplier settle most cases between themselves; here is what they could not.
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

from accounts.access import signed_in
from backoffice.sites import Console
from components import case_actions, case_pictures, case_words
from fulfilment.cases import selectors as case_selectors
from fulfilment.cases.services import Author
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
    return rows if site.on_platform else rows.filter(tenant_id=current_tenant().id)


def _list(site: Console, request: HttpRequest) -> HttpResponse:
    tab = request.GET.get("tab", "ours")
    turn = State.OFFICE if site.on_platform else State.TENANT
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
            (case, case.get_wish_display(), case_words.state_of(case), site.tenant_name(case.tenant_id))
            for case in page
        ],
        "is_office": site.on_platform,
        "case_url": f"{site.name}:case",
    }
    return site.render(request, "operators/cases.html", context)


def _case(site: Console, request: HttpRequest, case_id: UUID) -> HttpResponse:
    case = _cases(site).filter(pk=case_id).first()
    if case is None:
        raise Http404
    side = Side.OFFICE if site.on_platform else Side.TENANT
    if request.method == "POST":
        if not request.user.has_perm("fulfilment.change_case"):
            raise PermissionDenied
        name = _("Office") if site.on_platform else pick(current_tenant().name)
        try:
            case_actions.act(request, case, Author(side, name, signed_in(request)))
        except BanyanError as error:
            messages.error(request, error.text)
        else:
            messages.success(request, _("Noted."))
        return redirect(f"{site.name}:case", case_id)
    may_act = request.user.has_perm("fulfilment.change_case")
    context = {
        "title": case.number,
        "case": case,
        "wish": case.get_wish_display(),
        "state": case_words.state_of(case),
        "thread": case_words.thread_of(case),
        "goods": case_selectors.lines_of(case),
        "can": case_actions.offered(case, side) if may_act else set(),
        "return_to": case_selectors.last_return_address(case.supplier),
        "picture_url": f"{site.name}:case_picture",
        "list_url": f"{site.name}:cases",
    }
    return site.render(request, "operators/case.html", context)


def _picture(site: Console, case_id: UUID, picture_id: UUID) -> HttpResponse:
    case = _cases(site).filter(pk=case_id).first()
    if case is None:
        raise Http404
    return case_pictures.answer(case, picture_id)
