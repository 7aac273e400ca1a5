"""A name for every request, so that its log lines can be found again."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

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
