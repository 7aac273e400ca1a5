"""The language follows the person: their choice, then their browser, then the shop."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

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
