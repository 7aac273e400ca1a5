"""The link, code and poster by which a member brings others."""

import io
from urllib.parse import urlencode

import segno
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

from kernel.texts.translated import pick
from storefront_theme.context import shown_look
from storefront_theme.pictures import logo, poster
from storefront_theme.requests import MemberRequest, member_page
from tenants.agents.members import services as member_services


def share_address(request: MemberRequest, path: str = "/") -> str:
    """Return the address that binds whoever opens it first to this member."""
    member = member_services.ensure_member(user=request.user)
    if not url_has_allowed_host_and_scheme(path, allowed_hosts=None) or not path.startswith("/"):
        path = "/"
    return request.build_absolute_uri(f"{path.partition('?')[0]}?{urlencode({'s': member.referral_code})}")


@member_page("GET")
def share(request: MemberRequest) -> HttpResponse:
    """Show the link and the QR code of one page of the shop."""
    path = request.GET.get("path", "/")
    url = share_address(request, path)
    context = {
        "share_url": url,
        "path": path if url_has_allowed_host_and_scheme(path, allowed_hosts=None) else "/",
    }
    return render(request, "storefront/share.html", context)


@member_page("GET")
def share_qr(request: MemberRequest) -> HttpResponse:
    """Draw the referral link as a QR code."""
    code = segno.make(share_address(request, request.GET.get("path", "/")), error="m")
    out = io.BytesIO()
    code.save(out, kind="svg", scale=8, border=2, dark="#111111", light="#ffffff")
    return HttpResponse(out.getvalue(), content_type="image/svg+xml")


@member_page("GET")
def share_poster(request: MemberRequest) -> HttpResponse:
    """Draw a poster with the member's QR code, to be saved and sent."""
    look = shown_look(request)
    svg = poster.draw(
        look.document,
        name=pick(request.tenant.name),
        mark=logo.characters(look.document, pick(request.tenant.name)),
        address=share_address(request),
        person=str(request.user),
    )
    return HttpResponse(svg, content_type="image/svg+xml")
