"""Bringing files in and taking them out."""

from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext_lazy as _

from backoffice.forms import ConsoleForm
from backoffice.screens import attempt, press, render
from catalog.importing import selectors as importing_selectors
from catalog.importing import services as importing_services
from catalog.importing.plain import exports
from catalog.models import Category, ImportRun, Supplier

SHOWN = 200
LATEST = 20
ASPECTS = {
    "texts": _("texts"),
    "variants": _("variants"),
    "variants_added": _("new variants"),
    "variants_removed": _("variants off sale"),
    "prices": _("prices"),
    "stock": _("stock"),
    "pictures": _("pictures"),
    "pictures_removed": _("pictures removed"),
}


class ImportForm(ConsoleForm):
    """A file and whose goods are in it."""

    supplier = forms.ModelChoiceField(label=_("Supplier"), queryset=Supplier.objects.order_by("code"))
    file = forms.FileField(
        label=_("File"), help_text=_("our own CSV of products, prices or stock, or Shopify's of products")
    )
    currency = forms.CharField(
        label=_("Currency"), max_length=3, required=False, help_text=_("empty: the supplier's own")
    )
    category = forms.ModelChoiceField(
        label=_("Category"),
        queryset=Category.objects.order_by("slug"),
        required=False,
        help_text=_("of all products of the file; empty: as the file says"),
    )
    cost_percent = forms.DecimalField(
        label=_("Cost in percent of the price"),
        min_value=0,
        max_value=100,
        decimal_places=2,
        initial=60,
        required=False,
        help_text=_("where a Shopify file has no cost"),
    )

    def start(self, request: HttpRequest) -> ImportRun:
        """Begin to look at the file. Raises BanyanError."""
        answers = self.cleaned_data
        percent = answers["cost_percent"]
        return importing_services.start_import(
            supplier=answers["supplier"],
            file=answers["file"],
            currency=(answers["currency"] or answers["supplier"].currency).upper(),
            category=answers["category"],
            cost_bp=6000 if percent is None else int(percent * 100),
            acting_user=request.user,
        )


def imports(request: HttpRequest) -> HttpResponse:
    """Show the latest files, take a new one, and offer every supplier's goods as files."""
    form = ImportForm(request.POST or None, request.FILES or None)
    if started := attempt(request, form, lambda: form.start(request)):
        return redirect("central:import_run", started.result.pk)
    context = {
        "title": _("Import and export"),
        "form": form,
        "runs": ImportRun.objects.select_related("supplier")[:LATEST],
        "suppliers": Supplier.objects.order_by("code"),
        "what": tuple(exports.EXPORTS),
    }
    return render(request, "central/imports/imports.html", context)


def import_run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Show how far a file is, what it would change, and each row that cannot be taken; apply it."""
    run = get_object_or_404(ImportRun.objects.select_related("supplier"), id=run_id)
    if request.method == "POST":
        return press(
            request,
            lambda: importing_services.apply_import(run_id=run_id, acting_user=request.user),
            request.path,
        )
    report = run.report
    changes, errors = report.get("changes", [])[:SHOWN], report.get("errors", [])
    context = {
        "title": run.name,
        "run": run,
        "working": run.state in {ImportRun.State.CHECKING, ImportRun.State.APPLYING},
        "percent": importing_selectors.progress_percent(run),
        "may_apply": run.state == ImportRun.State.CHECKED and (report["created"] or report["updated"]),
        # All that were kept: whoever mends a file wants every line of it.
        "errors": errors,
        "more_errors": report.get("error_count", 0) - len(errors),
        "changes": [
            (change, [(ASPECTS[name], count) for name, count in sorted(change["aspects"].items())])
            for change in changes
        ],
        "more_changes": report.get("created", 0) + report.get("updated", 0) - len(changes),
    }
    return render(request, "central/imports/import_run.html", context)


def export_goods(_request: HttpRequest, supplier_id: UUID, what: str) -> StreamingHttpResponse:
    """Send a supplier's products, prices or stock as a file, row by row."""
    supplier = get_object_or_404(Supplier, id=supplier_id)
    if what not in exports.EXPORTS:
        raise Http404
    return StreamingHttpResponse(
        exports.EXPORTS[what](supplier, supplier.currency),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{supplier.code}-{what}.csv"'},
    )
