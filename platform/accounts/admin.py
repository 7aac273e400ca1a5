"""People, the audit log and the outbox, in the consoles."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from accounts import columns, roles, services
from accounts.audited import AuditedAdmin, ReadOnlyAdmin
from accounts.fields import ConsoleForm
from accounts.models import User
from accounts.sites import Console, central, console
from accounts.words import name_app, name_model
from kernel.errors import BanyanError
from kernel.models import AuditEntry, OutboxEvent
from kernel.tenancy import current_schema

name_app("accounts", _("People"))
name_app("kernel", _("System"))
name_model(
    User,
    _("person"),
    _("people"),
    email=_("e-mail"),
    name=_("full name"),
    phone=_("phone"),
    language=_("language"),
    role=_("role"),
    supplier_id=_("supplier"),
    is_active=_("may sign in"),
    date_joined=_("since"),
    last_login=_("last sign-in"),
)
name_model(
    AuditEntry,
    _("audit entry"),
    _("audit log"),
    schema=_("shop"),
    actor_label=_("who"),
    action=_("what"),
    object_type=_("kind of object"),
    object_label=_("object"),
    object_id=_("id"),
    changes=_("changes"),
    reason=_("reason"),
    at=_("when"),
)
name_model(
    OutboxEvent,
    _("event"),
    _("events (outbox)"),
    topic=_("topic"),
    schema=_("shop"),
    payload=_("content"),
    created_at=_("written"),
    available_at=_("next try"),
    handled_at=_("handled"),
    attempts=_("tries"),
    last_error=_("last error"),
)


class PersonAdmin(AuditedAdmin):
    """People of this host; nobody is added or deleted here, and nobody gives themselves a role."""

    nav_group, nav_title, nav_icon, nav_place = "people", _("People"), "group", 10
    list_display: Sequence[Any] = ("email", "name", "role_shown", "is_active", "date_joined")
    list_filter = ("role", "is_active")
    search_fields = ("email", "name", "phone")
    ordering = ("email",)
    fields = ("email", "name", "phone", "role", "is_active", "date_joined", "last_login")
    readonly_fields = ("email", "date_joined", "last_login")
    grantable: frozenset[str] = frozenset()
    role_shown = columns.state("role", _("role"))

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer the roles that this console may give."""
        if db_field.name == "role":
            kwargs["choices"] = [choice for choice in roles.CHOICES if choice[0] in self.grantable]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Keep one's own role and door out of one's own reach, and a role this console cannot give."""
        fixed: tuple[str, ...] = tuple(super().get_readonly_fields(request, obj))
        if obj is not None and (obj.pk == request.user.pk or obj.role not in self.grantable):
            fixed += ("role",)
        return (*fixed, "is_active") if obj is not None and obj.pk == request.user.pk else fixed

    def has_add_permission(self, request: HttpRequest) -> bool:
        """People are added by a screen of their own, which sets a password."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Never: orders and audit speak of them. An account is closed instead."""
        return False


@admin.register(User, site=console)
class TeamAdmin(PersonAdmin):
    """Everybody with an account in this shop."""

    grantable = roles.OPERATORS | {roles.MEMBER}


@admin.register(User, site=central)
class StaffAdmin(PersonAdmin):
    """The central team and the suppliers' people."""

    grantable = roles.CENTRAL
    list_display = ("email", "name", "role_shown", "supplier_id", "is_active", "date_joined")


class NewPersonForm(ConsoleForm):
    """Somebody who shall work here."""

    email = forms.EmailField(label=_("E-mail"))
    name = forms.CharField(label=_("Full name"), max_length=120, required=False)
    role = forms.ChoiceField(label=_("Role"))


def _add_person(request: HttpRequest, site: Console, offered: frozenset[str], create: Any) -> HttpResponse:
    form = NewPersonForm(request.POST or None)
    form.fields["role"].choices = [choice for choice in roles.CHOICES if choice[0] in offered]  # type: ignore[attr-defined]
    person = None
    if request.method == "POST" and form.is_valid():
        try:
            person = create(**form.cleaned_data, acting_user=request.user)
        except BanyanError as error:
            form.refuse(error)
        else:
            if not person.password:
                messages.success(
                    request, _("%(email)s keeps the password of before.") % {"email": person.user.email}
                )
                return redirect(f"{site.name}:accounts_user_changelist")
    context = {"title": _("Add a person"), "form": form, "person": person}
    return site.render(request, "console/new_person.html", context)


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


@central.screen(
    "team/add/",
    name="team_add",
    permission="accounts.add_user",
    title=_("Add to the team"),
    icon="person_add",
    group="people",
    place=11,
)
def add_staff(request: HttpRequest) -> HttpResponse:
    """Give somebody an account of the central team; its password is shown once."""
    return _add_person(request, central, roles.CENTRAL, services.create_staff)


class AuditAdmin(ReadOnlyAdmin):
    """Who did what, newest first."""

    nav_group, nav_icon, nav_place = "system", "history", 90
    list_display: Sequence[Any] = ("at", "actor_label", "action", "object_label", "object_type", "reason")
    list_filter: Sequence[Any] = ("action", "object_type")
    search_fields = ("actor_label", "object_label", "object_id", "reason")
    ordering = ("-at",)


@admin.register(AuditEntry, site=console)
class ShopAuditAdmin(AuditAdmin):
    """What was done by hand in this shop."""

    exclude = ("schema",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEntry]:
        """Return this shop's entries: the table is shared by all."""
        found: QuerySet[AuditEntry] = super().get_queryset(request)
        return found.filter(schema=current_schema())


@admin.register(AuditEntry, site=central)
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


@admin.register(OutboxEvent, site=central)
class OutboxAdmin(ReadOnlyAdmin):
    """What rooms told each other, and what is stuck."""

    nav_group, nav_icon, nav_place = "system", "outbox", 70
    list_display = ("created_at", "topic", "schema", "attempts", "available_at", "handled_at")
    list_filter = (WaitingFilter, "topic")
    ordering = ("-id",)
