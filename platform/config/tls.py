"""What the TLS proxy asks before it fetches a certificate."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from tenants.registry.selectors import find_by_host


@require_safe
def tls_allowed(request: HttpRequest) -> HttpResponse:
    """Answer 200 if ``?domain=`` is the host of an open shop, else 404, so nobody orders certificates."""
    host = request.GET.get("domain", "").lower().rstrip(".")
    return HttpResponse(status=200 if host and find_by_host(host) else 404)
