"""Reading the catalogue."""

from uuid import UUID

from django.contrib.postgres.search import TrigramWordSimilarity
from django.core.paginator import Page, Paginator
from django.db import connection
from django.db.models import Case, FloatField, Q, QuerySet, Value, When
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from catalog.models import Category, Product, Supplier, Variant
from kernel.errors import NotFound
from kernel.memo import once_a_page

TYPO = 0.45
"""Least word similarity (pg_trgm) that still counts as a hit: one wrong letter in a word of five."""
LONGEST_QUERY = 80


def catalogue_version() -> int:
    """Return a number that grows whenever something a page of the catalogue shows has changed.

    Products, prices, pictures, categories and suppliers count; stock only when a variant sells out
    or comes back. Read it before the data that is kept under it: what is kept is then at least as
    new as its number says. One query of a few rows.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(sum(amount), 0) FROM public.catalog_cataloguechange")
        return int(cursor.fetchone()[0])


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


def search(products: QuerySet[Product], query: str) -> QuerySet[Product]:
    """Return those products that match, best first; Chinese and Latin, with a typo in a Latin word.

    Every word must be found. Words of three characters and more use the trigram index; whoever contains
    the words as they stand comes before those that are only similar.
    """
    words = query.lower()[:LONGEST_QUERY].split()
    contains = Q()
    for word in words:
        contains &= Q(search_text__contains=word)
    similar = TrigramWordSimilarity(" ".join(words), "search_text")
    found = products.annotate(closeness=similar).filter(contains | Q(closeness__gte=TYPO))
    whole = Case(When(contains, then=Value(1.0)), default=Value(0.0), output_field=FloatField())
    return found.annotate(rank=Greatest(whole, "closeness")).order_by("-rank", "-closeness", "-id")
