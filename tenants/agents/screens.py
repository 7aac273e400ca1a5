"""The rules in the operators' console: written as text, checked line by line, switched on as a version."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.fields import ConsoleForm
from accounts.models import User
from accounts.sites import console, person
from kernel.errors import BanyanError, InvalidDocument
from kernel.text import pick
from tenants.agents import activation, presets
from tenants.agents.models import RulesVersion

SEVERITIES = {
    "refuse": gettext_lazy("refused"),
    "sign_off": gettext_lazy("needs the central team's signature"),
    "warn": gettext_lazy("warning"),
    "note": gettext_lazy("note"),
}
TONES = {"refuse": "bn-bad", "sign_off": "bn-wait", "warn": "bn-wait"}


class RulesForm(ConsoleForm):
    """The rules document."""

    document = forms.CharField(
        label=gettext_lazy("Rules (YAML)"),
        widget=forms.Textarea({"class": "bn-code", "rows": 34, "spellcheck": "false"}),
        strip=False,
    )


@console.screen(
    "rules/",
    name="rules",
    permission="agents.view_rulesversion",
    title=gettext_lazy("Rules of the circle"),
    icon="gavel",
    group="people",
    place=30,
)
def rules(request: HttpRequest) -> HttpResponse:
    """Show the rules in force and check or switch on what is written; faults are shown with their lines."""
    last = RulesVersion.objects.order_by("-number").first()
    form = RulesForm(request.POST or None, initial={"document": _start(request, last)})
    faults: list[BanyanError] = []
    findings: list[dict[str, Any]] = []
    checked = False
    if request.method == "POST" and form.is_valid():
        document = form.cleaned_data["document"]
        try:
            _parsed, found = activation.check_document(document)
            findings, checked = shown([item.as_dict() for item in found]), True
            if "activate" in request.POST and request.user.has_perm("agents.add_rulesversion"):
                version = activation.activate_rules(document=document, acting_user=person(request))
                messages.success(request, _("Version %(number)d is in force.") % {"number": version.number})
                return redirect("console:rules")
        except InvalidDocument as error:
            faults = error.faults
        except BanyanError as error:
            faults = [error]
    context = {
        "title": _("Rules of the circle"),
        "form": form,
        "faults": faults,
        "findings": findings if checked else shown(last.findings if last else []),
        "checked": checked and not faults,
        "last": last,
        "versions": RulesVersion.objects.order_by("-number").defer("document", "source")[:50],
        "presets": presets.names(),
        "may_change": request.user.has_perm("agents.add_rulesversion"),
    }
    return console.render(request, "operators/rules.html", context)


def _start(request: HttpRequest, last: RulesVersion | None) -> str:
    name = request.GET.get("preset", "")
    if name in presets.names():
        return presets.source(name)
    return last.source if last else presets.source(presets.names()[0])


def shown(findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the linter's findings with words in the reader's language."""
    return [
        {
            **found,
            "message": pick(found.get("message")),
            "remedy": pick(found.get("remedy")),
            "label": SEVERITIES.get(found.get("severity", ""), found.get("severity", "")),
            "tone": TONES.get(found.get("severity", ""), ""),
        }
        for found in findings
    ]


@console.screen("rules/<int:number>/", name="rules_version", permission="agents.view_rulesversion")
def version(request: HttpRequest, number: int) -> HttpResponse:
    """Show one version as it was written; versions never change."""
    found = RulesVersion.objects.filter(number=number).first() if number < 2**31 else None
    if found is None:
        raise Http404
    context = {
        "title": _("Rules, version %(number)d") % {"number": found.number},
        "version": found,
        "who": User.objects.filter(pk=found.activated_by).first() if found.activated_by else None,
        "findings": shown(found.findings),
    }
    return console.render(request, "operators/rules_version.html", context)
