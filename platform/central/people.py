"""People, the audit log and the outbox, in the consoles."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from accounts import roles, services
from backoffice.model_pages import ReadOnlyAdmin
from components.people import AuditAdmin, PersonAdmin, add_person


class StaffAdmin(PersonAdmin):
    """The central team and the suppliers' people."""

    grantable = roles.CENTRAL
    list_display = ("email", "name", "role", "supplier_id", "is_active", "date_joined")


def add_staff(request: HttpRequest) -> HttpResponse:
    """Give somebody an account of the central team; its password is shown once."""
    return add_person(request, roles.CENTRAL, services.create_staff)


class FleetAuditAdmin(AuditAdmin):
    """What was done by hand anywhere."""

    list_display = ("at", "schema", "actor_label", "action", "object_label", "object_type", "reason")
    list_filter = ("action", "object_type", "schema")


class WaitingFilter(admin.SimpleListFilter):
    """Events by what became of them."""

    title, parameter_name = _("state"), "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the choices."""
        return [("failing", _("failed at least once")), ("waiting", _("waiting")), ("handled", _("handled"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the chosen events."""
        chosen = {
            "failing": Q(handled_at=None, attempts__gt=0),
            "waiting": Q(handled_at=None),
            "handled": Q(handled_at__isnull=False),
        }
        return queryset.filter(chosen.get(self.value() or "", Q()))


class OutboxAdmin(ReadOnlyAdmin):
    """What rooms told each other, and what is stuck."""

    list_display = ("created_at", "topic", "schema", "attempts", "available_at", "handled_at")
    list_filter = (WaitingFilter, "topic")
    ordering = ("-id",)
