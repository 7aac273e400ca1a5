"""Prices, stock and pictures of a product, and changing many products at once."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from backoffice.forms import refuse
from backoffice.screens import press, render
from catalog.models import Price, Product
from catalog.pictures import services as picture_services
from catalog.products import bulk_edits
from catalog.products import services as product_services
from catalog.stock import services as stock_services
from catalog.stock.services import VariantChange
from central.catalogue.forms import BulkForm, PriceForm
from kernel.errors import BanyanError
from kernel.texts.translated import pick

MOST_AT_ONCE = 10
SHOWN = 100


def prices(request: HttpRequest, product_id: UUID) -> HttpResponse:
    """Show and change cost, prices and stock of a product's variants; only what differs is written."""
    product = get_object_or_404(Product.objects.select_related("supplier"), id=product_id)
    may_change = request.user.has_perm("catalog.change_product")
    rows = [(price, _price_form(request, price)) for price in _prices(product)]
    # Every form is looked at, so that all faults are shown at once.
    wrong = [form for _price, form in rows if not form.is_valid()]
    if request.method == "POST" and may_change and not wrong:
        changes = [_change(price, form) for price, form in rows]
        try:
            stock_services.change_variants(changes=changes, acting_user=request.user)
        except BanyanError as error:
            messages.error(request, error.text)
        else:
            messages.success(request, _("Saved."))
            return redirect(request.path)
    context = {"title": pick(product.title), "product": product, "rows": rows, "may_change": may_change}
    return render(request, "central/catalogue/prices.html", context)


def _prices(product: Product) -> QuerySet[Price]:
    prices = Price.objects.filter(variant__product=product).select_related("variant__stock")
    return prices.order_by("variant__position", "variant_id", "currency")


def _price_form(request: HttpRequest, price: Price) -> PriceForm:
    stock = getattr(price.variant, "stock", None)
    initial = {
        "cost": price.cost,
        "minimum": price.minimum,
        "suggested": price.suggested,
        "available": stock.available if stock else 0,
        "is_hot": bool(stock and stock.is_hot),
    }
    return PriceForm(request.POST or None, prefix=str(price.id), initial=initial, currency=price.currency)


def _change(price: Price, form: PriceForm) -> VariantChange:
    """Return what was changed on the page, and nothing else: stock moves while somebody looks at it."""
    changed: dict[str, Any] = {name: form.cleaned_data[name] for name in form.changed_data}
    amounts = ("cost", "minimum", "suggested")
    return VariantChange(
        variant_id=price.variant_id,
        currency=price.currency,
        amounts={name: form.cleaned_data[name] for name in amounts}
        if changed.keys() & set(amounts)
        else None,
        available=changed.get("available"),
        is_hot=changed.get("is_hot"),
    )


def pictures(request: HttpRequest, product_id: UUID) -> HttpResponse:
    """Show a product's pictures; take new ones, move one to the front, remove one."""
    product = get_object_or_404(Product, id=product_id)
    may_change = request.user.has_perm("catalog.change_product")
    if request.method == "POST" and may_change:
        return press(request, lambda: _do(request, product), request.path, said=str)
    context = {
        "title": pick(product.title),
        "product": product,
        "pictures": product.media.all(),
        "may_change": may_change,
    }
    return render(request, "central/catalogue/pictures.html", context)


def _do(request: HttpRequest, product: Product) -> str:
    """Do what was pressed; return what to say of added pictures."""
    about: dict[str, Any] = {"product": product, "acting_user": request.user}
    if key := request.POST.get("first"):
        picture_services.move_picture_first(**about, media_id=key)
        return ""
    if key := request.POST.get("remove"):
        picture_services.remove_picture(**about, media_id=key)
        return ""
    stored = []
    # Stored before the transaction: the storage may be another machine. What is stored twice is one file.
    for file in request.FILES.getlist("pictures")[:MOST_AT_ONCE]:
        try:
            stored.append(picture_services.store_picture(file))
        except BanyanError as error:
            messages.error(request, f"{file.name}: {error.text}")
    added = len(picture_services.add_pictures(**about, stored=stored))
    text = ngettext("%(count)d picture added.", "%(count)d pictures added.", added)
    return text % {"count": added} if added else ""


def bulk_edit(request: HttpRequest) -> HttpResponse:
    """Show a preview of a change to many products; apply exactly what was previewed."""
    form, preview = BulkForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        try:
            if mark := request.POST.get("mark", ""):
                count = product_services.apply_bulk_edit(
                    form.choice(), form.edit(), mark=mark, acting_user=request.user
                )
                text = ngettext("%(count)d row changed.", "%(count)d rows changed.", count)
                messages.success(request, text % {"count": count})
                return redirect(request.path)
            preview = bulk_edits.preview(form.choice(), form.edit())
        except BanyanError as error:
            refuse(form, error)
            if error.code == "preview_outdated":
                preview = bulk_edits.preview(form.choice(), form.edit())
    context = {
        "title": _("Bulk edit"),
        "form": form,
        "preview": preview,
        "changes": preview.changes[:SHOWN] if preview else (),
        "faults": preview.faults[:SHOWN] if preview else (),
        "more": max(0, len(preview.changes) - SHOWN) if preview else 0,
    }
    return render(request, "central/catalogue/bulk_edit.html", context)
