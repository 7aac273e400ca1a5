"""Prices, stock and suppliers' people in the central team's console: pages that are no model's own."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from accounts import services as accounts
from accounts.models import User
from backoffice.forms import AmountField, ConsoleForm
from backoffice.screens import render
from catalog.models import Price, Product, Supplier
from catalog.products import services as product_services
from catalog.stock import services as stock_services
from kernel.errors import BanyanError
from kernel.text import pick


class PriceForm(ConsoleForm):
    """What one variant costs in one currency, and how many there are."""

    cost = AmountField(label=_("Cost"))
    minimum = AmountField(label=_("Lowest price"))
    suggested = AmountField(label=_("Suggested price"))
    available = forms.IntegerField(label=_("Stock"), min_value=0)
    is_hot = forms.BooleanField(label=_("Hot"), required=False)


def product_prices(request: HttpRequest, product_id: UUID) -> HttpResponse:
    """Show and change cost, prices and stock of a product's variants; only what differs is written."""
    product = Product.objects.select_related("supplier").filter(id=product_id).first()
    if product is None:
        raise Http404
    may_change = request.user.has_perm("catalog.change_product")
    rows = [(price, _price_form(request, price)) for price in _prices(product)]
    # Every form is looked at, so that all faults are shown at once.
    wrong = [form for _price, form in rows if request.method == "POST" and not form.is_valid()]
    if request.method == "POST" and may_change and not wrong:
        try:
            with transaction.atomic(durable=True):
                for price, form in rows:
                    _write_price(price, form, request.user)
        except BanyanError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Saved."))
            return redirect(request.path)
    context = {"title": pick(product.title), "product": product, "rows": rows, "may_change": may_change}
    return render(request, "central/product_prices.html", context)


def _prices(product: Product) -> QuerySet[Price]:
    return (
        Price.objects.filter(variant__product=product)
        .select_related("variant__stock")
        .order_by("variant__position", "variant_id", "currency")
    )


def _price_form(request: HttpRequest, price: Price) -> PriceForm:
    stock = getattr(price.variant, "stock", None)
    form = PriceForm(
        request.POST or None,
        prefix=str(price.id),
        initial={
            "cost": price.cost,
            "minimum": price.minimum,
            "suggested": price.suggested,
            "available": stock.available if stock else 0,
            "is_hot": bool(stock and stock.is_hot),
        },
    )
    for field in form.fields.values():
        if isinstance(field, AmountField):
            field.currency = price.currency
    return form


def _write_price(price: Price, form: PriceForm, user: Any) -> None:
    wanted = form.cleaned_data
    if {"cost", "minimum", "suggested"} & set(form.changed_data):
        product_services.set_price(
            variant_id=price.variant_id,
            currency=price.currency,
            cost=wanted["cost"],
            minimum=wanted["minimum"],
            suggested=wanted["suggested"],
            acting_user=user,
        )
    # Only a number that was changed on this page: stock moves while somebody looks at it.
    if "available" in form.changed_data:
        product_services.set_stock(
            variant_id=price.variant_id, available=wanted["available"], acting_user=user
        )
    if "is_hot" in form.changed_data:
        stock_services.set_hot(variant_id=price.variant_id, hot=wanted["is_hot"], acting_user=user)


class SupplierPersonForm(ConsoleForm):
    """Somebody who ships for a supplier."""

    email = forms.EmailField(label=_("E-mail"))
    name = forms.CharField(label=_("Full name"), max_length=120, required=False)


def supplier_people(request: HttpRequest, supplier_id: UUID) -> HttpResponse:
    """Show who works in the portal for a supplier, and add somebody; the password is shown once."""
    supplier = Supplier.objects.filter(id=supplier_id).first()
    if supplier is None:
        raise Http404
    form, person = SupplierPersonForm(request.POST or None), None
    may_add = request.user.has_perm("accounts.add_user")
    if request.method == "POST" and may_add and form.is_valid():
        try:
            person = accounts.create_supplier_user(
                **form.cleaned_data, supplier_id=supplier.pk, acting_user=request.user
            )
        except BanyanError as error:
            form.refuse(error)
    context = {
        "title": _("People of %(name)s") % {"name": pick(supplier.name)},
        "supplier": supplier,
        "people": User.objects.filter(supplier_id=supplier.pk).order_by("email"),
        "form": form if may_add else None,
        "person": person,
    }
    return render(request, "central/supplier_people.html", context)
