"""Adding somebody to the central team."""

from django.http import HttpRequest, HttpResponse

from accounts import roles, services
from components.people import add_person


def add_staff(request: HttpRequest) -> HttpResponse:
    """Give somebody an account of the central team; its password is shown once."""
    return add_person(request, roles.CENTRAL, services.create_staff)
