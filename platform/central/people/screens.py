"""Adding somebody to the central team."""

from django.http import HttpRequest, HttpResponse

from accounts import roles
from accounts import services as account_services
from components.people import add_person


def add_staff(request: HttpRequest) -> HttpResponse:
    """Give somebody an account of the central team; its password is shown once."""
    return add_person(request, roles.CENTRAL, account_services.create_staff)
