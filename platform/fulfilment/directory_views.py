"""The directory and the fair in the portal."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from catalog.models import Supplier
from fulfilment import access, directory, directory_acts
from fulfilment.pages import show
from kernel.errors import BanyanError


@access.for_suppliers
@require_http_methods(["GET", "POST"])
def index(request: HttpRequest, supplier: Supplier) -> HttpResponse:
    """Show the own card, the members who want to be found, who asked, who is known, and the fairs."""
    card = directory.supplier_card(supplier)
    if request.method == "POST":
        try:
            directory_acts.act(request, card, supplier=supplier)
        except BanyanError as error:
            messages.error(request, error.text)
        return redirect("portal:directory")
    return show(request, supplier, "directory", directory_acts.page_of(request, card))
