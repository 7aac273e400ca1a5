"""Reads of products and variants, and which of them may be sold."""

from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import DateField, F, Func, Q, QuerySet, Value
from django.db.models.expressions import RawSQL

from catalog.products.models import Product, Variant
from catalog.regions.selectors import region_family, region_line, regions
from catalog.suppliers.models import Supplier
from kernel import clock
from kernel.days import quarter_of

LONGEST_QUERY = 80
MOST_MATCHING = 1_000_000


def variants_of(supplier: Supplier, *, query: str = "", page: int = 1, per_page: int = 30) -> Page[Variant]:
    """Return a page of the supplier's variants that are not archived, with product, stock and prices.

    ``query``: see ``matching``.
    """
    variants = Variant.objects.filter(product__supplier=supplier, is_active=True).exclude(
        product__status=Product.Status.ARCHIVED
    )
    if query.strip():
        variants = variants.filter(product_id__in=matching(query, supplier=supplier))
    ordered = variants.order_by("-product_id", "position", "id")
    return Paginator(
        ordered.select_related("product", "stock").prefetch_related("prices"), per_page
    ).get_page(page)


def as_asked(query: str) -> str:
    """Return what somebody typed as the database takes it."""
    return query.replace("\0", "")[:LONGEST_QUERY]


def matching(query: str, *, supplier: Supplier | None = None) -> RawSQL:
    """Return the ids of all products, drafts too, that hold every word as it was typed, or have that code.

    For a filter ``…__in``: what is only similar is not among them, so that it may be changed in bulk. Of
    the same normalisation as the shops' search, see ``catalog_search`` in search/sql/search.sql.
    """
    return RawSQL(
        "SELECT product_id FROM public.catalog_search(%s, %s, false, true, %s)",
        (as_asked(query), MOST_MATCHING, supplier and supplier.pk),
    )


def sellable_condition(tenant_id: UUID | None = None) -> Q:
    """Return the condition on Product under which it may be sold: in that tenant, or in any at all.

    It is on offer, its supplier supplies, every licence it needs is in force today (where the supplier is),
    and those who choose goods have not said no: what a tenant's own charter asks beyond that is selection's.
    The twin of ``catalog_for_sale`` in products/sql/for_sale.sql, which guards reservations.
    """
    # Of the quarter of an hour: a query that is kept for one gives the same all through it.
    today = Func(
        Value(quarter_of(clock.now())), F("supplier__timezone"),
        template="(%(expressions)s)::date", arg_joiner=" AT TIME ZONE ", output_field=DateField(),
    )  # fmt: skip
    licensed = Q(licensed_until=None) | Q(licensed_until__gte=today)
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
