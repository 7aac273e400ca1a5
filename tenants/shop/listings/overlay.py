"""The overlay: what at this moment decides in a shop which shared products it lists and what they cost."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db import connection

from catalog.models import Category, Product
from kernel import clock
from kernel.caches.memo import once_a_page
from kernel.caches.process_cache import ProcessCache
from tenants.agents.rules.document.parsing import Rules
from tenants.agents.rules_versions import selectors as rules_version_selectors
from tenants.registry.models import Tenant
from tenants.registry.selectors import current_tenant
from tenants.shop.listings.assortment import AssortmentRule
from tenants.shop.promotions.goods_subsidies.selectors import RUNNING, RunningSubsidy, running_subsidies


@dataclass(frozen=True)
class Overlay:
    """This tenant's view of the shared catalogue and its rules, read at once for a page or a command."""

    tenant: Tenant
    rule: AssortmentRule
    version: int
    catalogue_version: int
    rules_version: int
    rules: Rules
    subsidies: tuple[RunningSubsidy, ...] = ()
    has_campaigns: bool = False

    @property
    def currency(self) -> str:
        """ISO 4217 code of the prices: the tenant's currency."""
        return self.tenant.currency

    @property
    def fee_bp(self) -> int:
        """The platform fee, basis points of what the shop gets."""
        return self.tenant.platform_fee_bp

    @property
    def covered_bp(self) -> int:
        """What a price has to cover besides its cost: the platform fee, and payment fees the shop bears."""
        return self.fee_bp + self.tenant.margin_fee_bp

    def category_slugs(self, product: Product) -> tuple[str, ...]:
        """Return the slugs from the root of the tree down to the product's category; ``()`` without one."""
        return self._slugs.get(product.category_id, ()) if product.category_id else ()

    @cached_property
    def _slugs(self) -> Mapping[UUID, tuple[str, ...]]:
        return _slugs_at(self.catalogue_version)


# One statement for all that is small: it is sent twice in every order.
_OVERLAY = f"""
SELECT assortment.rule, assortment.version,
    (SELECT coalesce(sum(amount), 0) FROM public.catalog_cataloguechange),
    ({rules_version_selectors.IN_FORCE}), ({RUNNING}),
    EXISTS (SELECT FROM shop_campaign WHERE matrix_until > %s)
FROM (SELECT 1) present LEFT JOIN shop_assortment assortment ON assortment.id = 1
"""  # noqa: S608


@once_a_page
def overlay() -> Overlay:
    """Return the present tenant's overlay; a tenant without a rule lists everything as suggested."""
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(_OVERLAY, [now, now, now, now])
        rule, version, catalogue, in_force, subsidies, has_campaigns = cursor.fetchone()
    rules_version, rules = rules_version_selectors.rules_from_row(_json(in_force))
    return Overlay(
        tenant=current_tenant(),
        rule=AssortmentRule.model_validate_json(rule) if rule else AssortmentRule(),
        version=version or 0,
        catalogue_version=int(catalogue),
        rules_version=rules_version,
        rules=rules,
        subsidies=running_subsidies(_json(subsidies)),
        has_campaigns=has_campaigns,
    )


def _json(text: str | None) -> Any:
    return json.loads(text) if text else None


# The tree of one state of the catalogue, the same for all tenants.
category_trees: ProcessCache[int, Mapping[UUID, tuple[str, ...]]] = ProcessCache(4)


def _slugs_at(catalogue_version: int) -> Mapping[UUID, tuple[str, ...]]:
    """Return for every category the slugs from the root of the tree down to it.

    They are at least as new as the version: it was read before them.
    """
    slugs = category_trees.get(catalogue_version)
    if slugs is None:
        slugs = _read_slugs()
        # What is read inside a transaction may never come to be.
        if not connection.in_atomic_block:
            category_trees.put(catalogue_version, slugs)
    return slugs


def _read_slugs() -> dict[UUID, tuple[str, ...]]:
    rows = {row.id: row for row in Category.objects.all()}

    def path(row: Category) -> tuple[str, ...]:
        return (*path(rows[row.parent_id]), row.slug) if row.parent_id else (row.slug,)

    return {key: path(row) for key, row in rows.items()}
