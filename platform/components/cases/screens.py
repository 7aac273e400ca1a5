"""After-sales cases as the shop and the central team see them: the list, a case, its pictures.

Member and supplier resolve most cases themselves; here is what they could not.
"""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.requests import signed_in
from backoffice.screens import console_of, page_of, press, render
from components.cases import actions, pictures, questions, words
from components.console_questions import asks
from components.questions import Question
from fulfilment.cases import selectors as case_selectors
from fulfilment.cases.services import Author
from fulfilment.models import Case, CaseMessage
from kernel.texts.translated import pick
from tenants.registry.selectors import current_tenant, tenant_name

MAY_DECIDE = "fulfilment.refund_case"
State, Side = Case.State, CaseMessage.Side
TABS = {
    "ours": gettext_lazy("To decide"),
    "running": gettext_lazy("Running"),
    "closed": gettext_lazy("Closed"),
}


def _cases(request: HttpRequest) -> QuerySet[Case]:
    """Return what this console may see: a shop its own cases, the central team all."""
    rows = Case.objects.select_related("supplier", "supplier_order")
    return rows if console_of(request).on_platform else rows.filter(tenant_id=current_tenant().id)


def cases(request: HttpRequest) -> HttpResponse:
    """List the cases, those that this console has to decide first."""
    is_central = console_of(request).on_platform
    turn = State.CENTRAL if is_central else State.TENANT
    rows = _cases(request)
    by_tab = {
        "ours": rows.filter(state=turn).order_by("due_at", "id"),
        "running": rows.exclude(state__in=[turn, State.CLOSED]).order_by("due_at", "id"),
        "closed": rows.filter(state=State.CLOSED).order_by("-closed_at"),
    }
    tab = request.GET.get("tab", "ours")
    tab = tab if tab in by_tab else "ours"
    page = page_of(request, by_tab[tab])
    context = {
        "title": _("After-sales"),
        "tabs": [(key, TABS[key], rows.count(), key == tab) for key, rows in by_tab.items()],
        "page": page,
        "tab": tab,
        "rows": [(case, words.state_of(case), tenant_name(case.tenant_id)) for case in page],
        "is_central": is_central,
    }
    return render(request, "components/cases.html", context)


def _ask(request: HttpRequest, case_id: UUID) -> Question | None:
    if not request.user.has_perm(MAY_DECIDE):
        return None
    case = get_object_or_404(_cases(request), pk=case_id)
    side = Side.CENTRAL if console_of(request).on_platform else Side.TENANT
    return questions.question_of(request, case, side, request.path)


@asks(_ask)
def case(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Show a case; decide it where member and supplier asked for that."""
    case = get_object_or_404(_cases(request), pk=case_id)
    is_central = console_of(request).on_platform
    side = Side.CENTRAL if is_central else Side.TENANT
    may_act = request.user.has_perm("fulfilment.change_case")
    if request.method == "POST":
        if not may_act:
            raise PermissionDenied
        if request.POST.get("do") in actions.DECISIONS and not request.user.has_perm(MAY_DECIDE):
            raise PermissionDenied
        name = _("Central team") if is_central else pick(current_tenant().name)
        author = Author(side, name, signed_in(request))
        return press(request, lambda: actions.act(request, case, author), request.path, said=_("Noted."))
    context = {
        "title": case.number,
        "case": case,
        "state": words.state_of(case),
        "thread": words.thread_of(case),
        "goods": case_selectors.lines_of(case),
        "can": _offered(request, case, side) if may_act else set(),
        "return_to": case_selectors.last_return_address(case.supplier),
    }
    return render(request, "components/case.html", context)


def _offered(request: HttpRequest, case: Case, side: CaseMessage.Side) -> set[str]:
    """Return what this person can do now: to decide, the right to give money back is needed."""
    can = actions.offered(case, side)
    return can if request.user.has_perm(MAY_DECIDE) else can - actions.DECISIONS


def picture(request: HttpRequest, case_id: UUID, picture_id: UUID) -> HttpResponse:
    """Hand out a picture of a case."""
    return pictures.answer(get_object_or_404(_cases(request), pk=case_id), picture_id)
