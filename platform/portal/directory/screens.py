"""The directory of suppliers and members, and the fairs where they meet."""

from django.http import HttpRequest, HttpResponse

from backoffice.screens import press
from catalog.models import Supplier
from components import directory_actions
from fulfilment.directory import selectors as directory_selectors
from portal import access
from portal.frame import show


@access.for_suppliers("GET", "POST")
def directory(request: HttpRequest, supplier: Supplier) -> HttpResponse:
    """Show the own card, the members who want to be found, who asked, who is known, and the fairs."""
    card = directory_selectors.supplier_card(supplier)
    if request.method == "POST":
        return press(
            request,
            lambda: directory_actions.act(request, card, supplier=supplier),
            "portal:directory",
            absent_is_404=False,
        )
    return show(request, supplier, "directory/directory", directory_actions.page_of(request, card))
