"""Addresses of products in the shop, as people paste them."""

import re
from uuid import UUID

from django.utils.translation import gettext as _

from catalog.models import Product
from kernel.errors import NotFound

ADDRESS = re.compile(
    r"(?:.*/p/)?(?P<supplier>[-\w]{1,60})/(?P<handle>[^/?\s]{1,200})/?(?:\?v=(?P<variant>[-0-9a-f]{36}))?"
)


def product_at(address: str) -> tuple[Product, UUID | None]:
    """Return the product of an address, and the variant that its ``?v=`` names. Raises NotFound."""
    match = ADDRESS.fullmatch(address)
    product = (
        match and Product.objects.filter(supplier__code=match["supplier"], handle=match["handle"]).first()
    )
    try:
        variant_id = UUID(match["variant"]) if match and match["variant"] else None
    except ValueError:
        product = None
    if not product:
        raise NotFound(_("this address leads to no goods"), field="goods", value=address[:80])
    return product, variant_id
