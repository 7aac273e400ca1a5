"""Reading the catalogue."""

from django.db import connection
from django.utils.translation import gettext as _

from catalog.models import Category, Supplier
from kernel.errors import NotFound


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
