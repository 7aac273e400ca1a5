"""Writes of categories."""

from collections.abc import Mapping

from catalog.categories.models import Category
from kernel.database.unit_of_work import joins_transaction


@joins_transaction
def save_category(
    *, slug: str, name: Mapping[str, str], parent: Category | None = None, position: int = 0
) -> Category:
    """Create the category ``slug``, or bring its name, parent and position up to date; return it."""
    category = Category.objects.filter(slug=slug).first() or Category(slug=slug)
    values = (dict(name), parent.pk if parent else None, position)
    if category._state.adding or (category.name, category.parent_id, category.position) != values:
        category.name, category.parent, category.position = dict(name), parent, position
        category.save()
    return category
