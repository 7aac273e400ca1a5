"""The fleet in the central team's console: every shop, spawning one from a document, retiring one."""

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.admin import display
from django.db.models import BigIntegerField, Count, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline

from backoffice.forms import ConsoleForm, ReasonForm
from backoffice.model_pages import ReadOnly, ReadOnlyAdmin
from backoffice.screens import render
from billing.ledger.models import Entry, Transfer
from kernel import audit
from kernel.errors import BanyanError, InvalidDocument
from kernel.money import format_money
from kernel.tenancy import PUBLIC
from kernel.text import pick
from tenants.registry import services
from tenants.registry.models import Domain, Tenant
from tenants.registry.selectors import primary_host, shop_url
from tenants.shop.orders.booking import PAID

EXAMPLE = """name: {zh-hans: 新店, en: New shop}
host: new.example.com
currency: CNY
locale: zh-hans
timezone: Asia/Shanghai
preset: deposit-club
platform_fee_percent: 1
owner: {email: owner@example.com, name: 店主}
"""


class DomainInline(ReadOnly, TabularInline):  # type: ignore[misc]
    """Where a shop answers."""

    model, fields, extra, can_delete = Domain, ("domain", "is_primary"), 0, False


class TenantAdmin(ReadOnlyAdmin):
    """Every shop with its hosts, orders and sales."""

    list_display = ("name", "hosts", "state", "preset", "orders", "sales", "created_at")
    list_filter = ("state", "preset", "currency")
    search_fields = ("name", "domains__domain", "=schema_name")
    ordering = ("-created_at",)
    inlines = (DomainInline,)
    readonly_fields = ("orders", "sales")
    exclude = ("blueprint_hash", "fingerprint")
    change_form_before_template = "central/tenant_links.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tenant]:
        """Return shops with what they sold, read from the ledger: no shop's own tables are opened."""
        paid = Transfer.objects.filter(tenant_id=OuterRef("pk"), kind=PAID).order_by().values("tenant_id")
        given = (
            Entry.objects.filter(transfer__tenant_id=OuterRef("pk"), transfer__kind=PAID, amount__lt=0)
            .order_by()
            .values("transfer__tenant_id")
        )
        found: QuerySet[Tenant] = super().get_queryset(request)
        shops: QuerySet[Tenant] = (
            found.exclude(schema_name=PUBLIC)
            .annotate(
                order_count=Coalesce(Subquery(paid.annotate(number=Count("id")).values("number")), 0),
                sold=Coalesce(
                    Subquery(
                        given.annotate(total=-Sum("amount")).values("total"), output_field=BigIntegerField()
                    ),
                    0,
                ),
            )
            .prefetch_related("domains")
        )
        return shops

    @display(description=_("hosts"))
    def hosts(self, tenant: Tenant) -> str:
        """Link to the shop's hosts."""
        names = sorted(domain.domain for domain in tenant.domains.all())
        port = settings.PUBLIC_PORT
        rows = ((settings.PUBLIC_SCHEME, name, port, name) for name in names)
        return format_html_join(", ", '<a href="{}://{}{}/">{}</a>', rows) or format_html("{}", "–")

    @display(description=_("orders paid"), ordering="order_count")
    def orders(self, tenant: Tenant) -> int:
        """Return how many orders were paid, refunded ones among them."""
        return int(tenant.order_count)

    @display(description=_("sales"), ordering="sold")
    def sales(self, tenant: Tenant) -> str:
        """Return what was paid for them."""
        return format_money(int(tenant.sold), tenant.currency)


class SpawnForm(ConsoleForm):
    """A blueprint."""

    document = forms.CharField(
        label=_("Blueprint (YAML)"),
        widget=forms.Textarea({"class": "bn-code", "rows": 30, "spellcheck": "false"}),
        strip=False,
    )


def spawn(request: HttpRequest) -> HttpResponse:
    """Make a shop from a document; every fault is shown with its line."""
    form = SpawnForm(request.POST or None, initial={"document": EXAMPLE})
    faults: list[Any] = []
    if request.method == "POST" and form.is_valid():
        try:
            result = services.spawn(document=form.cleaned_data["document"], acting_user=request.user)
        except InvalidDocument as error:
            faults = error.faults
        except BanyanError as error:
            faults = [error]
        else:
            said = (
                _("%(name)s is open at %(address)s.")
                if result.created
                else _("%(name)s was open: %(address)s.")
            )
            address = shop_url(result.tenant, "/")
            messages.success(request, said % {"name": pick(result.tenant.name), "address": address})
            return redirect("central:registry_tenant_change", result.tenant.pk)
    return render(request, "central/spawn.html", {"title": _("Open a shop"), "form": form, "faults": faults})


class RetireForm(ReasonForm):
    """Closing a shop for good; its host is typed once more, so that nobody closes the wrong one."""

    host = forms.CharField(label=_("The shop's host, to be sure"), max_length=253)

    def __init__(self, *args: Any, expected: str, **kwargs: Any) -> None:
        self.expected = expected
        super().__init__(*args, **kwargs)

    def clean_host(self) -> str:
        """Refuse any other host."""
        host: str = self.cleaned_data["host"].strip().lower()
        if host != self.expected:
            raise forms.ValidationError(_("this is another host than the shop's"))
        return host


def retire(request: HttpRequest, tenant_id: UUID) -> HttpResponse:
    """Close a shop for good: its data is exported, its host is free again; money stays in the ledger."""
    tenant = (
        Tenant.objects.filter(pk=tenant_id, state=Tenant.State.ACTIVE).exclude(schema_name=PUBLIC).first()
    )
    if tenant is None:
        raise Http404
    form = RetireForm(request.POST or None, expected=primary_host(tenant))
    if request.method == "POST" and form.is_valid():
        try:
            audit.record(
                "tenant.retire_asked",
                actor=request.user,
                object_type="registry.tenant",
                object_id=tenant.pk,
                object_label=pick(tenant.name),
                reason=form.cleaned_data["reason"],
                schema=tenant.schema_name,
            )
            archive = services.retire(
                tenant=tenant, export_to=settings.BANYAN_VAR / "exports", acting_user=request.user
            )
        except BanyanError as error:
            form.refuse(error)
        else:
            messages.success(
                request, _("The shop is closed. Its data lies in %(file)s.") % {"file": archive.name}
            )
            return redirect("central:registry_tenant_changelist")
    context = {
        "title": _("Close %(name)s for good") % {"name": pick(tenant.name)},
        "tenant": tenant,
        "host": primary_host(tenant),
        "form": form,
    }
    return render(request, "central/retire.html", context)
