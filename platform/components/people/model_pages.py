"""People and the audit log as both consoles show them."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import roles
from accounts.models import User
from backoffice.audit_entries import ACTIONS, action_name, object_name
from backoffice.model_pages import AuditedAdmin, ReadOnlyAdmin
from kernel.models import AuditEntry


class PersonAdmin(AuditedAdmin):
    """People of this host; nobody is added or deleted here, and nobody gives themselves a role.

    A role is changed or taken away here. The first one is taken up by invitation only: whoever opened a
    member's account under an address need not be who reads its mail.
    """

    list_display: Sequence[Any] = ("email", "name", "role", "is_active", "date_joined")
    list_filter = ("role", "is_active")
    search_fields = ("email", "name__search_text", "phone")
    ordering = ("email",)
    fields = ("email", "name", "phone", "role", "is_active", "date_joined", "last_login")
    readonly_fields = ("email", "date_joined", "last_login")
    deletable = False
    sensitive = True
    grantable: frozenset[str] = frozenset()

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer the roles that this console may give."""
        if db_field.name == "role":
            kwargs["choices"] = choices_of(self.grantable)
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Keep one's own role and access out of one's own reach, and every role that is not changed here."""
        fixed: tuple[str, ...] = tuple(super().get_readonly_fields(request, obj))
        changeable = self.grantable - {roles.MEMBER}
        if obj is not None and (obj.pk == request.user.pk or obj.role not in changeable):
            fixed += ("role",)
        return (*fixed, "is_active") if obj is not None and obj.pk == request.user.pk else fixed

    def has_add_permission(self, request: HttpRequest) -> bool:
        """People are invited, by a screen of its own."""
        return False


def choices_of(offered: frozenset[str]) -> list[tuple[str, Any]]:
    """Return these roles with their names, in their order."""
    return [choice for choice in roles.CHOICES if choice[0] in offered]


class ActionFilter(admin.SimpleListFilter):
    """Narrows the audit log to one kind of action, by its words."""

    title = _("what")
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return every action in the reader's language, in the order of its words."""
        return sorted(((code, str(text)) for code, text in ACTIONS.items()), key=lambda pair: pair[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        """Narrow the entries."""
        return queryset.filter(action=self.value()) if self.value() else queryset


class AuditAdmin(ReadOnlyAdmin):
    """Who did what, newest first, in words."""

    list_display: Sequence[Any] = ("at", "actor_label", "what", "object_label", "about", "reason")
    list_filter: Sequence[Any] = (ActionFilter, "object_type")

    @admin.display(description=_("what"), ordering="action")
    def what(self, entry: AuditEntry) -> str:
        """Return what was done."""
        return str(action_name(entry.action))

    @admin.display(description=_("about"), ordering="object_type")
    def about(self, entry: AuditEntry) -> str:
        """Return what kind of thing it was done to."""
        return object_name(entry.object_type)

    search_fields = (
        "actor_label__search_text",
        "object_label__search_text",
        "object_id",
        "reason__search_text",
    )
    ordering = ("-at",)
