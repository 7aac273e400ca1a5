"""Previews of rules in the operators' console: asked for beside the document, shown when they are ready."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from accounts.access import signed_in
from backoffice.screens import render_part
from kernel.errors import BanyanError, InvalidDocument, NotFound
from tenants.shop.previews import services as preview_services


def preview(request: HttpRequest) -> HttpResponse:
    """Ask for a preview and show where it stands."""
    if request.method != "POST":
        return _part(request, {})
    try:
        job = preview_services.start(
            kind=request.POST.get("preview", ""),
            document=request.POST.get("document", ""),
            size=request.POST.get("size", "small"),
            acting_user=signed_in(request),
        )
    except InvalidDocument as error:
        return _part(request, {"faults": error.faults})
    except BanyanError as error:
        return _part(request, {"faults": [error]})
    return _part(request, {"job": job, "state": preview_services.look(job)})


@require_safe
def state(request: HttpRequest, job: str) -> HttpResponse:
    """Show where a preview stands; asked again each second until it is ready."""
    try:
        found = preview_services.look(job)
    except NotFound:
        raise Http404 from None
    return _part(request, {"job": job, "state": found})


def _part(request: HttpRequest, context: dict[str, object]) -> HttpResponse:
    return render_part(request, "operators/rules_preview.html", context)
