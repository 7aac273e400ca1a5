"""Whole pages for visitors whom nobody knows: rendered once a version, then sent as they are.

A page may be shared only if nothing of a person is in it. So a request takes part only if it is a plain
GET of a listed path with listed query values, and carries no cookie but the language's, the form token's
(which no shared page contains) and the referral link's (which changes no page). An answer is kept only if it
is a 200 that sets no cookie and does not ask to be kept private. Forms on such pages carry no token; see
storefront_theme.origin.

The key names the code, the tenant's schema, the host, the path, the query, the language and the versions
of the look and of everything the shop shows of the catalogue. A change is a new version and hence a new
key: nothing has to be deleted. Versions are read once in STAMP_SECONDS for a tenant and process, so
strangers see a change a few seconds later at most; whoever is signed in is never served from here.
"""

import gzip
import hashlib
import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from django.conf import settings
from django.core.cache import cache
from django.http import HttpResponse, HttpResponseNotModified

from accounts.middleware import requested_language
from billing.plans.selectors import Standing, standing_of
from kernel import limits
from kernel.caches import memo
from kernel.caches.process_cache import ProcessCache
from kernel.tenancy import PUBLIC, current_schema, in_public
from storefront_theme import regions
from storefront_theme.requests import ShopRequest, requested_part
from storefront_theme.visits.cookies import COOKIE as VISIT_COOKIE
from tenants.brand import selectors as brand_selectors
from tenants.shop.offers import selectors as offer_selectors

STAMP_SECONDS = 2.0
SHARED_SECONDS = 3600
"""How long the shared store keeps a page; versions make it wrong never, this only frees its memory."""
NEAR_BYTES = 40 * 1024 * 1024
"""What one process keeps at hand, so that most pages cost no round trip."""
MAX_PAGE_BYTES = 512 * 1024
SHARED_BYTES = 256 * 1024 * 1024
"""What all shops together may lay into the shared store within SHARED_SECONDS, compressed: it holds sessions
and queues too, which must never be short of room."""

_HARMLESS_COOKIES = {settings.LANGUAGE_COOKIE_NAME, settings.CSRF_COOKIE_NAME, VISIT_COOKIE, regions.COOKIE}
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_LIST = {"sort": re.compile(r"new|saving|-?price"), "page": re.compile(r"[1-9]\d{0,2}")}
_PATHS: tuple[tuple[re.Pattern[str], dict[str, re.Pattern[str]]], ...] = (
    (re.compile(r"/"), {}),
    (re.compile(r"/c/(?:[-\w]{1,60}/)?"), _LIST),
    (re.compile(r"/p/[-\w]{1,60}/[^/]{1,200}/"), {"v": re.compile(_UUID)}),
    (re.compile(r"/theme\.css|/brand/logo\.svg|/favicon\.ico"), {"v": re.compile(r"\d{1,9}")}),
    (re.compile(r"/manifest\.webmanifest|/offline/"), {}),
)
"""What may be kept, and which query values are part of its name. Anything else is answered anew, so that
made-up queries cannot fill the store."""
_KEPT_HEADERS = ("Content-Type", "Content-Language", "Cache-Control", "Vary", "X-Frame-Options")


@dataclass(frozen=True, slots=True)
class Page:
    """A finished answer, plain and compressed. Holds no cookie and nothing of a person."""

    headers: tuple[tuple[str, str], ...]
    etag: str
    plain: bytes
    packed: bytes

    def size(self) -> int:
        """Bytes kept in memory."""
        return len(self.plain) + len(self.packed) + 500


class _Near:
    """The pages most lately asked for in this process, up to a number of bytes."""

    def __init__(self, limit: int) -> None:
        self._limit, self._used = limit, 0
        self._pages: OrderedDict[str, Page] = OrderedDict()
        self._lock = Lock()

    def get(self, key: str) -> Page | None:
        with self._lock:
            page = self._pages.get(key)
            if page is not None:
                self._pages.move_to_end(key)
            return page

    def put(self, key: str, page: Page) -> None:
        with self._lock:
            if (before := self._pages.pop(key, None)) is not None:
                self._used -= before.size()
            self._pages[key] = page
            self._used += page.size()
            while self._used > self._limit:
                _key, oldest = self._pages.popitem(last=False)
                self._used -= oldest.size()

    def clear(self) -> None:
        with self._lock:
            self._pages.clear()
            self._used = 0


def _build() -> str:
    """Name the code that makes the pages: what an older one left in the shared store is not used."""
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(Path(__file__).parent.rglob("*")):
        if path.suffix in {".py", ".html", ".mo", ".css"}:
            digest.update(path.read_bytes())
    return digest.hexdigest()


_BUILD = _build()
_near = _Near(NEAR_BYTES)
_stamps: ProcessCache[str, str] = ProcessCache(4096, seconds=STAMP_SECONDS)


def forget() -> None:
    """Empty this process's memory of pages and versions, for tests that change things within a second."""
    _near.clear()
    _stamps.clear()


