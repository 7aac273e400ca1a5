"""People and the audit log as both consoles show them."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from accounts import roles
from accounts.models import User
from backoffice import columns
from backoffice.forms import ConsoleForm
from backoffice.model_pages import AuditedAdmin, ReadOnlyAdmin
from backoffice.sites import Console
from kernel.errors import BanyanError


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


class AuditAdmin(ReadOnlyAdmin):
    """Who did what, newest first."""

    nav_group, nav_icon, nav_place = "system", "history", 90
    list_display: Sequence[Any] = ("at", "actor_label", "action", "object_label", "object_type", "reason")
    list_filter: Sequence[Any] = ("action", "object_type")
    search_fields = ("actor_label", "object_label", "object_id", "reason")
    ordering = ("-at",)
