"""The blueprint's section ``brand``."""

from tenants.brand import services
from tenants.brand.document import BrandDocument
from tenants.registry import blueprints
from tenants.registry.blueprints import SpawnContext
from tenants.registry.models import Tenant


def register() -> None:
    """Take the blueprint's section ``brand``; called once from AppConfig.ready."""
    blueprints.register_section("brand", model=BrandDocument, apply=apply_brand)


def apply_brand(tenant: Tenant, document: BrandDocument, context: SpawnContext) -> None:
    """Give a new tenant the look of its blueprint."""
    services.install(document)
