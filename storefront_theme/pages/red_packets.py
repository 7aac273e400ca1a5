"""Red packets: those a member has, those they can take, and the link that somebody sent them."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from storefront_theme.requests import MemberRequest, member_page, press
from storefront_theme.visits import cookies
from tenants.shop.promotions.red_packets import access as red_packet_access
from tenants.shop.promotions.red_packets import selectors as red_packet_selectors
from tenants.shop.promotions.red_packets import services as red_packet_services


@member_page("GET")
def red_packets(request: MemberRequest) -> HttpResponse:
    """Show the member's red packets, and those that can be taken now."""
    context = {
        "mine": red_packet_selectors.of_member(request.user),
        "offered": red_packet_selectors.offered_to(request.user, cookies.visit_of(request).origin),
        "currency": request.tenant.currency,
        "tab": "me",
    }
    return render(request, "storefront/red_packets.html", context)


@member_page("GET")
def red_packet(request: MemberRequest, batch_code: str) -> HttpResponse:
    """Show the red packets that a link names, to be taken with one tap."""
    offered = red_packet_access.batch_by_code(batch_code)
    own = next(
        (item for item in red_packet_selectors.of_member(request.user) if item.batch_id == offered.id), None
    )
    context = {
        "batch": offered,
        "mine": own,
        "is_over": not red_packet_selectors.can_be_taken(offered, cookies.visit_of(request).origin),
        "currency": request.tenant.currency,
        "tab": "me",
    }
    return render(request, "storefront/red_packet.html", context)


@member_page("POST")
def take(request: MemberRequest, batch_id: UUID) -> HttpResponse:
    """Take one, once however often the button is pressed."""
    origin = cookies.visit_of(request).origin
    press(
        request,
        lambda: red_packet_services.take(batch_id=batch_id, user=request.user, origin_code=origin),
        _("The red packet is yours. Use it when you check out."),
    )
    return redirect("red_packets")
