"""Opening a shop from a document, closing one for good, and signing its rules."""

from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.requests import signed_in
from backoffice.screens import attempt, form_screen, render
from central.shops.forms import RetireForm, SigningForm, SpawnForm
from components.rule_findings import shown
from kernel import audit
from kernel.errors import BanyanError
from kernel.tenancy import PUBLIC, in_tenant
from kernel.texts.translated import pick
from tenants.agents.models import RulesVersion
from tenants.agents.rules_versions import services as rules_version_services
from tenants.agents.rules_versions.services import SignOff
from tenants.registry import services
from tenants.registry.models import Tenant
from tenants.registry.selectors import active_tenants, primary_host, shop_url
from tenants.registry.services import SpawnResult

EXAMPLE = """name: {zh-hans: 新店, en: New shop}
host: new.example.com
currency: CNY
locale: zh-hans
timezone: Asia/Shanghai
preset: deposit-club
platform_fee_percent: 1
owner: {email: owner@example.com, name: 店主}
"""


def _shop(tenant_id: UUID) -> Tenant:
    return get_object_or_404(active_tenants().exclude(schema_name=PUBLIC), pk=tenant_id)


def spawn(request: HttpRequest) -> HttpResponse:
    """Make a shop from a document; every fault is shown with its line."""
    form = SpawnForm(request.POST or None, initial={"document": EXAMPLE})
    faults: list[BanyanError] = []
    spawned = attempt(
        request,
        form,
        lambda: services.spawn(document=form.cleaned_data["document"], acting_user=request.user),
        _opened,
        faults=faults,
    )
    if spawned:
        return redirect("central:registry_tenant_change", spawned.result.tenant.pk)
    context = {"title": _("Open a shop"), "form": form, "faults": faults}
    return render(request, "central/shops/spawn.html", context)


def _opened(spawned: SpawnResult) -> str:
    said = _("%(name)s is open at %(address)s.") if spawned.created else _("%(name)s was open: %(address)s.")
    return said % {"name": pick(spawned.tenant.name), "address": shop_url(spawned.tenant, "/")}


def retire(request: HttpRequest, tenant_id: UUID) -> HttpResponse:
    """Close a shop for good: its data is exported, its host is free again; money stays in the ledger."""
    tenant = _shop(tenant_id)
    host = primary_host(tenant)
    form = RetireForm(request.POST or None, expected=host)
    return form_screen(
        request,
        form,
        lambda: _retire(request, tenant, form.cleaned_data["reason"]),
        "central:registry_tenant_changelist",
        title=_("Close %(name)s for good") % {"name": pick(tenant.name)},
        said=lambda archive: _("The shop is closed. Its data lies in %(file)s.") % {"file": archive.name},
        note=_(
            "All data of the shop is written to an archive, its tables are dropped and %(host)s is free for "
            "another shop. Orders already paid stay in the ledger, and suppliers are still paid. This cannot "
            "be undone."
        )
        % {"host": host},
        submit=_("Close this shop for good"),
        button="bn-button-danger",
        cancel=reverse("central:registry_tenant_change", args=[tenant.pk]),
    )


def _retire(request: HttpRequest, tenant: Tenant, reason: str) -> Path:
    audit.record_on(
        tenant,
        "tenant.retire_asked",
        actor=request.user,
        label=pick(tenant.name),
        reason=reason,
        schema=tenant.schema_name,
    )
    return services.retire(tenant=tenant, export_to=settings.BANYAN_VAR / "exports", acting_user=request.user)


def signing(request: HttpRequest, tenant_id: UUID) -> HttpResponse:
    """Show a shop's rules with what the linter says; sign a document and switch it on in that shop."""
    tenant = _shop(tenant_id)
    with in_tenant(tenant):
        last = RulesVersion.objects.order_by("-number").first()
    form = SigningForm(request.POST or None, initial={"document": last.source if last else ""})
    faults: list[BanyanError] = []
    may_sign = request.user.has_perm("agents.add_rulesversion")
    if may_sign and attempt(
        request,
        form,
        lambda: _sign(request, tenant, form),
        lambda version: _("Version %(number)d is in force.") % {"number": version.number},
        faults=faults,
    ):
        return redirect("central:signing", tenant.pk)
    context = {
        "title": _("Rules of %(name)s") % {"name": pick(tenant.name)},
        "tenant": tenant,
        "last": last,
        "form": form,
        "faults": faults,
        "findings": shown(last.findings) if last else [],
        "may_sign": may_sign,
    }
    return render(request, "central/shops/signing.html", context)


def _sign(request: HttpRequest, tenant: Tenant, form: SigningForm) -> RulesVersion:
    signer, signed = signed_in(request), form.cleaned_data
    sign_off = SignOff(by=f"{signer} <{signer.email}>", reason=signed["reason"])
    with in_tenant(tenant):
        # The signer's account lies in "public", so the version names them in its signature only.
        return rules_version_services.activate_rules(
            document=signed["document"], acting_user=None, sign_off=sign_off
        )
