"""The person behind a request."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from accounts.models import User


def signed_in(request: HttpRequest) -> User:
    """Return who is signed in; a console's screen is never reached by anybody else."""
    user = request.user
    if not isinstance(user, User):
        raise PermissionDenied
    return user
