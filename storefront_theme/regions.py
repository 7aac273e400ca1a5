"""The region whose local goods a visitor wants to see: a cookie that is no secret and names nobody."""

from urllib.parse import quote, unquote

from django.http import HttpRequest

from tenants.shop.listings import regions

COOKIE = "region"


def chosen(request: HttpRequest) -> str:
    """Return the slug of the chosen region; empty if none was, or this shop has nothing there."""
    from_cookie = unquote(request.COOKIES.get(COOKIE, ""))
    if not from_cookie:
        return ""
    return next((place.slug for place in regions.region_choices() if place.slug == from_cookie), "")


def cookie_value(slug: str) -> str:
    """Return a slug as it can stand in a cookie: it may be Chinese."""
    return quote(slug)
