"""The queues: what was reported from outside, what has to be handled, and what became of it."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from backoffice.model_pages import ReadOnlyAdmin


class QueueFilter(admin.SimpleListFilter):
    """Rows of a queue by what became of them."""

    title, parameter_name = _("state"), "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the choices."""
        return [("failing", _("failed at least once")), ("waiting", _("waiting")), ("handled", _("handled"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the chosen rows."""
        chosen = {
            "failing": Q(handled_at=None, attempts__gt=0),
            "waiting": Q(handled_at=None),
            "handled": Q(handled_at__isnull=False),
        }
        return queryset.filter(chosen.get(self.value() or "", Q()))


class InboxAdmin(ReadOnlyAdmin):
    """What the payment provider reported, and what is stuck."""

    list_display = ("received_at", "topic", "object_id", "attempts", "handled_at", "last_error")
    list_filter = (QueueFilter, "topic")
    search_fields = ("external_id", "object_id")
    ordering = ("-id",)


class OutboxAdmin(ReadOnlyAdmin):
    """What happened and has to be handled, and what is stuck."""

    list_display = ("created_at", "topic", "schema", "attempts", "available_at", "handled_at")
    list_filter = (QueueFilter, "topic")
    ordering = ("-id",)
