"""Inviting somebody to the central team."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse

from accounts import roles
from accounts import services as user_services
from components.people import invitations


def invite_staff(request: HttpRequest) -> HttpResponse:
    """Invite somebody to the central team."""
    return invitations.invite(request, roles.CENTRAL, user_services.invite_staff)


def revoke_invitation(request: HttpRequest, invitation_id: UUID) -> HttpResponse:
    """Take an invitation back, of the team or of a supplier's person."""
    return invitations.revoke(request, invitation_id, "central:team_invite")