class PageCacheMiddleware:
    """Answers anonymous visitors from finished pages, and keeps those that may be shared."""

    def __init__(self, get_response: Callable[[ShopRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: ShopRequest) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            return self.get_response(request)
        with memo.one_page():
            return self._answer(request)

    def _answer(self, request: ShopRequest) -> HttpResponse:
        name = _name(request)
        if name is None:
            return self.get_response(request)
        key = _key(request, name)
        page = _near.get(key) or _from_shared(key)
        if page is not None:
            return _serve(request, page)
        response = self.get_response(request)
        # A version that moves while the page is made leaves a page newer than its key: harmless.
        if _may_keep(request, response):
            page = _finish(response)
            _near.put(key, page)
            if _has_room(page):
                cache.set(key, (page.headers, page.etag, page.packed), SHARED_SECONDS)
            return _serve(request, page, state="miss")
        return response


def _name(request: ShopRequest) -> str | None:
    """Return the shareable name of what is asked for, or None if this request takes no part."""
    if request.method != "GET" or request.tenant.schema_name == PUBLIC:
        return None
    if standing_of(request.tenant.id) == Standing.SUSPENDED:  # its pages are kept, and not shown
        return None
    if (
        any(cookie not in _HARMLESS_COOKIES for cookie in request.COOKIES)
        or "Authorization" in request.headers
    ):
        return None
    for pattern, allowed in _PATHS:
        if not pattern.fullmatch(request.path_info):
            continue
        query = []
        for field, values in sorted(request.GET.lists()):
            if field not in allowed or len(values) != 1 or not allowed[field].fullmatch(values[0]):
                return None
            query.append(f"{field}={values[0]}")
        return "|".join(
            (
                request.path_info,
                "&".join(query),
                requested_language(request),
                regions.chosen(request),
                requested_part(request),
            )
        )
    return None


def _key(request: ShopRequest, name: str) -> str:
    # The host is in absolute addresses of a page, and a tenant may have several.
    whole = "|".join((_BUILD, request.tenant.schema_name, request.get_host(), _stamp(), name))
    return "page:" + hashlib.blake2b(whole.encode(), digest_size=20).hexdigest()


def _stamp() -> str:
    return _stamps.answer(
        current_schema(), lambda: f"{brand_selectors.look().version}.{offer_selectors.catalogue_version()}"
    )


def _from_shared(key: str) -> Page | None:
    kept = cache.get(key)
    if kept is None:
        return None
    headers, etag, packed = kept
    page = Page(headers, etag, gzip.decompress(packed), packed)
    _near.put(key, page)
    return page


def _has_room(page: Page) -> bool:
    with in_public():  # the limit is one for all shops
        used = limits.hit("pages", limit=SHARED_BYTES, window=SHARED_SECONDS, cost=len(page.packed))
    return used.allowed


def _may_keep(request: ShopRequest, response: HttpResponse) -> bool:
    if response.status_code != 200 or response.cookies or response.streaming:
        return False
    directives = {part.strip() for part in response.get("Cache-Control", "").lower().split(",")}
    if directives & {"private", "no-store"} or len(response.content) > MAX_PAGE_BYTES:
        return False
    return _is_whole(response, requested_part(request))


def _is_whole(response: HttpResponse, part: str) -> bool:
    """True for a document from its first tag to its last, or for exactly the part that was asked for.

    A page that broke off, or a part in the place of a page, would be what the next visitors get.
    """
    kind, body = response.get("Content-Type", "").partition(";")[0], response.content.strip()
    if part:
        return body.startswith(f'<div id="{part}"'.encode()) and body.endswith(b"</div>")
    match kind:
        case "text/html":
            return body[:15].lower() == b"<!doctype html>" and body.endswith(b"</html>")
        case "image/svg+xml":
            return body.startswith(b"<svg") and body.endswith(b"</svg>")
        case "application/manifest+json":
            return body.startswith(b"{") and body.endswith(b"}")
        case _:
            return kind == "text/css" and bool(body)


def _finish(response: HttpResponse) -> Page:
    response.headers.setdefault("Cache-Control", "no-cache")
    headers = tuple((name, response.headers[name]) for name in _KEPT_HEADERS if name in response.headers)
    etag = '"' + hashlib.blake2b(response.content, digest_size=12).hexdigest() + '"'
    # Compressing a page that holds no secret gives nothing away (BREACH needs one).
    return Page(headers, etag, response.content, gzip.compress(response.content, 6, mtime=0))


def _serve(request: ShopRequest, page: Page, state: str = "hit") -> HttpResponse:
    if page.etag in request.headers.get("If-None-Match", ""):
        response: HttpResponse = HttpResponseNotModified()
        packed = False
    else:
        packed = "gzip" in request.headers.get("Accept-Encoding", "")
        response = HttpResponse(page.packed if packed else page.plain)
    for name, value in page.headers:
        response.headers[name] = value
    response.headers["ETag"] = page.etag
    response.headers["X-Page-Cache"] = state
    response.headers["Vary"] = ", ".join(filter(None, (response.headers.get("Vary"), "Accept-Encoding")))
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    return response
