"""Reads of categories."""

from uuid import UUID

from django.utils.translation import gettext as _

from catalog.categories.models import Category
from kernel.caches.memo import once_a_page
from kernel.errors import NotFound


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
