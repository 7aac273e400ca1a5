"""Forms on pages that everybody shares: who may post them, without a token in the page.

A page served from the page cache is the same bytes for every visitor, so it cannot hold a CSRF token.
The few forms that such pages carry (add to cart, change the language) are guarded by where the browser
says the post comes from, in the way of Go's ``http.CrossOriginProtection`` (Filippo Valsorda, 2025,
https://words.filippo.io/csrf/): ``Sec-Fetch-Site`` where it is sent (every browser since 2023), else
``Origin`` (every browser since 2020) beside the host that was asked. A request with neither comes from no
browser and therefore carries nobody's cookies. Every other form keeps Django's token.
"""

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlsplit

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

View = Callable[..., HttpResponse]


def comes_from_here(request: HttpRequest) -> bool:
    """True unless a browser says that another site's page caused this request."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.get_host()


def same_origin(view: View) -> View:
    """Let a view take posts of this shop's own pages without a token, and refuse all others with 403."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if request.method not in {"GET", "HEAD"} and not comes_from_here(request):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return csrf_exempt(guarded)
