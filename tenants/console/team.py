"""The shop's people and its audit log."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from accounts import roles, services
from accounts.models import User
from components.people import AuditAdmin, PersonAdmin, _add_person
from kernel.models import AuditEntry
from kernel.tenancy import current_schema
from tenants.console.sites import console


@admin.register(User, site=console)
class TeamAdmin(PersonAdmin):
    """Everybody with an account in this shop."""

    grantable = roles.OPERATORS | {roles.MEMBER}


@console.screen(
    "team/add/",
    name="team_add",
    permission="accounts.add_user",
    title=_("Add an operator"),
    icon="person_add",
    group="people",
    place=11,
)
def add_operator(request: HttpRequest) -> HttpResponse:
    """Give somebody a role in this shop; a new account's password is shown once."""
    return _add_person(request, console, roles.OPERATORS, services.create_operator)


@admin.register(AuditEntry, site=console)
class ShopAuditAdmin(AuditAdmin):
    """What was done by hand in this shop."""

    exclude = ("schema",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEntry]:
        """Return this shop's entries: the table is shared by all."""
        found: QuerySet[AuditEntry] = super().get_queryset(request)
        return found.filter(schema=current_schema())
