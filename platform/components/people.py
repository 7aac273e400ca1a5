"""People and the audit log as both consoles show them."""

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from accounts import roles
from accounts.models import User
from accounts.services import SavedAccount
from backoffice.forms import ConsoleForm
from backoffice.model_pages import AuditedAdmin, ReadOnlyAdmin
from backoffice.screens import attempt, console_of, render


class PersonAdmin(AuditedAdmin):
    """People of this host; nobody is added or deleted here, and nobody gives themselves a role."""

    list_display: Sequence[Any] = ("email", "name", "role", "is_active", "date_joined")
    list_filter = ("role", "is_active")
    search_fields = ("email", "name", "phone")
    ordering = ("email",)
    fields = ("email", "name", "phone", "role", "is_active", "date_joined", "last_login")
    readonly_fields = ("email", "date_joined", "last_login")
    deletable = False
    grantable: frozenset[str] = frozenset()

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer the roles that this console may give."""
        if db_field.name == "role":
            kwargs["choices"] = _choices(self.grantable)
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Keep one's own role and access out of one's own reach, and a role this console cannot give."""
        fixed: tuple[str, ...] = tuple(super().get_readonly_fields(request, obj))
        if obj is not None and (obj.pk == request.user.pk or obj.role not in self.grantable):
            fixed += ("role",)
        return (*fixed, "is_active") if obj is not None and obj.pk == request.user.pk else fixed

    def has_add_permission(self, request: HttpRequest) -> bool:
        """People are added by a screen of their own, which sets a password."""
        return False


def _choices(offered: frozenset[str]) -> list[tuple[str, Any]]:
    return [choice for choice in roles.CHOICES if choice[0] in offered]


class NewPersonForm(ConsoleForm):
    """Somebody who shall work here."""

    email = forms.EmailField(label=_("E-mail"))
    name = forms.CharField(label=_("Full name"), max_length=120, required=False)
    role = forms.ChoiceField(label=_("Role"))


def add_person(
    request: HttpRequest, offered: frozenset[str], create: Callable[..., SavedAccount]
) -> HttpResponse:
    """Give somebody an account with one of the ``offered`` roles; a new one's password is shown once."""
    form = NewPersonForm(request.POST or None)
    form.offer("role", _choices(offered))
    created = attempt(request, form, lambda: create(**form.cleaned_data, acting_user=request.user))
    person = created.result if created else None
    if person and not person.password:
        said = _("%(email)s keeps the password of before.") % {"email": person.user.email}
        messages.success(request, said)
        return redirect(f"{console_of(request).name}:accounts_user_changelist")
    context = {"title": _("Add a person"), "form": form, "person": person}
    return render(request, "backoffice/new_person.html", context)


class AuditAdmin(ReadOnlyAdmin):
    """Who did what, newest first."""

    list_display: Sequence[Any] = ("at", "actor_label", "action", "object_label", "object_type", "reason")
    list_filter: Sequence[Any] = ("action", "object_type")
    search_fields = ("actor_label", "object_label", "object_id", "reason")
    ordering = ("-at",)
