"""Reads of products and variants, and which of them may be sold."""

from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet

from catalog.products.models import Product, Variant
from catalog.regions.selectors import region_family, region_line, regions
from catalog.suppliers.models import Supplier
from kernel import clock

LONGEST_QUERY = 80


def variants_of(supplier: Supplier, *, query: str = "", page: int = 1, per_page: int = 30) -> Page[Variant]:
    """Return a page of the supplier's variants that are not archived, with product, stock and prices.

    ``query`` finds parts of a title, a tag or a SKU.
    """
    variants = Variant.objects.filter(product__supplier=supplier, is_active=True).exclude(
        product__status=Product.Status.ARCHIVED
    )
    if query := query.strip().lower()[:LONGEST_QUERY]:
        variants = variants.filter(Q(product__search_text__contains=query) | Q(sku__icontains=query))
    ordered = variants.order_by("-product_id", "position", "id")
    return Paginator(
        ordered.select_related("product", "stock").prefetch_related("prices"), per_page
    ).get_page(page)


def sellable_condition(tenant_id: UUID | None = None) -> Q:
    """Return the condition on Product under which it may be sold: in that tenant, or in any at all.

    It is on offer, its supplier supplies, every licence it needs is in force today (UTC), and those who
    choose goods have not said no: what a tenant's own charter asks beyond that is selection's.
    The twin of ``catalog_for_sale`` in products/sql/for_sale.sql, which guards reservations.
    """
    licensed = Q(licensed_until=None) | Q(licensed_until__gte=clock.now().date())
    on_offer = Q(status=Product.Status.ACTIVE, supplier__is_active=True)
    return on_offer & licensed & admitted_condition(tenant_id)


def admitted_condition(tenant_id: UUID | None = None) -> Q:
    """Return the condition on Product under which those who choose products let it be sold.

    The twin of ``catalog_is_admitted`` in products/sql/for_sale.sql.
    """
    admitted = Q(admission__in=Product.FOR_SALE)
    return admitted if tenant_id is None else admitted & ~Q(barred_from__contains=[tenant_id])


def sellable(tenant_id: UUID | None = None) -> QuerySet[Product]:
    """Return the products that may be sold; see ``sellable_condition``."""
    return Product.objects.filter(sellable_condition(tenant_id))


def shown_in_region(slug: str) -> Q:
    """Return the condition on Product for a visitor of this region: sold everywhere, or local to it.

    Local to it is what belongs to the region, to one it lies in, or to one that lies in it. An unknown
    region shows what is sold everywhere.
    """
    known = regions()
    near = {known[name].pk for name in region_line(slug)} | region_family(slug)
    return Q(local_to=None) | Q(local_to_id__in=near)
