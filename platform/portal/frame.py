"""How every page of the portal is shown: in the supplier's frame, with the navigation."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from catalog.models import Supplier
from components import questions
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


def asks(question_of: questions.Asker) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Ask the supplier once, on a page of the portal, before a view does what was posted."""
    return questions.asks(question_of, _show_question)


def _show_question(
    request: HttpRequest, context: dict[str, Any], supplier: Supplier, *_args: object, **_kwargs: object
) -> HttpResponse:
    # Whoever changes the language goes back to where the question came from: it is no page of its own.
    return show(request, supplier, "question", {**context, "here": context["question"].back})


def download(body: str | bytes, content_type: str, name: str) -> HttpResponse:
    """Answer with a file to keep."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(body, content_type=content_type, headers=headers)


def page_number(request: HttpRequest) -> int:
    """Return the page that the address asks for; 1 for whatever is no number of one."""
    number = request.GET.get("page", "1")
    return int(number) if number.isdecimal() and len(number) < 7 else 1
