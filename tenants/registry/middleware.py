"""From the host of a request to its tenant: no query when the host is known to this process."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseNotFound
from django_tenants.postgresql_backend.base import FakeTenant

from kernel.tenancy import PUBLIC, connection
from tenants.registry.selectors import find_by_host

PLATFORM = FakeTenant(PUBLIC)
"""Stands in ``request.tenant`` for the platform itself."""
MACHINE_PATHS = frozenset({"/healthz", "/readyz", "/metrics", "/tls-allowed"})
"""Probes and the proxy ask these under an address or a bare name inside the network."""


class TenantMiddleware:
    """Puts the request into the schema and under the URLs of its host; others get a 404 that names nobody."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            host = request.get_host()
        except DisallowedHost:
            return HttpResponseBadRequest("Bad request.", content_type="text/plain")
        host = _without_port(host)
        if host == settings.PLATFORM_HOST or (request.path in MACHINE_PATHS and _is_internal(host)):
            _normalise(request, host)
            connection.set_tenant(PLATFORM)
            request.tenant = PLATFORM  # type: ignore[attr-defined]
            request.urlconf = settings.PUBLIC_SCHEMA_URLCONF
            return self.get_response(request)
        tenant = find_by_host(host)
        if tenant is None:
            return HttpResponseNotFound("Not found.", content_type="text/plain")
        _normalise(request, host)
        connection.set_tenant(tenant)
        request.tenant = tenant  # type: ignore[attr-defined]
        return self.get_response(request)


def _normalise(request: HttpRequest, host: str) -> None:
    """Let everything behind this read one spelling of the host: keys, links of mails, origins.

    Behind the proxy no address has a port; on a laptop the sender's is kept, who may have forwarded ours.
    """
    _name, _colon, port = request.META.get("HTTP_HOST", "").rpartition(":")
    request.META["HTTP_HOST"] = host if settings.PUBLIC_PORT == "" or not port.isdigit() else f"{host}:{port}"


def _is_internal(host: str) -> bool:
    """True for an address and for a name without a dot: no shop has either."""
    return "." not in host or host.startswith("[") or host.replace(".", "").isdigit()


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    if not colon or not port.isdigit():
        name = host
    return name.lower().rstrip(".")
