"""What machines ask the platform's host, and its plain front page."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from config import prometheus, readiness


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Say that this process answers; asks nobody else."""
    return JsonResponse({"ok": True})


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Say whether everything works that a shop needs to sell: 200 or 503, each part named, no shop is.

    For whoever watches. A proxy that chooses between web processes asks ``healthz``: a worker that stands
    still is no reason to take the pages away too.
    """
    parts = {check.name: check.ok for check in readiness.checks()}
    ready = all(parts.values())
    return JsonResponse({"ok": ready, **parts, "instance": settings.INSTANCE}, status=200 if ready else 503)


@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    """Answer Prometheus."""
    return HttpResponse(prometheus.exposition(), content_type=CONTENT_TYPE_LATEST)


@require_safe
def front_page(request: HttpRequest) -> HttpResponse:
    """Show the front page, which leads to the console and the portal."""
    return render(request, "config/front_page.html")
