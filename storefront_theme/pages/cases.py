"""After-sales for members: say what is wrong with goods, talk with who sent them, ask for a decision."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from components.cases import actions as case_actions
from components.cases import pictures as case_pictures
from components.cases import questions as case_questions
from components.cases import words as case_words
from components.questions import Question
from fulfilment.cases import selectors as case_selectors
from fulfilment.cases import services as case_services
from fulfilment.cases.services import Author
from fulfilment.models import Case, CaseMessage, SupplierOrder
from kernel.errors import BanyanError
from storefront_theme.requests import MemberRequest, asks, member_page
from tenants.shop.orders.access import order_of

PER_PAGE = 20


def _author(request: MemberRequest) -> Author:
    return Author(CaseMessage.Side.MEMBER, request.user.name or _("A member"), request.user)


def _supplier_order_of(request: MemberRequest, number: str, supplier_order_id: UUID) -> SupplierOrder:
    """Return a supplier order of the member's own order; Http404 for anybody else's."""
    order = order_of(number=number, user=request.user)
    supplier_order = SupplierOrder.objects.filter(order_id=order.id, pk=supplier_order_id).first()
    if supplier_order is None:
        raise Http404
    return supplier_order


def _case_of(request: MemberRequest, case_id: UUID) -> Case:
    """Return the member's own case in this shop; Http404 for anybody else's."""
    case = (
        Case.objects.filter(pk=case_id, schema=request.tenant.schema_name, member_id=request.user.pk)
        .select_related("supplier", "supplier_order")
        .first()
    )
    if case is None:
        raise Http404
    return case


@member_page("GET")
def index(request: MemberRequest) -> HttpResponse:
    """List the member's cases, the latest first."""
    cases = case_selectors.cases_of_member(schema=request.tenant.schema_name, member_id=request.user.pk)
    page = Paginator(cases, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "storefront/cases.html", {"page": page, "tab": "me"})


@member_page("GET", "POST")
def new(request: MemberRequest, number: str, supplier_order_id: UUID) -> HttpResponse:
    """Open a case about goods of one supplier."""
    supplier_order = _supplier_order_of(request, number, supplier_order_id)
    if open_now := case_selectors.open_case_of(supplier_order):
        return redirect("case", open_now.pk)
    problem, status = "", 200
    if request.method == "POST":
        try:
            case = case_services.open_case(
                supplier_order_id=supplier_order.pk,
                author=_author(request),
                member_id=request.user.pk,
                wish=request.POST.get("wish", ""),
                text=request.POST.get("text", ""),
                units=_units(request),
                pictures=case_actions.pictures_of(request),
            )
        except BanyanError as error:
            problem, status = str(error.message), 422
        else:
            return redirect("case", case.pk)
    context = {
        "number": number,
        "lines": [line for line in supplier_order.lines.all() if line.quantity > line.cancelled],
        "wishes": Case.Wish.choices,
        "chosen": request.POST.get("wish", ""),
        "text": request.POST.get("text", ""),
        "problem": problem,
        "tab": "me",
    }
    return render(request, "storefront/case_new.html", context, status=status)


def _units(request: MemberRequest) -> dict[UUID, int]:
    units: dict[UUID, int] = {}
    for name, value in request.POST.items():
        if name.startswith("line-") and isinstance(value, str) and value.isascii() and value.isdigit():
            try:
                line_id = UUID(name.removeprefix("line-"))
            except ValueError:
                continue
            if count := int(value[:6]):
                units[line_id] = count
    return units


@member_page("GET")
def show(request: MemberRequest, case_id: UUID) -> HttpResponse:
    """Show a case: the thread, whose turn it is, and what the member can do."""
    case = _case_of(request, case_id)
    context = {
        "case": case,
        "wish": case.get_wish_display(),
        "state": case_words.state_of(case),
        "thread": case_words.thread_of(case),
        "goods": case_selectors.lines_of(case),
        "can": case_actions.offered(case, CaseMessage.Side.MEMBER),
        "is_last_appeal": case_selectors.next_level(case) == Case.State.CENTRAL,
        "order_number": case.supplier_order.number.rsplit("-", 2)[0],
        "tab": "me",
    }
    return render(request, "storefront/case.html", context)


def _ask_act(request: MemberRequest, case_id: UUID) -> Question | None:
    case = _case_of(request, case_id)
    return case_questions.question_of(request, case, CaseMessage.Side.MEMBER, reverse("case", args=[case_id]))


@member_page("POST")
@asks(_ask_act)
def act(request: MemberRequest, case_id: UUID) -> HttpResponse:
    """Do what was pressed."""
    case = _case_of(request, case_id)
    try:
        case_actions.act(request, case, _author(request))
    except BanyanError as error:
        messages.error(request, str(error.message))
    return redirect("case", case_id)


@member_page("GET")
def picture(request: MemberRequest, case_id: UUID, picture_id: UUID) -> HttpResponse:
    """Hand out a picture of an own case."""
    return case_pictures.answer(_case_of(request, case_id), picture_id)
