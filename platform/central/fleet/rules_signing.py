"""The central team's signature: rules that need one are read, signed with a reason and switched on here."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.access import signed_in
from backoffice.forms import ReasonForm
from backoffice.screens import render
from components.rule_findings import shown
from kernel.errors import BanyanError, InvalidDocument
from kernel.tenancy import PUBLIC, in_tenant
from kernel.text import pick
from tenants.agents.models import RulesVersion
from tenants.agents.ruleset import services as ruleset_services
from tenants.agents.ruleset.services import SignOff
from tenants.registry.models import Tenant


class SigningForm(ReasonForm):
    """A shop's rules, and why the central team stands for them."""

    document = forms.CharField(
        label=gettext_lazy("Rules (YAML)"),
        widget=forms.Textarea({"class": "bn-code", "rows": 30, "spellcheck": "false"}),
        strip=False,
    )
    field_order = ("document", "reason")


def signing(request: HttpRequest, tenant_id: UUID) -> HttpResponse:
    """Show a shop's rules with what the linter says; sign a document and switch it on in that shop."""
    tenant = (
        Tenant.objects.filter(pk=tenant_id, state=Tenant.State.ACTIVE).exclude(schema_name=PUBLIC).first()
    )
    if tenant is None:
        raise Http404
    with in_tenant(tenant):
        last = RulesVersion.objects.order_by("-number").first()
    form = SigningForm(request.POST or None, initial={"document": last.source if last else ""})
    faults: list[BanyanError] = []
    findings: list[dict[str, Any]] = shown(last.findings) if last else []
    may_sign = request.user.has_perm("agents.add_rulesversion")
    if request.method == "POST" and may_sign and form.is_valid():
        try:
            version = _sign(tenant, form.cleaned_data, request)
        except InvalidDocument as error:
            faults = error.faults
        except BanyanError as error:
            faults = [error]
        else:
            messages.success(request, _("Version %(number)d is in force.") % {"number": version.number})
            return redirect("central:signing", tenant.pk)
    context = {
        "title": _("Rules of %(name)s") % {"name": pick(tenant.name)},
        "tenant": tenant,
        "last": last,
        "form": form,
        "faults": faults,
        "findings": findings,
        "may_sign": may_sign,
    }
    return render(request, "central/signing.html", context)


def _sign(tenant: Tenant, wanted: dict[str, str], request: HttpRequest) -> RulesVersion:
    signer = signed_in(request)
    sign_off = SignOff(by=f"{signer} <{signer.email}>", reason=wanted["reason"])
    with in_tenant(tenant):
        # The signer's account lies in "public", so the version names them in its signature only.
        return ruleset_services.activate_rules(
            document=wanted["document"], acting_user=None, sign_off=sign_off
        )
