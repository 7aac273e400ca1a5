"""Inviting somebody to work in this shop."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse

from accounts import roles
from accounts import services as user_services
from components.people import invitations


def invite_operator(request: HttpRequest) -> HttpResponse:
    """Invite somebody to a role in this shop."""
    return invitations.invite(request, roles.OPERATORS, user_services.invite_operator)


def revoke_invitation(request: HttpRequest, invitation_id: UUID) -> HttpResponse:
    """Take an invitation back."""
    return invitations.revoke(request, invitation_id, "console:team_invite")
