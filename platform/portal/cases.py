"""After-sales in the portal: what waits for the supplier, and each case's thread with its buttons."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from catalog.models import Supplier
from components import case_actions, case_pictures, case_words
from fulfilment.cases import selectors as case_selectors
from fulfilment.cases.services import Author
from fulfilment.models import Case, CaseMessage
from kernel.errors import BanyanError
from kernel.text import pick
from portal import access
from portal.pages import show

PER_PAGE = 30


@access.for_suppliers
@require_GET
def index(request: HttpRequest, supplier: Supplier) -> HttpResponse:
    """List the cases that wait for the supplier, those that run, or those that are closed."""
    tab = request.GET.get("tab", "mine")
    counts = {key: case_selectors.cases_of(supplier, key).count() for key in case_selectors.TABS}
    tab = tab if tab in counts else "mine"
    names = {"mine": _("Your turn"), "running": _("Running"), "closed": _("Closed")}
    rows = Paginator(case_selectors.cases_of(supplier, tab), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "tabs": [(key, names[key], counts[key], key == tab) for key in case_selectors.TABS],
        "page": rows,
        "rows": [(case, case.get_wish_display(), case_words.state_of(case)) for case in rows],
        "tab": tab,
    }
    return show(request, supplier, "cases", context)


@access.for_suppliers
@require_GET
def case(request: HttpRequest, supplier: Supplier, case_id: UUID) -> HttpResponse:
    """Show one case: the goods, the thread, and what can be done now."""
    found = _case_of(supplier, case_id)
    context = {
        "case": found,
        "wish": found.get_wish_display(),
        "state": case_words.state_of(found),
        "goods": case_selectors.lines_of(found),
        "thread": case_words.thread_of(found),
        "can": case_actions.offered(found, CaseMessage.Side.SUPPLIER),
        "return_to": case_selectors.last_return_address(supplier),
    }
    return show(request, supplier, "case", context)


@access.for_suppliers
@require_POST
def act(request: HttpRequest, supplier: Supplier, case_id: UUID) -> HttpResponse:
    """Do what was pressed."""
    found = _case_of(supplier, case_id)
    author = Author(CaseMessage.Side.SUPPLIER, pick(supplier.name), request.user)
    try:
        case_actions.act(request, found, author)
    except BanyanError as error:
        messages.error(request, error.text)
    else:
        messages.success(request, _("Noted."))
    return redirect("portal:case", case_id=case_id)


@access.for_suppliers
@require_GET
def picture(request: HttpRequest, supplier: Supplier, case_id: UUID, picture_id: UUID) -> HttpResponse:
    """Hand out a picture of an own case."""
    return case_pictures.answer(_case_of(supplier, case_id), picture_id)


def _case_of(supplier: Supplier, case_id: UUID) -> Case:
    """Return the supplier's own case; another's is as unknown as one that does not exist (Http404)."""
    found = Case.objects.filter(supplier=supplier, pk=case_id).select_related("supplier_order").first()
    if found is None:
        raise Http404
    return found
