"""How every page of the portal is shown."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from catalog.models import Supplier
from portal import navigation


def show(
    request: HttpRequest, supplier: Supplier, page: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Answer with the template ``portal/<page>.html`` in the supplier's frame."""
    frame = {"supplier": supplier, "entries": navigation.ENTRIES}
    return render(request, f"portal/{page}.html", frame | context, status=status)
