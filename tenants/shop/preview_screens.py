"""Previews of rules in the operators' console: asked for beside the document, shown when they are ready."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.sites import console, person
from kernel.errors import BanyanError, InvalidDocument, NotFound
from tenants.shop import previews


@console.screen("rules/preview/", name="rules_preview", permission="agents.view_rulesversion")
def preview(request: HttpRequest) -> HttpResponse:
    """Ask for a preview and show where it stands."""
    if request.method != "POST":
        return _part(request, {})
    try:
        job = previews.start(
            kind=request.POST.get("preview", ""),
            document=request.POST.get("document", ""),
            size=request.POST.get("size", "small"),
            acting_user=person(request),
        )
    except InvalidDocument as error:
        return _part(request, {"faults": error.faults})
    except BanyanError as error:
        return _part(request, {"faults": [error]})
    return _part(request, {"job": job, "state": previews.look(job)})


@console.screen("rules/preview/<str:job>/", name="rules_preview_state", permission="agents.view_rulesversion")
@require_safe
def state(request: HttpRequest, job: str) -> HttpResponse:
    """Show where a preview stands; asked again each second until it is ready."""
    try:
        found = previews.look(job)
    except NotFound:
        raise Http404 from None
    return _part(request, {"job": job, "state": found})


def _part(request: HttpRequest, context: dict[str, object]) -> HttpResponse:
    request.current_app = console.name
    return render(request, "operators/rules_preview.html", context)
