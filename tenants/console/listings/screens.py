"""Listings, their prices and margins, and the assortment rule that makes them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import yaml
from django.contrib import messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.requests import signed_in
from backoffice.screens import PER_PAGE, attempt, page_of, render
from catalog.categories import selectors as category_selectors
from catalog.models import Category, Price, Product, Supplier
from catalog.search import selectors as search_selectors
from kernel.errors import BanyanError
from kernel.texts.translated import pick
from tenants.console.listings.forms import AssortmentForm, ListingForm
from tenants.shop.listings import selectors as listing_selectors
from tenants.shop.listings import services as listing_services
from tenants.shop.listings.assortment import read_rule
from tenants.shop.listings.models import Listing, ListingPrice
from tenants.shop.listings.overlay import Overlay, overlay
from tenants.shop.listings.selectors import OfferedVariant
from tenants.shop.pricing import margin_guard
from tenants.shop.pricing.margins import Margin, margin_of

SHOWN = {
    "listed": gettext_lazy("on sale here"),
    "hidden": gettext_lazy("hidden by hand"),
    "missing": gettext_lazy("not on sale here"),
}


@dataclass(frozen=True, slots=True)
class ListingRow:
    """One product in the list, with its cheapest variant's margin here."""

    product: Product
    title: str
    margin: Margin | None
    is_listed: bool
    differs: bool


def listings(request: HttpRequest) -> HttpResponse:
    """List the shared catalogue as this shop sees it: what is on sale, at what price and margin."""
    view = overlay()
    shown = request.GET.get("shown", "listed")
    products = _products(view, shown if shown in SHOWN else "listed", request.GET.get("category", ""))
    query = request.GET.get("q", "").strip()
    newest = products.order_by("-id").values_list("id", flat=True)
    page = page_of(
        request,
        search_selectors.search(products, query, at_least=PER_PAGE * 20).keys if query else newest,
    )
    on_page = products.in_bulk(list(page.object_list))
    context = {
        "title": _("Goods and prices"),
        "page": page,
        "rows": _rows(view, [on_page[key] for key in page.object_list if key in on_page]),
        "currency": view.tenant.currency,
        "choices": SHOWN,
        "shown": shown,
        "query": request.GET.get("q", ""),
        "category": request.GET.get("category", ""),
        "categories": Category.objects.order_by("position", "slug"),
    }
    return render(request, "console/listings/listings.html", context)


def _products(view: Overlay, shown: str, category: str) -> QuerySet[Product]:
    products = listed = listing_selectors.listed_products(view)
    if shown != "listed":
        hidden = Listing.objects.filter(product_id=OuterRef("id"), is_hidden=True)
        products = Product.objects.filter(status=Product.Status.ACTIVE).exclude(id__in=listed.values("id"))
        products = products.filter(Exists(hidden) if shown == "hidden" else ~Exists(hidden))
    if category:
        products = products.filter(category_id__in=category_selectors.category_ids(category))
    return products.select_related("supplier", "category")


def _rows(view: Overlay, products: Sequence[Product]) -> list[ListingRow]:
    keys = [product.id for product in products]
    cheapest: dict[UUID, OfferedVariant] = {}
    for offer in listing_selectors.offered_variants(view, products=keys):
        other = cheapest.get(offer.product.id)
        if other is None or offer.price < other.price:
            cheapest[offer.product.id] = offer
    own = listing_selectors.own_titles(keys)
    listed = set(listing_selectors.listed_products(view).filter(id__in=keys).values_list("id", flat=True))
    differing = set(Listing.objects.filter(product_id__in=keys).values_list("product_id", flat=True))
    return [
        ListingRow(
            product=product,
            title=listing_selectors.title_of(product, own),
            margin=margin_of(view, cheapest[product.id]) if product.id in cheapest else None,
            is_listed=product.id in listed,
            differs=product.id in differing,
        )
        for product in products
    ]


