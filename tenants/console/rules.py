"""The rules in the operators' console: written as text, checked line by line, switched on as a version."""

import difflib
from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.access import signed_in
from accounts.models import User
from backoffice.forms import ConsoleForm
from backoffice.screens import render, render_part
from components.rule_findings import shown
from kernel.errors import BanyanError, InvalidDocument
from tenants.agents.models import RulesVersion
from tenants.agents.rules import faults
from tenants.agents.rules.findings import apply_patches
from tenants.agents.rules.linting import lint
from tenants.agents.rules.parsing import parse
from tenants.agents.ruleset import presets
from tenants.agents.ruleset import services as ruleset_services

LONGEST = 200_000
"""Characters of a document that a screen looks at."""


class RulesForm(ConsoleForm):
    """The rules document."""

    document = forms.CharField(
        label=gettext_lazy("Rules (YAML)"),
        widget=forms.Textarea({"class": "bn-code", "rows": 34, "spellcheck": "false"}),
        strip=False,
    )


def rules(request: HttpRequest) -> HttpResponse:
    """Show the rules in force and check or switch on what is written; faults are shown with their lines."""
    last = RulesVersion.objects.order_by("-number").first()
    form = RulesForm(request.POST or None, initial={"document": _start(request, last)})
    looked: Looked = Looked([], shown(last.findings if last else []), passes=False)
    if request.method == "POST" and form.is_valid():
        document = form.cleaned_data["document"]
        looked = look_at(document)
        if "patch" in request.POST:
            mended = mend(document, request.POST["patch"])
            form, looked = RulesForm(initial={"document": mended}), look_at(mended)
        elif "activate" in request.POST and request.user.has_perm("agents.add_rulesversion"):
            try:
                version = ruleset_services.activate_rules(document=document, acting_user=signed_in(request))
            except InvalidDocument as error:
                looked = looked._replace(faults=error.faults, passes=False)
            except BanyanError as error:
                looked = looked._replace(faults=[error], passes=False)
            else:
                messages.success(request, _("Version %(number)d is in force.") % {"number": version.number})
                return redirect("console:rules")
    context = {
        "title": _("Rules of the circle"),
        "form": form,
        "faults": looked.faults,
        "findings": looked.findings,
        "checked": looked.passes,
        "last": last,
        "versions": RulesVersion.objects.order_by("-number").defer("document", "source")[:50],
        "presets": presets.names(),
        "may_change": request.user.has_perm("agents.add_rulesversion"),
    }
    return render(request, "operators/rules.html", context)


class Looked(NamedTuple):
    """What was found in a document: what cannot be read, what the linter says, whether it may count."""

    faults: list[BanyanError]
    findings: list[dict[str, Any]]
    passes: bool


def look_at(document: str) -> Looked:
    """Read and lint a document; nothing is written."""
    try:
        parsed = ruleset_services.read_document(document)
    except InvalidDocument as error:
        return Looked(error.faults, [], passes=False)
    found = lint(parsed)
    return Looked(
        [],
        shown([{**item.as_dict(), "patch_text": item.patch_text()} for item in found]),
        passes=not any(item.severity == "refuse" for item in found),
    )


def mend(document: str, which: str) -> str:
    """Return the document with the patch of one finding (its place in the list), or of all that refuse it.

    A document that cannot be read is returned as it is. Comments are lost: what is written is new text.
    """
    try:
        parsed = ruleset_services.read_document(document)
    except InvalidDocument:
        return document
    found = lint(parsed)
    if which.isascii() and which.isdigit() and int(which) < len(found):
        chosen = [found[int(which)]]
    else:
        chosen = [item for item in found if item.severity == "refuse"]
    patched = apply_patches(parsed.as_json(), chosen)
    try:
        return parse(patched).as_yaml()
    except faults.FaultyDocument:
        return document


def findings(request: HttpRequest) -> HttpResponse:
    """Show what is found in a document while somebody writes it."""
    looked = look_at(request.POST.get("document", "")[:LONGEST])
    context = {"faults": looked.faults, "findings": looked.findings, "checked": looked.passes}
    return render_part(request, "operators/rules_findings.html", context)


def _start(request: HttpRequest, last: RulesVersion | None) -> str:
    name = request.GET.get("preset", "")
    if name in presets.names():
        return presets.source(name)
    return last.source if last else presets.source(presets.names()[0])


def version(request: HttpRequest, number: int) -> HttpResponse:
    """Show one version as it was written; versions never change."""
    found = RulesVersion.objects.filter(number=number).first() if number < 2**31 else None
    if found is None:
        raise Http404
    against = request.GET.get("against", "")
    other = int(against) if against.isascii() and against.isdigit() and len(against) < 9 else number - 1
    before = RulesVersion.objects.filter(number=other).first()
    context = {
        "title": _("Rules, version %(number)d") % {"number": found.number},
        "version": found,
        "before": before,
        "changes": changes(before.source, found.source) if before else [],
        "others": RulesVersion.objects.exclude(number=number)
        .values_list("number", flat=True)
        .order_by("-number")[:50],
        "who": User.objects.filter(pk=found.activated_by).first() if found.activated_by else None,
        "findings": shown(found.findings),
    }
    return render(request, "operators/rules_version.html", context)


def changes(before: str, after: str) -> list[dict[str, str]]:
    """Return what two documents differ in, line by line, with a little of what stands around it."""
    marks = {"+": "bn-added", "-": "bn-removed", "@": "bn-place"}
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2)
    return [
        {"text": line, "tone": marks.get(line[:1], "")}
        for line in lines
        if not line.startswith(("---", "+++"))
    ]
