"""The shop's look as files, and what makes it installable."""

from urllib.parse import quote

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from kernel.texts.translated import pick
from storefront_theme import regions
from storefront_theme.origin import same_origin
from storefront_theme.pictures import logo
from storefront_theme.requests import ShopRequest
from tenants.brand import selectors as brand_selectors
from tenants.brand import stylesheet
from tenants.shop.listings.regions import region_choices

FOR_EVER = "public, max-age=31536000, immutable"
SHORTLY = "public, max-age=60"
YEAR_SECONDS = 60 * 60 * 24 * 365


@require_safe
def theme_css(request: HttpRequest) -> HttpResponse:
    """Send the shop's variables; for ever only under the version that is in force.

    A version that is not published yet must not be kept: it would be stored with today's colours.
    """
    if request.GET.get("v") == "draft":
        if not getattr(request.user, "is_staff", False):
            raise Http404
        draft = brand_selectors.read_look(draft=True)
        css, caching = (
            stylesheet.render(draft.document.model_dump_json(exclude_unset=True)),
            "private, no-store",
        )
    else:
        look = brand_selectors.look()
        css = stylesheet.render(look.document.model_dump_json(exclude_unset=True))
        caching = FOR_EVER if request.GET.get("v") == str(look.version) else SHORTLY
    return HttpResponse(css, content_type="text/css; charset=utf-8", headers={"Cache-Control": caching})


@require_safe
def logo_svg(request: ShopRequest) -> HttpResponse:
    """Draw the logo."""
    look = brand_selectors.look()
    svg = logo.draw(look.document, pick(request.tenant.name))
    caching = FOR_EVER if request.GET.get("v") == str(look.version) else SHORTLY
    return HttpResponse(svg, content_type="image/svg+xml", headers={"Cache-Control": caching})


@require_safe
def manifest(request: ShopRequest) -> HttpResponse:
    """Describe the shop as an installable app."""
    look = brand_selectors.look()
    colours = stylesheet.colours(look.document)
    name = pick(request.tenant.name)
    icon = {"src": f"/brand/logo.svg?v={look.version}", "type": "image/svg+xml", "sizes": "any"}
    document = {
        "id": "/",
        "name": name,
        "short_name": name[:12],
        "description": pick(look.document.tagline),
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "lang": "en" if request.LANGUAGE_CODE == "en" else "zh-Hans",
        "background_color": colours["base-200"],
        "theme_color": colours["primary"],
        "icons": [{**icon, "purpose": "any"}, {**icon, "purpose": "maskable"}],
    }
    return JsonResponse(
        document,
        content_type="application/manifest+json",
        headers={"Cache-Control": SHORTLY},
        json_dumps_params={"ensure_ascii": False},
    )


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """Send the worker that shows the offline page; it keeps that page and its styles, nothing else."""
    look = brand_selectors.look()
    context = {
        "version": look.version,
        "files": [
            "/offline/",
            static("storefront/shop.css"),
            static("storefront/icons.svg"),
            f"/theme.css?v={look.version}",
            f"/brand/logo.svg?v={look.version}",
        ],
    }
    response = render(request, "storefront/sw.js", context, content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """Say that there is no connection."""
    return render(request, "storefront/offline.html")


def _back(request: HttpRequest) -> HttpResponseRedirect:
    """Send people back to where they were; to no other site."""
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts=None) or not target.startswith("/"):
        target = "/"
    return HttpResponseRedirect(quote(target, safe="/?&=%-._~:,+"))


@same_origin
@require_POST
def set_region(request: HttpRequest) -> HttpResponse:
    """Remember where somebody is: local goods of other regions are left out. Empty: show them all."""
    response = _back(request)
    slug = request.POST.get("region", "")
    if any(place.slug == slug for place in region_choices()):
        response.set_cookie(
            regions.COOKIE,
            regions.cookie_value(slug),
            max_age=YEAR_SECONDS,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
    else:
        response.delete_cookie(regions.COOKIE)
    return response


@same_origin
@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Remember the language somebody chose and go back to where they were."""
    response = _back(request)
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            max_age=YEAR_SECONDS,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
        if request.user.is_authenticated and request.user.language != language:
            request.user.language = language
            request.user.save(update_fields=["language"])
    return response
