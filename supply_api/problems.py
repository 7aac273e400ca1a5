"""Every refusal as a problem document (RFC 9457), whoever raised it."""

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from kernel.errors import BanyanError
from supply_api.keys import NotAuthenticated

logger = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"
CODES = {
    400: "bad_request",
    401: "not_authenticated",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    413: "too_large",
    415: "unsupported_media_type",
    429: "too_many_requests",
    500: "internal_error",
}


def document(status: int, *, code: str = "", detail: str = "", **members: Any) -> dict[str, Any]:
    """Return the members of a problem; ``code`` is stable, ``title`` and ``detail`` are for people.

    ``type`` is about:blank (RFC 9457, 4.2.1): what distinguishes problems of one status is ``code``.
    """
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code or CODES.get(status, "error"),
        "detail": detail,
        **{name: value for name, value in members.items() if value not in (None, "")},
    }


def answer(exc: Exception, context: Mapping[str, Any]) -> Response:
    """DRF's exception handler: turn any error into a problem, unknown ones into a 500 without their text."""
    set_rollback()
    headers: dict[str, str] = {}
    if isinstance(exc, NotAuthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(exc, BanyanError):
        facts = exc.as_dict()
        message = facts.pop("message")
        body = document(exc.status, code=facts.pop("code"), detail=message, **facts)
    elif isinstance(exc, exceptions.ValidationError):
        faults = list(_flatten(exc.detail))
        body = document(422, code="invalid", detail=_("The request cannot be taken as it is."), faults=faults)
    elif isinstance(exc, exceptions.APIException):
        if (wait := getattr(exc, "wait", None)) is not None:
            headers["Retry-After"] = str(int(wait))
        body = document(exc.status_code, detail=str(exc.detail))
        if isinstance(exc, exceptions.MethodNotAllowed):
            view = context["view"]
            headers["Allow"] = ", ".join(view.allowed_methods)
    elif isinstance(exc, Http404):
        body = document(404, detail=_("There is nothing here."))
    elif isinstance(exc, PermissionDenied | SuspiciousOperation):
        body = document(403 if isinstance(exc, PermissionDenied) else 400)
    else:
        logger.exception("an API view failed")
        body = document(500, detail=_("Something failed on our side; it has been written down."))
    return Response(body, status=body["status"], headers=headers, content_type=MEDIA_TYPE)


def nothing_here(request: HttpRequest, path: str = "") -> HttpResponse:
    """Answer for addresses that do not exist below the API."""
    body = document(404, detail=_("There is nothing here."))
    return HttpResponse(json.dumps(body, ensure_ascii=False), status=404, content_type=MEDIA_TYPE)


def _flatten(detail: Any, path: str = "") -> Any:
    if isinstance(detail, Mapping):
        for name, value in detail.items():
            yield from _flatten(value, f"{path}.{name}" if path else str(name))
    elif isinstance(detail, list) and detail and not isinstance(detail[0], str):
        for index, value in enumerate(detail):
            yield from _flatten(value, f"{path}[{index}]")
    elif isinstance(detail, list):
        yield from ({"field": path, "message": str(value)} for value in detail)
    else:
        yield {"field": path, "message": str(detail)}
