"""Pages for what goes wrong, in the shop's own look."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.translation import gettext as _
from django.views.csrf import csrf_failure

from kernel.tenancy import PUBLIC, current_schema

PLAIN = (
    '<!doctype html><html lang="zh-Hans"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    '<title>500</title><link rel="icon" href="/brand/logo.svg">'
    '<link rel="stylesheet" href="{styles}"><link rel="stylesheet" href="/theme.css"></head>'
    '<body><main class="wrap"><div class="empty">'
    '<h1 class="text-xl font-bold">稍等一下 · One moment, please</h1>'
    '<p class="muted">出了点问题，我们已经知道了。<br>Something went wrong; we know about it.</p>'
    '<a class="btn btn-primary" href="/">返回首页 · Home</a></div></main></body></html>'
)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 404."""
    return shop_page(
        request, 404, "search-x", _("This page is not here"), _("It may have moved, or the goods are gone.")
    )


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 403."""
    return shop_page(request, 403, "lock", _("Not this way"), _("Go back, reload the page and try again."))


def failed(request: HttpRequest) -> HttpResponse:
    """Answer 500; uses no database, which may be what is broken."""
    return HttpResponse(PLAIN.format(styles=static("storefront/shop.css")), status=500)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer 403 where a form's token is missing or old; the platform's own pages say it in Django's way."""
    if current_schema() == PUBLIC:
        return csrf_failure(request, reason)
    return forbidden(request)


def shop_page(request: HttpRequest, status: int, sign: str, heading: str, text: str) -> HttpResponse:
    """Answer with a page of the shop that has only a sign, a heading and a sentence."""
    context = {"status": status, "sign": sign, "heading": heading, "text": text}
    return render(request, "storefront/error.html", context, status=status)
