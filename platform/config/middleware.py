"""Who asks, a name for every request by which its log lines are found, a count, and a page for refusals."""

import logging
import time
from collections.abc import Callable
from ipaddress import ip_address

from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from config import failing_shops, prometheus
from config.logs import request_id
from kernel.errors import BanyanError, Text, sentences
from kernel.ids import new_id
from kernel.tenancy import PUBLIC

logger = logging.getLogger(__name__)


class ClientAddressMiddleware:
    """Puts the client's own address into REMOTE_ADDR, as the outermost of our proxies saw it.

    Each proxy adds an address at the end of X-Forwarded-For: the last TRUSTED_PROXIES of them are written by
    our own, everything before is whatever the client liked to send. Nobody after this reads the header.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        addresses = request.META.pop("HTTP_X_FORWARDED_FOR", "").split(",")
        proxies = settings.TRUSTED_PROXIES
        if proxies and len(addresses) >= proxies and (address := _address(addresses[-proxies])):
            request.META["REMOTE_ADDR"] = address
        return self.get_response(request)


def _address(text: str) -> str:
    try:
        return str(ip_address(text.strip()))
    except ValueError:
        return ""


class RequestIdMiddleware:
    """Gives each request an id, in the logs and in the answer's ``X-Request-Id``."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = request_id.set(new_id().hex)
        try:
            response = self.get_response(request)
            response["X-Request-Id"] = request_id.get()
            return response
        finally:
            request_id.reset(token)


SURFACES = ("api", "console", "portal", "static", "webhooks", "healthz", "readyz", "metrics")


class FiguresMiddleware:
    """Counts answers and their seconds by surface: the first part of the path, if it is one of few."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = self.get_response(request)
        first = request.path_info.split("/", 2)[1]
        on_platform = request.META.get("HTTP_HOST", "").partition(":")[0] == settings.PLATFORM_HOST
        prometheus.count_request(
            surface=first if first in SURFACES else "platform" if on_platform else "shop",
            method=request.method or "",
            status=response.status_code,
            seconds=time.perf_counter() - started,
        )
        tenant = getattr(request, "tenant", None)
        if tenant is not None and tenant.schema_name != PUBLIC:
            failing_shops.note(tenant.schema_name, response.status_code)
        return response


class RefusalMiddleware:
    """Answers with a page where no view did: what was refused and why, or that the database is busy."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Turn a refusal into a page of its status, a busy or absent database into 503; None for faults."""
        if isinstance(exception, BanyanError):
            logger.warning("a refusal met no view", exc_info=exception)
            return _page(request, exception.status, exception.message, exception.remedy)
        if isinstance(exception, OperationalError):
            logger.error("the database did not answer", exc_info=exception)
            return _page(
                request, 503, _("this did not work just now"), _("nothing was changed: try again in a moment")
            )
        return None


def _page(request: HttpRequest, status: int, message: Text, remedy: Text) -> HttpResponse:
    back = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = "/"
    context = {"heading": sentences(message), "text": sentences(remedy), "back": back}
    return HttpResponse(render_to_string("config/refused.html", context), status=status)