def listing(request: HttpRequest, product_id: UUID) -> HttpResponse:
    """Show one product as this shop sells it, and let it differ from the rule."""
    view = overlay()
    product = get_object_or_404(Product.objects.select_related("supplier", "category"), id=product_id)
    prices = list(
        Price.objects.filter(variant__product=product, currency=view.tenant.currency)
        .select_related("variant")
        .order_by("variant__position", "variant_id")
    )
    form = ListingForm(request.POST or None, prices=prices, initial=_initial(product, prices))
    may_change = request.user.has_perm("shop.change_listing")
    if may_change and attempt(
        request,
        form,
        lambda: listing_services.override_listing(
            product_id=product.id, acting_user=signed_in(request), **form.overrides()
        ),
        _("Saved."),
    ):
        return redirect("console:listing", product.pk)
    offers = {
        offer.variant_id: offer for offer in listing_selectors.offered_variants(view, products=[product.id])
    }
    context = {
        "title": pick(product.title),
        "product": product,
        "form": form,
        "may_change": may_change,
        "currency": view.tenant.currency,
        "rows": [
            {
                "price": price,
                "rule_price": view.rule.price.price(price.suggested, price.minimum, view.currency),
                "margin": margin_of(view, offers[price.variant_id]) if price.variant_id in offers else None,
                "field": form[f"price_{price.variant_id.hex}"],
            }
            for price in prices
        ],
        "shop_path": f"/p/{product.supplier.code}/{product.handle}/",
        "is_listed": listing_selectors.listed_products(view).filter(id=product.id).exists(),
    }
    return render(request, "console/listings/listing.html", context)


def _initial(product: Product, prices: Sequence[Price]) -> dict[str, Any]:
    row = Listing.objects.filter(product_id=product.id).first() or Listing(product_id=product.id)
    amounts = ListingPrice.objects.filter(variant_id__in=[price.variant_id for price in prices])
    own = dict(amounts.values_list("variant_id", "amount"))
    return {
        **{name: getattr(row, name) for name in ("title", "is_hidden", "is_extra", "featured")},
        **{f"price_{price.variant_id.hex}": own.get(price.variant_id) for price in prices},
    }


def assortment(request: HttpRequest) -> HttpResponse:
    """Show and change the rule that lists and prices the shared catalogue; try it before it counts."""
    view = overlay()
    rule = view.rule.model_dump(mode="json", exclude_defaults=True) or {"include": [{}]}
    document = yaml.safe_dump(rule, allow_unicode=True, sort_keys=False)
    form = AssortmentForm(request.POST or None, initial={"document": document})
    faults: list[BanyanError] = []
    may_change = request.user.has_perm("shop.change_assortment")
    tried = attempt(request, form, lambda: read_rule(form.cleaned_data["document"]), faults=faults)
    if tried and may_change and "save" in request.POST:
        listing_services.set_assortment(rule=tried.result, acting_user=signed_in(request))
        messages.success(request, _("The rule is in force."))
        return redirect("console:assortment")
    seen = replace(view, rule=tried.result) if tried else view
    products = listing_selectors.listed_products(seen).select_related("supplier")
    broken = margin_guard.broken_promises(
        seen, listing_selectors.offered_variants(seen, products=products.values_list("id", flat=True))
    )
    context = {
        "unkept_count": len(broken),
        "unkept": _rows(seen, [offer.product for offer in broken[:8]]),
        "title": _("Assortment rule"),
        "form": form,
        "faults": faults,
        "tried": tried is not None,
        "count": products.count(),
        "before": listing_selectors.listed_products(view).count(),
        "of": Product.objects.filter(status=Product.Status.ACTIVE).count(),
        "sample": _rows(seen, list(products.order_by("-id")[:8])),
        "currency": view.tenant.currency,
        "categories": Category.objects.order_by("position", "slug"),
        "suppliers": Supplier.objects.filter(is_active=True).order_by("code"),
        "may_change": may_change,
    }
    return render(request, "console/listings/assortment.html", context)
