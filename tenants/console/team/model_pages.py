"""The shop's people and its audit log."""

from django.db.models import QuerySet
from django.http import HttpRequest

from accounts import roles
from components.people.model_pages import AuditAdmin, PersonAdmin
from kernel.models import AuditEntry
from kernel.tenancy import current_schema


class TeamAdmin(PersonAdmin):
    """Everybody with an account in this shop."""

    grantable = roles.OPERATORS | {roles.MEMBER}


class ShopAuditAdmin(AuditAdmin):
    """What was done by hand in this shop."""

    exclude = ("schema",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEntry]:
        """Return this shop's entries: the table is shared by all."""
        entries: QuerySet[AuditEntry] = super().get_queryset(request)
        return entries.filter(schema=current_schema())
