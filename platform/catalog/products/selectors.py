"""Reading the catalogue."""

from dataclasses import dataclass
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from catalog.models import CatalogueChange, Category, Product, Region, Supplier, Variant
from kernel import clock
from kernel.errors import NotFound
from kernel.memo import once_a_page

LONGEST_QUERY = 80
MOST_FOUND = (100, 2_000, 20_000)
"""Hits of a search that are ranked at first, and when too few of those are among the wanted products."""


def catalogue_version() -> int:
    """Return a number that grows whenever something a page of the catalogue shows has changed.

    Products, prices, pictures, categories and suppliers count; stock only when a variant sells out
    or comes back. Read it before the data that is kept under it: what is kept is then at least as
    new as its number says. One query of a few rows.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(sum(amount), 0) FROM public.catalog_cataloguechange")
        return int(cursor.fetchone()[0])


def named_changes() -> dict[int, list[UUID] | None]:
    """Return the changes since they were last folded, by their id, with the products that they name.

    A product that is not named is for sale as it was, and in the same category; None names any. What is
    folded into one has a new id and names any. Read it before the data that is kept with it.
    """
    return dict(CatalogueChange.objects.values_list("id", "products"))


def find_supplier(code: str) -> Supplier:
    """Return the supplier of this code, or raise NotFound."""
    supplier = Supplier.objects.filter(code=code).first()
    if supplier is None:
        raise NotFound(
            _("there is no supplier of this code"),
            field="supplier",
            value=code,
            remedy=_("create it first; its code is written in small letters"),
        )
    return supplier


def find_category(slug: str) -> Category:
    """Return the category, or raise NotFound."""
    category = Category.objects.filter(slug=slug).first()
    if category is None:
        known = ", ".join(Category.objects.values_list("slug", flat=True)[:30])
        raise NotFound(
            _("there is no category of this slug"),
            field="category",
            value=slug,
            remedy=_("take one of: %(known)s") % {"known": known} if known else _("create it first"),
        )
    return category


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


@once_a_page
def category_families() -> dict[str, list[UUID]]:
    """Return for every category slug the ids of it and of all below it. One query."""
    rows = list(Category.objects.values_list("id", "slug", "parent_id"))
    parents = {key: parent for key, _slug, parent in rows}
    slugs = {key: slug for key, slug, _parent in rows}
    families: dict[str, list[UUID]] = {slug: [] for slug in slugs.values()}
    for key in slugs:
        ancestor: UUID | None = key
        while ancestor is not None:
            families[slugs[ancestor]].append(key)
            ancestor = parents[ancestor]
    return families


def category_ids(slug: str) -> list[UUID]:
    """Return the ids of a category and of all below it; none for an unknown slug."""
    return category_families().get(slug, [])


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, in order. ``is_all``: nothing else matches."""

    keys: list[UUID]
    is_all: bool


def search(products: QuerySet[Product], query: str, *, wanted: int = 100) -> Found:
    """Return which of those products match; Chinese and Latin, with a typo in a word of either.

    In the order that ``products`` has, best first if it has none; at least ``wanted`` if so many match.

    Every word must be found. Products that hold the words as they were written, above all in a title, come
    before those that are only similar. Of very many hits the newest are ranked, unless too few of those are
    among ``products``. See ``catalog_search`` in search/sql/search.sql; it uses two indexes.
    """
    found = Found([], is_all=True)
    for at_most in MOST_FOUND:
        if at_most < min(wanted, MOST_FOUND[-1]):
            continue
        keys = _hits(query, at_most)
        among = list(products.filter(id__in=keys).values_list("id", flat=True)) if keys else []
        if not products.ordered:
            known = set(among)
            among = [key for key in keys if key in known]
        found = Found(among, is_all=len(keys) < at_most)
        if found.is_all or len(among) >= wanted:
            break
    return found


def _hits(query: str, at_most: int) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT product_id FROM public.catalog_search(%s, %s)",
            [query.replace("\0", "")[:LONGEST_QUERY], at_most],
        )
        return [row[0] for row in cursor.fetchall()]


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


@once_a_page
def regions() -> dict[str, Region]:
    """Return all regions by slug, in their order."""
    return {region.slug: region for region in Region.objects.all()}


def region_line(slug: str) -> tuple[str, ...]:
    """Return the slugs from the region up to the root of the tree; () for an unknown slug."""
    known = {region.pk: region for region in regions().values()}
    line, here = [], regions().get(slug)
    while here is not None:
        line.append(here.slug)
        here = known.get(here.parent_id) if here.parent_id else None
    return tuple(line)


def region_family(slug: str) -> set[UUID]:
    """Return the ids of a region and of all below it; empty for an unknown slug."""
    return {region.pk for name, region in regions().items() if slug in region_line(name)}


def shown_in_region(slug: str) -> Q:
    """Return the condition on Product for a visitor of this region: sold everywhere, or local to it.

    Local to it is what belongs to the region, to one it lies in, or to one that lies in it. An unknown
    region shows what is sold everywhere.
    """
    known = regions()
    near = {known[name].pk for name in region_line(slug)} | region_family(slug)
    return Q(local_to=None) | Q(local_to_id__in=near)
