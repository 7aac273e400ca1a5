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


class Verdict(NamedTuple):
    """Whether a document may count, in words, and the tone of its badge."""

    text: str
    tone: str


class DocumentCheck(NamedTuple):
    """What a check of a document says: what cannot be read, what the linter says, whether it may count."""

    faults: list[BanyanError]
    findings: list[dict[str, Any]]
    verdict: Verdict


class Preset(NamedTuple):
    """A document that comes with the product, by its name in the reader's language."""

    key: str
    name: str
    about: str


def check(document: str, last: RulesVersion | None) -> DocumentCheck:
    """Read and lint a document beside the version in force; nothing is written."""
    try:
        parsed = rules_version_services.read_document(document)
    except InvalidDocument as error:
        return DocumentCheck(error.faults, [], Verdict(_("cannot be read"), "bn-bad"))
    findings = lint(parsed)
    rows = [
        {**finding.as_dict(), "patch_text": finding.patch_text(get_language() or "")} for finding in findings
    ]
    if last and _plain(document) == _plain(last.source):
        verdict = Verdict(_("in force"), "bn-good")
    elif any(finding.severity == "refuse" for finding in findings):
        verdict = Verdict(_("cannot be switched on"), "bn-bad")
    elif rules_version_services.unsigned_findings(findings, parsed, last):
        verdict = Verdict(_("can be switched on once the central team has signed it"), "bn-wait")
    else:
        verdict = Verdict(_("can be switched on"), "bn-good")
    return DocumentCheck([], shown(rows), verdict)


def _plain(document: str) -> list[str]:
    """The lines of a document, however a browser ends them."""
    return document.strip().splitlines()


def rules(request: HttpRequest) -> HttpResponse:
    """Show the rules in force and check or switch on what is written; faults are shown with their lines."""
    last = RulesVersion.objects.order_by("-number").first()
    form = RulesForm(request.POST or None, initial={"document": _start(request, last)})
    may_change = request.user.has_perm("agents.add_rulesversion")
    checked = check(_start(request, last), last)
    if request.method == "POST" and form.is_valid():
        document = form.cleaned_data["document"]
        checked = check(document, last)
        if "patch" in request.POST:
            document = patches.patched(document, request.POST["patch"])
            form, checked = RulesForm(initial={"document": document}), check(document, last)
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
            checked = checked._replace(faults=faults)
    context = {
        "title": _("Rules of the circle"),
        "form": form,
        "faults": checked.faults,
        "findings": checked.findings,
        "verdict": checked.verdict,
        "last": last,
        "versions": RulesVersion.objects.order_by("-number").defer("document", "source")[:50],
        "preset": next((preset.name for preset in _presets() if preset.key == request.GET.get("preset")), ""),
        "presets": _presets(),
        "may_change": may_change,
    }
    return render(request, "console/rules/rules.html", context)


def _start(request: HttpRequest, last: RulesVersion | None) -> str:
    name = request.GET.get("preset", "")
    if name in presets.names():
        return presets.source(name)
    return last.source if last else presets.source(presets.names()[0])


def _presets() -> list[Preset]:
    documents = {name: presets.rules(name).document for name in presets.names()}
    rows = [Preset(key, pick(of.name), pick(of.about)) for key, of in documents.items()]
    return sorted(rows, key=lambda row: row.name)


def findings(request: HttpRequest) -> HttpResponse:
    """Show what is found in a document while somebody writes it."""
    last = RulesVersion.objects.order_by("-number").first()
    checked = check(request.POST.get("document", "")[:LONGEST], last)
    context = {"faults": checked.faults, "findings": checked.findings, "verdict": checked.verdict}
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
