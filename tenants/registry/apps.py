from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from kernel import metrics


class RegistryConfig(AppConfig):
    """Tenants, their hosts and their schemas."""

    name = "tenants.registry"
    verbose_name = _("Shops")

    def ready(self) -> None:
        """Show how many schemas and tenants there are; count a shop's hosts for its plan."""
        # Models are not ready before.
        from billing.plans import usage
        from tenants.registry.models import Domain

        usage.register(
            usage.Metric.DOMAINS, lambda tenant_id: Domain.objects.filter(tenant=tenant_id).count()
        )
        metrics.register(
            "ready_schemas",
            "Schemas that wait for a tenant",
            lambda: metrics.one_number("SELECT count(*) FROM registry_readyschema"),
        )
        metrics.register(
            "tenants_active",
            "Tenants that are open",
            lambda: metrics.one_number("SELECT count(*) FROM registry_tenant WHERE state = 'active'"),
        )
