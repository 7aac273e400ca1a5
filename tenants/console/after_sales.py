"""After-sales as the shop and the office see it: what they have to decide, and every thread.

Member and supplier settle most of it between themselves; here comes what they could not.
"""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy

from components.after_sales import _case, _list, _picture
from tenants.console.sites import console


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
