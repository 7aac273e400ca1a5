"""The rules: written as text, checked line by line, switched on as a version, tried out before."""

import difflib
from typing import Any, NamedTuple

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.requests import signed_in
from backoffice.forms import ConsoleForm, DocumentField
from backoffice.screens import attempt, render, render_part
from components.rule_findings import shown
from kernel.errors import BanyanError, InvalidDocument, NotFound
from kernel.texts.translated import pick
from tenants.agents.models import RulesVersion
from tenants.agents.rules import presets
from tenants.agents.rules.linting.lint import lint
from tenants.agents.rules_versions import patches
from tenants.agents.rules_versions import services as rules_version_services
from tenants.shop.previews import services as preview_services

LONGEST = 200_000
"""Characters of a document that a screen looks at."""


class RulesForm(ConsoleForm):
    """The rules document."""

    document = DocumentField(label=gettext_lazy("Rules (YAML)"), rows=34)


class DocumentCheck(NamedTuple):
    """What a check of a document says: what cannot be read, what the linter says, whether it may count.

    ``signature``: it may once the central team has signed it.
    """

    faults: list[BanyanError]
    findings: list[dict[str, Any]]
    passes: bool = False
    signature: bool = False


def check(document: str) -> DocumentCheck:
    """Read and lint a document; nothing is written."""
    try:
        parsed = rules_version_services.read_document(document)
    except InvalidDocument as error:
        return DocumentCheck(error.faults, [])
    findings = lint(parsed)
    rows = shown(
        [
            {**finding.as_dict(), "patch_text": finding.patch_text(get_language() or "")}
            for finding in findings
        ]
    )
    severities = {finding.severity for finding in findings}
    needs_signature = "sign_off" in severities and "refuse" not in severities
    return DocumentCheck([], rows, not severities & {"refuse", "sign_off"}, needs_signature)


def rules(request: HttpRequest) -> HttpResponse:
    """Show the rules in force and check or switch on what is written; faults are shown with their lines."""
    last = RulesVersion.objects.order_by("-number").first()
    form = RulesForm(request.POST or None, initial={"document": _start(request, last)})
    may_change = request.user.has_perm("agents.add_rulesversion")
    preset = request.GET.get("preset", "") if request.GET.get("preset") in presets.names() else ""
    # What is found belongs to the document that is shown: a preset that was just opened, or the one in force.
    checked = (
        check(presets.source(preset)) if preset else DocumentCheck([], shown(last.findings if last else []))
    )
    if request.method == "POST" and form.is_valid():
        document = form.cleaned_data["document"]
        checked = check(document)
        if "patch" in request.POST:
            document = patches.patched(document, request.POST["patch"])
            form, checked = RulesForm(initial={"document": document}), check(document)
        elif "activate" in request.POST and may_change:
            faults: list[BanyanError] = []
            if attempt(
                request,
                form,
                lambda: rules_version_services.activate_rules(
                    document=document, acting_user=signed_in(request)
                ),
                lambda version: _("Version %(number)d is in force.") % {"number": version.number},
                faults=faults,
            ):
                return redirect("console:rules")
            checked = DocumentCheck(faults, checked.findings)
    context = {
        "title": _("Rules of the circle"),
        "form": form,
        "faults": checked.faults,
        "findings": checked.findings,
        "checked": checked.passes,
        "needs_signature": checked.signature,
        "preset": preset_names().get(preset, ""),
        "last": last,
        "versions": RulesVersion.objects.order_by("-number").defer("document", "source")[:50],
        "presets": sorted(preset_names().items(), key=lambda row: row[1]),
        "may_change": may_change,
    }
    return render(request, "console/rules/rules.html", context)


def preset_names() -> dict[str, str]:
    """Return what each preset is called in the reader's language, by its code."""
    return {name: pick(presets.rules(name).document.name) for name in presets.names()}


def _start(request: HttpRequest, last: RulesVersion | None) -> str:
    name = request.GET.get("preset", "")
    if name in presets.names():
        return presets.source(name)
    return last.source if last else presets.source(presets.names()[0])


def findings(request: HttpRequest) -> HttpResponse:
    """Show what is found in a document while somebody writes it."""
    checked = check(request.POST.get("document", "")[:LONGEST])
    context = {
        "faults": checked.faults,
        "findings": checked.findings,
        "checked": checked.passes,
        "needs_signature": checked.signature,
    }
    return render_part(request, "console/rules/findings.html", context)


def version(request: HttpRequest, number: int) -> HttpResponse:
    """Show one version as it was written; versions never change."""
    if number >= 2**31:
        raise Http404
    version = get_object_or_404(RulesVersion, number=number)
    against = request.GET.get("against", "")
    other = int(against) if against.isascii() and against.isdigit() and len(against) < 9 else number - 1
    before = RulesVersion.objects.filter(number=other).first()
    numbers = RulesVersion.objects.exclude(number=number).values_list("number", flat=True)
    context = {
        "title": _("Rules, version %(number)d") % {"number": version.number},
        "version": version,
        "before": before,
        "changes": changes(before.source, version.source) if before else [],
        "others": numbers.order_by("-number")[:50],
        "who": User.objects.filter(pk=version.activated_by).first() if version.activated_by else None,
        "findings": shown(version.findings),
    }
    return render(request, "console/rules/version.html", context)


def changes(before: str, after: str) -> list[dict[str, str]]:
    """Return what two documents differ in, line by line, with a little of what stands around it."""
    marks = {"+": "bn-added", "-": "bn-removed", "@": "bn-place"}
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2)
    return [
        {"text": line, "tone": marks.get(line[:1], "")}
        for line in lines
        if not line.startswith(("---", "+++"))
    ]


def preview(request: HttpRequest) -> HttpResponse:
    """Ask for a preview and show where it stands."""
    if request.method != "POST":
        return _preview(request, {})
    try:
        job = preview_services.start(
            kind=request.POST.get("preview", ""),
            document=request.POST.get("document", ""),
            size=request.POST.get("size", "small"),
            acting_user=signed_in(request),
        )
    except InvalidDocument as error:
        return _preview(request, {"faults": error.faults})
    except BanyanError as error:
        return _preview(request, {"faults": [error]})
    return _preview(request, {"job": job, "state": preview_services.look(job)})


def preview_state(request: HttpRequest, job: str) -> HttpResponse:
    """Show where a preview stands; asked again each second until it is ready."""
    try:
        return _preview(request, {"job": job, "state": preview_services.look(job)})
    except NotFound:
        raise Http404 from None


def _preview(request: HttpRequest, context: dict[str, object]) -> HttpResponse:
    return render_part(request, "console/rules/preview.html", context)
