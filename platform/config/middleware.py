"""A name for every request, so that its log lines can be found again, and a count of all of them."""

import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from config import prometheus
from config.logs import request_id
from kernel.ids import new_id


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
        return response
