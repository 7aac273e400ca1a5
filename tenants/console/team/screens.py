"""Giving somebody a role in this shop."""

from django.http import HttpRequest, HttpResponse

from accounts import roles, services
from components.people import add_person


def add_operator(request: HttpRequest) -> HttpResponse:
    """Give somebody a role in this shop; a new account's password is shown once."""
    return add_person(request, roles.OPERATORS, services.create_operator)
