"""Bringing files in and taking them out."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext_lazy as _

from backoffice.screens import attempt, press, render
from catalog.importing import selectors as importing_selectors
from catalog.importing import services as importing_services
from catalog.importing.formats import CHOSEN
from catalog.importing.formats import NAMES as FORMAT_NAMES
from catalog.importing.others import chosen
from catalog.importing.plain import exports
from catalog.importing.report import ASPECTS
from catalog.importing.tables.text_encodings import CHOICES
from catalog.models import ImportRun, Supplier
from central.imports.forms import AnswersForm, ColumnsForm, ImportForm
from kernel.errors import BanyanError

SHOWN = 200
LATEST = 20
CHOOSABLE = {ImportRun.State.CHOOSING, ImportRun.State.CHECKED, ImportRun.State.FAILED}


def imports(request: HttpRequest) -> HttpResponse:
    """Show the latest files, take a new one, and offer every supplier's goods as files."""
    form = ImportForm(request.POST or None, request.FILES or None)
    if started := attempt(request, form, lambda: form.start(request)):
        return redirect("central:import_run", started.result.pk)
    context = {
        "title": _("Import and export"),
        "form": form,
        "runs": [
            (run, FORMAT_NAMES[run.format]) for run in ImportRun.objects.select_related("supplier")[:LATEST]
        ],
        "suppliers": Supplier.objects.order_by("code"),
        "what": tuple(exports.EXPORTS),
    }
    return render(request, "central/imports/imports.html", context)


def import_run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Show how far a file is, what it would change, and each row that cannot be taken; ask, and apply it."""
    run = get_object_or_404(ImportRun.objects.select_related("supplier"), id=run_id)
    if run.state == ImportRun.State.CHOOSING:
        return redirect("central:import_columns", run_id)
    report = run.report
    form = AnswersForm(
        request.POST if request.method == "POST" else None, questions=report.get("questions", [])
    )
    if form.is_bound and form.is_valid():
        return press(
            request,
            lambda: importing_services.apply_import(
                run_id=run_id, acting_user=request.user, answers=form.answers()
            ),
            request.path,
        )
    return render(request, "central/imports/import_run.html", _run_context(run, form))


def _run_context(run: ImportRun, form: AnswersForm) -> dict[str, Any]:
    report = run.report
    changes = report.get("changes", [])[:SHOWN]
    return {
        "title": run.name,
        "run": run,
        "format_name": FORMAT_NAMES[run.format],
        "form": form,
        "working": run.state in {ImportRun.State.CHECKING, ImportRun.State.APPLYING},
        "percent": importing_selectors.progress_percent(run),
        "may_choose": run.format == CHOSEN and run.state in CHOOSABLE,
        "may_apply": run.state == ImportRun.State.CHECKED and (report["created"] or report["updated"]),
        "columns": [
            (label, report["columns"][key])
            for key, label in chosen.LABELS.items()
            if run.format == CHOSEN and key in report.get("columns", {})
        ],
        # All that were kept: whoever mends a file wants every line of it.
        "errors": report.get("errors", []),
        "more_errors": report.get("error_count", 0) - len(report.get("errors", [])),
        "refused": report.get("refused", []),
        "remarks": report.get("remarks", [])[:SHOWN],
        "more_remarks": report.get("remark_count", 0) - len(report.get("remarks", [])[:SHOWN]),
        "changes": [
            (change, [(ASPECTS[name], count) for name, count in sorted(change["aspects"].items())])
            for change in changes
        ],
        "more_changes": report.get("created", 0) + report.get("updated", 0) - len(changes),
    }


def import_columns(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Choose what the columns of a file mean, and see how its first rows are read then."""
    run = get_object_or_404(ImportRun.objects.select_related("supplier"), id=run_id)
    if run.state not in CHOOSABLE:
        return redirect("central:import_run", run_id)
    if (encoding := request.POST.get("encoding", "")) in CHOICES:
        run.encoding = encoding
    try:
        raw = importing_selectors.preview(run, {})
    except BanyanError as error:
        context = {"title": run.name, "run": run, "fault": error}
        return render(request, "central/imports/import_columns.html", context)
    initial = run.columns or chosen.guess(raw.header)
    form = ColumnsForm(
        request.POST if request.method == "POST" else None,
        header=raw.header,
        initial=initial | {"encoding": run.encoding},
    )
    if "look" not in request.POST and attempt(request, form, lambda: form.save(request, run_id)):
        return redirect("central:import_run", run_id)
    preview = importing_selectors.preview(run, form.columns)
    context = {
        "title": run.name,
        "run": run,
        "form": form,
        "preview": preview,
        "meanings": [chosen.LABELS.get(key, key) for key in preview.meanings],
    }
    return render(request, "central/imports/import_columns.html", context)


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
