"""A supplier's own goods and how many of them can still be sold."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from backoffice.screens import press
from catalog.models import Supplier, Variant
from catalog.products import selectors as product_selectors
from catalog.stock import services as stock_services
from kernel.texts.translated import pick
from portal import access
from portal.frame import page_number, show
from portal.goods.forms import StockForm


@access.for_suppliers("GET")
def goods(request: HttpRequest, supplier: Supplier) -> HttpResponse:
    """Show the supplier's own variants with what is left of each."""
    query = request.GET.get("q", "")
    page = product_selectors.variants_of(supplier, query=query, page=page_number(request))
    context = {"page": page, "rows": [_row(variant) for variant in page.object_list], "query": query}
    return show(request, supplier, "goods/goods", context)


def _row(variant: Variant) -> tuple[Variant, StockForm, int]:
    stock = getattr(variant, "stock", None)
    available, reserved = (stock.available, stock.reserved) if stock else (0, 0)
    return variant, StockForm({"available": available}, auto_id=f"id_%s_{variant.pk}"), reserved


@access.for_suppliers("POST")
def set_stock(request: HttpRequest, supplier: Supplier, variant_id: UUID) -> HttpResponse:
    """Say how many units of an own variant can still be sold."""
    variant = access.variant_of(supplier, variant_id)
    form = StockForm(request.POST)
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        target = ""
    return press(
        request,
        lambda: stock_services.set_stock(
            variant_id=variant.pk, available=form.cleaned_data["available"], acting_user=request.user
        ),
        target or resolve_url("portal:goods"),
        said=_("Stock noted: %(sku)s") % {"sku": str(variant) or pick(variant.product.title)},
        form=form,
    )
