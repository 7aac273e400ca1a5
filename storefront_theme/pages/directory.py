"""The directory and the fair for members: suppliers who want to be found, by members who do."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from components import directory_actions
from fulfilment.directory import selectors as directory_selectors
from kernel.errors import BanyanError
from storefront_theme.requests import MemberRequest, member_page


@member_page("GET", "POST")
def index(request: MemberRequest) -> HttpResponse:
    """Show the own card, the suppliers who want to be found, who asked, who is known, and the fairs."""
    owner = {"schema": request.tenant.schema_name, "member_id": request.user.pk}
    card = directory_selectors.member_card(**owner)
    if request.method == "POST":
        try:
            directory_actions.act(request, card, **owner)
        except BanyanError as error:
            messages.error(request, str(error.message))
        return redirect("directory")
    return render(
        request, "storefront/directory.html", {**directory_actions.page_of(request, card), "tab": "me"}
    )
