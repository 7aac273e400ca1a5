"""How every page of the portal is shown: in the supplier's frame, with the navigation."""

from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from catalog.models import Supplier
from kernel.errors import Text


class MenuEntry(NamedTuple):
    """A page of the navigation: its title and the name of its URL."""

    title: Text
    url_name: str


ENTRIES = (
    MenuEntry(_("Orders"), "portal:orders"),
    MenuEntry(_("After-sales"), "portal:cases"),
    MenuEntry(_("Vouchers"), "portal:vouchers"),
    MenuEntry(_("Tracking numbers by file"), "portal:import"),
    MenuEntry(_("Goods and stock"), "portal:goods"),
    MenuEntry(_("Proposals"), "portal:proposals"),
    MenuEntry(_("Statement"), "portal:statement"),
    MenuEntry(_("Directory"), "portal:directory"),
)


def show(
    request: HttpRequest, supplier: Supplier, page: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Answer with the template ``portal/<page>.html`` in the supplier's frame."""
    frame = {"supplier": supplier, "entries": ENTRIES}
    return render(request, f"portal/{page}.html", frame | context, status=status)


def download(body: str | bytes, content_type: str, name: str) -> HttpResponse:
    """Answer with a file to keep."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(body, content_type=content_type, headers=headers)


def page_number(request: HttpRequest) -> int:
    """Return the page that the address asks for; 1 for whatever is no number of one."""
    number = request.GET.get("page", "1")
    return int(number) if number.isdecimal() and len(number) < 7 else 1
