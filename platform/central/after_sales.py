"""After-sales cases of all shops; the central team's decision is the last."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy

from central.sites import central
from components.after_sales import _case, _list, _picture


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
