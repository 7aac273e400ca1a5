"""The directory and the fair in the portal."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from catalog.models import Supplier
from components import directory_actions
from fulfilment.directory import selectors as directory_selectors
from kernel.errors import BanyanError
from portal import access
from portal.pages import show


@access.for_suppliers
@require_http_methods(["GET", "POST"])
def index(request: HttpRequest, supplier: Supplier) -> HttpResponse:
    """Show the own card, the members who want to be found, who asked, who is known, and the fairs."""
    card = directory_selectors.supplier_card(supplier)
    if request.method == "POST":
        try:
            directory_actions.act(request, card, supplier=supplier)
        except BanyanError as error:
            messages.error(request, error.text)
        return redirect("portal:directory")
    return show(request, supplier, "directory", directory_actions.page_of(request, card))
