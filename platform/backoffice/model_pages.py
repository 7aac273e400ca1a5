"""What every model's page in a console is built on: Unfold's look, and the audit log as its history."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.admin import ActionLocation
from django.contrib.admin import ModelAdmin as DjangoModelAdmin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.forms import BaseFormSet, ModelForm
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin, TabularInline

from backoffice.columns import column_for
from kernel import audit
from kernel.models import AuditEntry
from kernel.tenancy import current_schema

SHOWN = 200
"""Entries of the history that a page shows, newest first."""


class ShownFields:
    """Mixed in before an admin or an inline: fields are named, ``columns.column_for`` decides how they look.

    Lists show amounts as money, states as labels, texts in the reader's language and tenants by name; pages
    and rows that nobody edits show amounts and tenants so.
    """

    model: type[Model]
    admin_site: Any
    fields: Any
    list_display: Sequence[Any] = ()
    readonly_fields: Sequence[Any] = ()
    edited = True

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.list_display = [self._shown(name, in_list=True) for name in self.list_display]
        if self.edited:
            return
        self.readonly_fields = [self._shown(name, in_list=False) for name in self.readonly_fields]
        if self.fields:
            self.fields = [self._shown(name, in_list=False) for name in self.fields]
            own = {field.name for field in self.model._meta.get_fields()}
            self.readonly_fields = [name for name in self.fields if name not in own]

    def _shown(self, name: Any, *, in_list: bool) -> Any:
        field = next((field for field in self.model._meta.fields if field.name == name), None)
        column = field and column_for(field, self.admin_site.tenant_name, in_list=in_list)
        if column is None:
            return name
        setattr(self, f"{name}_shown", column)
        return f"{name}_shown"


class AuditedAdmin(ShownFields, ModelAdmin):  # type: ignore[misc]
    """A model's pages; every change by hand is written to ``kernel.audit`` with old and new values.

    Django's own log is not used: it needs a foreign key from "public" to the user table, and a
    tenant's people are in another schema.
    """

    deletable = True
    list_display: Sequence[Any] = ("__str__",)
    list_filter: Sequence[Any] = ()
    list_per_page = 50
    show_full_result_count = False
    compressed_fields = True
    # Opens only to who has lately proved who they are, as a sensitive screen does.
    sensitive = False
    unaudited: frozenset[str] = frozenset({"password", "secret_hash"})
    object_history_template = "backoffice/history.html"

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never for what other rows speak of: it is switched off or archived instead."""
        return self.deletable and bool(super().has_delete_permission(request, obj))

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """True for the values of declared filters only.

        Django lets a list be narrowed by any column of its model: whoever may see the list of people could
        read their password hashes letter by letter.
        """
        return any(lookup in _lookups(declared) for declared in self.get_list_filter(request))

    def get_action_choices(
        self,
        request: HttpRequest,
        default_choices: Any = None,
        action_location: ActionLocation = ActionLocation.CHANGE_LIST,
    ) -> list[tuple[str, str]]:
        """Return the actions; Unfold's own override still has the signature of an older Django."""
        first = [("", _("Select action"))]
        choices: list[tuple[str, str]] = DjangoModelAdmin.get_action_choices(
            self, request, first, action_location
        )
        return choices

    def construct_change_message(
        self,
        request: HttpRequest,
        form: ModelForm[Any],
        formsets: Sequence[BaseFormSet[Any]] | None,
        add: bool = False,
    ) -> dict[str, Any]:
        """Return what was changed: field -> [before, after], and how many rows of each inline."""
        changes: dict[str, Any] = {}
        for name in form.changed_data:
            if name in self.unaudited:
                changes[name] = "***"
            else:
                changes[name] = [_plain(form.initial.get(name)), _plain(form.cleaned_data.get(name))]
        for formset in formsets or ():
            counts = {
                kind: len(getattr(formset, f"{kind}_objects", ())) for kind in ("new", "changed", "deleted")
            }
            if any(counts.values()):
                changes[formset.model._meta.label_lower] = counts  # type: ignore[attr-defined]
        return changes

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> None:
        """Write that ``obj`` was added."""
        self._record(request, "added", obj, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> None:
        """Write that ``obj`` was changed, if it was."""
        if message:
            self._record(request, "changed", obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Iterable[Model] | QuerySet[Model]) -> None:
        """Write every deletion, before it happens and in its transaction."""
        for obj in queryset:
            self._record(request, "deleted", obj, {})

    def _record(self, request: HttpRequest, action: str, obj: Model, message: Any) -> None:
        audit.record_on(
            obj,
            action,
            actor=request.user,
            changes=message if isinstance(message, dict) else {"message": str(message)},
        )

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponseBase:
        """Show and save a row; what is sensitive only once the person has proved who they are."""
        proof: HttpResponseBase | None = self.admin_site.confirm(request) if self.sensitive else None
        return proof or super().changeform_view(request, object_id, form_url, extra_context)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the audit entries of one object."""
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            raise Http404
        if not self.has_view_or_change_permission(request, obj):
            raise PermissionDenied
        entries = AuditEntry.objects.filter(
            schema=current_schema(), object_type=obj._meta.label_lower, object_id=str(obj.pk)
        ).order_by("-at")[:SHOWN]
        context = {
            **self.admin_site.each_context(request),
            "title": _("History of %(name)s") % {"name": obj},
            "entries": entries,
            "object": obj,
            **(extra_context or {}),
        }
        response: HttpResponse = self.admin_site.render(request, self.object_history_template, context)
        return response


class ReadOnly(ShownFields):
    """Mixed in before AuditedAdmin or an inline: to be looked at, never added to, changed or deleted."""

    edited = False

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never."""
        return False


class ReadOnlyAdmin(ReadOnly, AuditedAdmin):
    """A model that a console shows and nobody edits there: money above all.

    ``list_context`` and ``row_context`` add to what the list and a row's page show; with ``row_template`` the
    page is the admin's own, and not the fields of the model.
    """

    row_template = ""

    def list_context(self) -> dict[str, Any]:
        """Return what templates around the list show."""
        return {}

    def row_context(self, request: HttpRequest, row: Any, /) -> dict[str, Any]:
        """Return what a row's page shows beside its fields, or instead of them."""
        return {}

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list."""
        response: HttpResponse = super().changelist_view(request, self.list_context() | (extra_context or {}))
        return response

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show a row."""
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        context = self.row_context(request, row)
        if self.row_template:
            answer: HttpResponse = self.admin_site.render(request, self.row_template, context)
            return answer
        response: HttpResponse = super().change_view(
            request, object_id, form_url, context | (extra_context or {})
        )
        return response


class ReadOnlyInline(ReadOnly, TabularInline):  # type: ignore[misc]
    """Rows of a model shown below another one."""

    extra = 0
    can_delete = False
    show_change_link = False
    show_title = False


def _lookups(declared: Any) -> set[str]:
    """Return the parameters that an entry of ``list_filter`` puts into addresses."""
    if isinstance(declared, type):
        return {declared.parameter_name}  # type: ignore[attr-defined]
    name = declared if isinstance(declared, str) else declared[0]
    return {name, *(f"{name}__{kind}" for kind in ("exact", "isnull", "id__exact"))}


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | str | list | dict):
        return value
    if isinstance(value, Model):
        return str(value.pk)
    if isinstance(value, QuerySet):
        return [str(row.pk) for row in value]
    return str(value)
