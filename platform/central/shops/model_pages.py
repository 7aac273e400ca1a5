"""All shops."""

from django.conf import settings
from django.contrib.admin import display
from django.db.models import BigIntegerField, Count, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from backoffice.model_pages import ReadOnlyAdmin, ReadOnlyInline
from billing.ledger.models import Transfer
from kernel.money.money import format_money
from kernel.tenancy import PUBLIC
from tenants.registry.models import Domain, Tenant
from tenants.shop import sales
from tenants.shop.orders.legs import PAID


class DomainInline(ReadOnlyInline):
    """Where a shop answers."""

    model, fields = Domain, ("domain", "is_primary")
    show_title = True


class TenantAdmin(ReadOnlyAdmin):
    """Every shop with its hosts, orders and sales."""

    list_display = ("name", "hosts", "state", "preset", "orders", "sales", "created_at")
    list_filter = ("state", "preset", "currency")
    search_fields = ("name__search_text", "domains__domain", "=schema_name")
    ordering = ("-created_at",)
    inlines = (DomainInline,)
    fields = (
        "schema", "name", "state", "preset", "locale", "currency", "timezone", "gateway", "created_at",
        "retired_at", "orders", "sales",
    )  # fmt: skip
    change_form_before_template = "central/shops/links.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tenant]:
        """Return shops with what they sold, read from the ledger: no shop's own tables are opened."""
        paid = Transfer.objects.filter(tenant_id=OuterRef("pk"), kind=PAID).order_by().values("tenant_id")
        entries = (
            sales.entries()
            .filter(transfer__tenant_id=OuterRef("pk"))
            .order_by()
            .values("transfer__tenant_id")
        )
        sold = Subquery(
            entries.annotate(total=-Sum("amount")).values("total"), output_field=BigIntegerField()
        )
        shops: QuerySet[Tenant] = super().get_queryset(request).exclude(schema_name=PUBLIC)
        shops = shops.annotate(
            order_count=Coalesce(Subquery(paid.annotate(number=Count("id")).values("number")), 0),
            sold=Coalesce(sold, 0),
        )
        return shops.prefetch_related("domains")

    @display(description=_("schema"))
    def schema(self, tenant: Tenant) -> str:
        """Return the schema that holds the shop's tables."""
        return str(tenant.schema_name)

    @display(description=_("hosts"))
    def hosts(self, tenant: Tenant) -> str:
        """Link to the shop's hosts."""
        names = sorted(domain.domain for domain in tenant.domains.all())
        rows = ((settings.PUBLIC_SCHEME, name, settings.PUBLIC_PORT, name) for name in names)
        return format_html_join(", ", '<a href="{}://{}{}/">{}</a>', rows) or format_html("{}", "–")

    @display(description=_("orders paid"), ordering="order_count")
    def orders(self, tenant: Tenant) -> int:
        """Return how many orders were paid, refunded ones among them."""
        return int(tenant.order_count)

    @display(description=_("sales"), ordering="sold")
    def sales(self, tenant: Tenant) -> str:
        """Return what was paid for them, less what was refunded."""
        return format_money(int(tenant.sold), tenant.currency)
