"""After-sales of a supplier: what waits for an answer, and each case's thread with its buttons."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from backoffice.screens import page_of, press
from catalog.models import Supplier
from components.cases import actions as case_actions
from components.cases import pictures as case_pictures
from components.cases import questions as case_questions
from components.cases import words as case_words
from components.questions import Question
from fulfilment.cases import selectors as case_selectors
from fulfilment.cases.services import Author
from fulfilment.models import Case, CaseMessage
from kernel.texts.translated import pick
from portal import access
from portal.frame import asks, show

PER_PAGE = 30


@access.for_suppliers("GET")
def cases(request: HttpRequest, supplier: Supplier) -> HttpResponse:
    """List the cases that wait for the supplier, those that run, or those that are closed."""
    tab = request.GET.get("tab", "mine")
    counts = {key: case_selectors.cases_of(supplier, key).count() for key in case_selectors.TABS}
    tab = tab if tab in counts else "mine"
    names = {"mine": _("Your turn"), "running": _("Running"), "closed": _("Closed")}
    page = page_of(request, case_selectors.cases_of(supplier, tab), PER_PAGE)
    context = {
        "tabs": [(key, names[key], count, key == tab) for key, count in counts.items()],
        "page": page,
        "rows": [(case, case_words.state_of(case)) for case in page],
        "tab": tab,
    }
    return show(request, supplier, "cases/cases", context)


@access.for_suppliers("GET")
def case(request: HttpRequest, supplier: Supplier, case_id: UUID) -> HttpResponse:
    """Show one case: the goods, the thread, and what can be done now."""
    case = _case(supplier, case_id)
    context = {
        "case": case,
        "state": case_words.state_of(case),
        "goods": case_selectors.lines_of(case),
        "thread": case_words.thread_of(case),
        "can": case_actions.offered(case, CaseMessage.Side.SUPPLIER),
        "return_to": case_selectors.last_return_address(supplier),
    }
    return show(request, supplier, "cases/case", context)


def _ask_act(request: HttpRequest, supplier: Supplier, case_id: UUID) -> Question | None:
    case, back = _case(supplier, case_id), reverse("portal:case", args=[case_id])
    return case_questions.question_of(request, case, CaseMessage.Side.SUPPLIER, back)


@access.for_suppliers("POST")
@asks(_ask_act)
def act(request: HttpRequest, supplier: Supplier, case_id: UUID) -> HttpResponse:
    """Do what was pressed."""
    case = _case(supplier, case_id)
    author = Author(CaseMessage.Side.SUPPLIER, pick(supplier.name), request.user)
    return press(
        request,
        lambda: case_actions.act(request, case, author),
        "portal:case",
        case_id,
        said=_("Noted."),
        absent_is_404=False,
    )


@access.for_suppliers("GET")
def picture(request: HttpRequest, supplier: Supplier, case_id: UUID, picture_id: UUID) -> HttpResponse:
    """Hand out a picture of an own case."""
    return case_pictures.answer(_case(supplier, case_id), picture_id)


def _case(supplier: Supplier, case_id: UUID) -> Case:
    """Return the supplier's own case; another's is as unknown as one that does not exist (Http404)."""
    return get_object_or_404(Case.objects.select_related("supplier_order"), supplier=supplier, pk=case_id)
