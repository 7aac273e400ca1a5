"""How every page of the portal is shown."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from catalog.models import Supplier
from fulfilment import portal_nav
from kernel.errors import BanyanError


def show(
    request: HttpRequest, supplier: Supplier, page: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Answer with the template ``portal/<page>.html`` in the supplier's frame."""
    frame = {"supplier": supplier, "entries": portal_nav.entries()}
    return render(request, f"portal/{page}.html", frame | context, status=status)


def told(error: BanyanError) -> str:
    """Message and remedy as sentences for a person, with the stops of the reader's language."""
    parts = (str(error.message), str(error.remedy))
    if (get_language() or "").startswith("zh"):
        return "".join(f"{part}。" for part in parts if part)
    return " ".join(part[0].upper() + part[1:] + "." for part in parts if part)
