"""Changing many products at once, in the central team's console: choose, look, apply."""

from decimal import Decimal

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from backoffice.forms import ConsoleForm
from backoffice.screens import render
from catalog.models import Category, Product, Supplier
from catalog.products import bulk_edits
from kernel.errors import BanyanError

SHOWN = 100
STATUSES = [("active", _("on offer")), ("draft", _("draft")), ("archived", _("archived"))]


class BulkForm(ConsoleForm):
    """Which products, and what is done to them."""

    supplier = forms.ModelChoiceField(
        label=_("Supplier"), queryset=Supplier.objects.order_by("code"), required=False
    )
    category = forms.ModelChoiceField(
        label=_("Category"),
        queryset=Category.objects.order_by("slug"),
        required=False,
        to_field_name="slug",
        help_text=_("with all below it"),
    )
    tag = forms.CharField(label=_("Tag"), max_length=80, required=False)
    status = forms.ChoiceField(label=_("State"), choices=[("", "–"), *STATUSES], required=False)
    query = forms.CharField(label=_("Words in the title"), max_length=80, required=False)
    verb = forms.ChoiceField(
        label=_("What to do"),
        choices=[
            ("price", _("change the suggested price by percent")),
            ("category", _("move to a category")),
            ("add_tag", _("add a tag")),
            ("remove_tag", _("remove a tag")),
            ("status", _("change the state")),
        ],
    )
    percent = forms.DecimalField(
        label=_("Percent"),
        max_digits=5,
        decimal_places=2,
        required=False,
        help_text=_("-10 makes it a tenth cheaper"),
    )
    currency = forms.CharField(label=_("Currency"), max_length=3, required=False, initial="CNY")
    new_category = forms.ModelChoiceField(
        label=_("New category"),
        queryset=Category.objects.order_by("slug"),
        required=False,
        to_field_name="slug",
    )
    new_tag = forms.CharField(label=_("Tag to add or remove"), max_length=80, required=False)
    new_status = forms.ChoiceField(label=_("New state"), choices=STATUSES, required=False)

    def choice(self) -> bulk_edits.Choice:
        """Return which products."""
        given = self.cleaned_data
        return bulk_edits.Choice(
            supplier=given["supplier"].pk if given["supplier"] else None,
            category=given["category"].slug if given["category"] else "",
            tag=given["tag"].strip(),
            status=given["status"],
            query=given["query"].strip(),
        )

    def edit(self) -> bulk_edits.Edit:
        """Return what is done to them."""
        given = self.cleaned_data
        value = {
            "category": given["new_category"].slug if given["new_category"] else "",
            "add_tag": given["new_tag"].strip(),
            "remove_tag": given["new_tag"].strip(),
            "status": given["new_status"] or Product.Status.DRAFT,
        }.get(given["verb"], "")
        return bulk_edits.Edit(
            verb=given["verb"],
            value=value,
            percent=given["percent"] or Decimal(0),
            currency=(given["currency"] or "CNY").upper(),
        )


def bulk_edit(request: HttpRequest) -> HttpResponse:
    """Show a preview of a change to many products; apply exactly what was previewed."""
    form, preview = BulkForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        try:
            if mark := request.POST.get("mark", ""):
                done = bulk_edits.apply(form.choice(), form.edit(), mark=mark, acting_user=request.user)
                messages.success(
                    request,
                    ngettext("%(count)d row changed.", "%(count)d rows changed.", done) % {"count": done},
                )
                return redirect(request.path)
            preview = bulk_edits.preview(form.choice(), form.edit())
        except BanyanError as error:
            form.refuse(error)
            if error.code == "preview_outdated":
                preview = bulk_edits.preview(form.choice(), form.edit())
    context = {
        "title": _("Bulk edit"),
        "form": form,
        "preview": preview,
        "changes": preview.changes[:SHOWN] if preview else (),
        "faults": preview.faults[:SHOWN] if preview else (),
        "more": max(0, len(preview.changes) - SHOWN) if preview else 0,
    }
    return render(request, "central/bulk_edit.html", context)
