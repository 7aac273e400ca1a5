"""The language follows the person, and what no text can hold is refused before any page reads it."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, UnreadablePostError
from django.http.request import QueryDict
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from accounts import sessions, sign_in_tries

_KNOWN = dict(settings.LANGUAGES)


class LanguageMiddleware:
    """Activates the cookie's language, else the browser's, else the tenant's own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = requested_language(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        patch_vary_headers(response, ["Accept-Language", "Cookie"])
        response.headers.setdefault("Content-Language", language)
        return response


def requested_language(request: HttpRequest) -> str:
    """Return the language code to answer in; cheap, and safe before sessions exist."""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    if chosen in _KNOWN:
        return chosen
    for part in request.headers.get("Accept-Language", "").lower().split(","):
        tag = part.partition(";")[0].strip()
        if tag.startswith("zh"):
            return "zh-hans"
        if tag.startswith("en"):
            return "en"
    locale = str(getattr(getattr(request, "tenant", None), "locale", "") or "").lower()
    return locale if locale in _KNOWN else settings.LANGUAGE_CODE


class KnownDeviceMiddleware:
    """Remembers in a browser that somebody has signed in there (accounts.sign_in_tries)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if address := getattr(request, sessions.SIGNED_IN_AS, ""):
            sign_in_tries.remember(response, address, secure=settings.SESSION_COOKIE_SECURE)
        return response


class NulMiddleware:
    """Answers 400 to a NUL byte in the address or a field: PostgreSQL takes none, only forms check."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in request.path_info or _has_nul(request.GET):
            return _nul_refused()
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, *_arguments: Any) -> HttpResponse | None:
        """Look into a posted form as late as CSRF does, so that what nobody serves is not read either.

        Nor are files that a program sends to a view without CSRF: their length is not known.
        """
        if getattr(view, "csrf_exempt", False) and request.content_type == "multipart/form-data":
            return None
        try:
            return _nul_refused() if _has_nul(request.POST) else None
        except UnreadablePostError:
            return None  # the sender went away: the CSRF check says what it says


def _has_nul(fields: QueryDict) -> bool:
    return any("\0" in name or any("\0" in text for text in texts) for name, texts in fields.lists())


def _nul_refused() -> HttpResponse:
    return HttpResponseBadRequest(
        _("A field or the address holds a character that is no text (NUL). Remove it and send again."),
        content_type="text/plain; charset=utf-8",
    )
