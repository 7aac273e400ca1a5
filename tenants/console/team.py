"""The shop's people and its audit log."""

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from accounts import roles
from accounts import services as account_services
from components.people import AuditAdmin, PersonAdmin, add_person
from kernel.models import AuditEntry
from kernel.tenancy import current_schema


class TeamAdmin(PersonAdmin):
    """Everybody with an account in this shop."""

    grantable = roles.OPERATORS | {roles.MEMBER}


def add_operator(request: HttpRequest) -> HttpResponse:
    """Give somebody a role in this shop; a new account's password is shown once."""
    return add_person(request, roles.OPERATORS, account_services.create_operator)


class ShopAuditAdmin(AuditAdmin):
    """What was done by hand in this shop."""

    exclude = ("schema",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEntry]:
        """Return this shop's entries: the table is shared by all."""
        found: QuerySet[AuditEntry] = super().get_queryset(request)
        return found.filter(schema=current_schema())
