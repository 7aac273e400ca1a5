"""Requests as the middleware hands them to the views, for the type checker."""

from django.http import HttpRequest

from accounts.models import User
from tenants.registry.models import Tenant


class ShopRequest(HttpRequest):
    """A request on a tenant's host."""

    tenant: Tenant


class MemberRequest(ShopRequest):
    """A request of somebody who is signed in."""

    user: User
