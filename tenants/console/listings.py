"""Listings and the assortment rule in the operators' console."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import yaml
from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import ValidationError

from accounts.access import signed_in
from backoffice.forms import AmountField, ConsoleForm, TextsField, refuse
from backoffice.screens import render
from catalog.categories import selectors as category_selectors
from catalog.models import Category, Price, Product, Supplier
from catalog.search import selectors as search_selectors
from kernel.amounts import BASIS_POINTS, share_of
from kernel.errors import BanyanError, InvalidInput
from kernel.text import pick
from tenants.shop.listings import selectors as listing_selectors
from tenants.shop.listings import services as listing_services
from tenants.shop.listings.assortment import AssortmentRule
from tenants.shop.listings.overlay import Overlay, overlay
from tenants.shop.listings.selectors import OfferedVariant
from tenants.shop.models import Listing, ListingPrice
from tenants.shop.pricing import margin_guard

PER_PAGE = 50
SHOWN = {
    "listed": gettext_lazy("on sale here"),
    "hidden": gettext_lazy("hidden by hand"),
    "missing": gettext_lazy("not on sale here"),
}


@dataclass(frozen=True, slots=True)
class Margin:
    """What is left of a price after supply cost and platform fee, before any commission. Minor units."""

    price: int
    cost: int
    fee: int

    @property
    def amount(self) -> int:
        """What is left."""
        return self.price - self.cost - self.fee

    @property
    def percent(self) -> str:
        """The same as a share of the price, one decimal."""
        tenths = self.amount * 1000 // self.price if self.price else 0
        return f"{tenths // 10}.{tenths % 10}"


@dataclass(frozen=True, slots=True)
class Row:
    """One product in the list, with its cheapest variant's price here."""

    product: Product
    title: str
    margin: Margin | None
    is_listed: bool
    differs: bool


def goods(request: HttpRequest) -> HttpResponse:
    """List the shared catalogue as this shop sees it: what is on sale, at what price and margin."""
    view = overlay()
    shown = request.GET.get("shown", "listed")
    products = _chosen(view, shown if shown in SHOWN else "listed", request)
    query = request.GET.get("q", "").strip()
    keys = products.order_by("-id").values_list("id", flat=True)
    page = Paginator(
        search_selectors.search(products, query, at_least=PER_PAGE * 20).keys if query else keys, PER_PAGE
    ).get_page(request.GET.get("page"))
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
    return render(request, "operators/listings.html", context)


def _chosen(view: Overlay, shown: str, request: HttpRequest) -> QuerySet[Product]:
    listed = listing_selectors.listed_products(view)
    if shown == "listed":
        products = listed
    else:
        hidden = Listing.objects.filter(product_id=OuterRef("id"), is_hidden=True)
        products = Product.objects.filter(status=Product.Status.ACTIVE).exclude(id__in=listed.values("id"))
        products = products.filter(Exists(hidden) if shown == "hidden" else ~Exists(hidden))
    if slug := request.GET.get("category"):
        products = products.filter(category_id__in=category_selectors.category_ids(slug))
    return products.select_related("supplier", "category")


def _rows(view: Overlay, products: Sequence[Product]) -> list[Row]:
    keys = [product.id for product in products]
    offers: dict[UUID, OfferedVariant] = {}
    for offer in listing_selectors.offered_variants(view, products=keys):
        kept = offers.get(offer.product.id)
        if kept is None or offer.price < kept.price:
            offers[offer.product.id] = offer
    own = listing_selectors.own_titles(keys)
    listed = set(listing_selectors.listed_products(view).filter(id__in=keys).values_list("id", flat=True))
    differing = set(Listing.objects.filter(product_id__in=keys).values_list("product_id", flat=True))
    return [
        Row(
            product=product,
            title=listing_selectors.title_of(product, own),
            margin=margin_of(view, offers[product.id]) if product.id in offers else None,
            is_listed=product.id in listed,
            differs=product.id in differing,
        )
        for product in products
    ]


def margin_of(view: Overlay, offer: OfferedVariant) -> Margin:
    """Return what a unit leaves to the shop before commissions."""
    return Margin(offer.price, offer.cost, share_of(offer.price, view.tenant.platform_fee_bp))


class ListingForm(ConsoleForm):
    """Where one product differs from the rule. Every variant has a field for a price of its own."""

    title = TextsField(
        label=gettext_lazy("Own title"), required=False, help_text=gettext_lazy("empty: the catalogue's")
    )
    is_hidden = forms.BooleanField(label=gettext_lazy("Hide it"), required=False)
    is_extra = forms.BooleanField(
        label=gettext_lazy("List it although the assortment rule leaves it out"), required=False
    )
    featured = forms.IntegerField(
        label=gettext_lazy("Place on the home page"),
        min_value=0,
        max_value=999,
        help_text=gettext_lazy("1 is first; 0: not featured"),
    )

    def __init__(self, *args: Any, prices: Sequence[Price], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for price in prices:
            field = AmountField(label=gettext_lazy("Own price"), required=False, currency=price.currency)
            self.fields[f"price_{price.variant_id.hex}"] = field

    @property
    def own_prices(self) -> dict[UUID, int | None]:
        """Return the prices that were changed: variant -> minor units, None to follow the rule again."""
        return {
            UUID(name.removeprefix("price_")): self.cleaned_data[name]
            for name in self.changed_data
            if name.startswith("price_")
        }


def listing(request: HttpRequest, product_id: UUID) -> HttpResponse:
    """Show one product as this shop sells it, and let it differ from the rule."""
    view = overlay()
    product = Product.objects.filter(id=product_id).select_related("supplier", "category").first()
    if product is None:
        raise Http404
    prices = _catalogue_prices(view, product)
    form = ListingForm(request.POST or None, prices=prices, initial=_initial(product, prices))
    may_change = request.user.has_perm("shop.change_listing")
    if request.method == "POST" and may_change and form.is_valid():
        wanted = form.cleaned_data
        try:
            listing_services.override_listing(
                product_id=product.id,
                acting_user=signed_in(request),
                title=wanted["title"],
                is_hidden=wanted["is_hidden"],
                is_extra=wanted["is_extra"],
                featured=wanted["featured"],
                prices=form.own_prices,
            )
        except BanyanError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Saved."))
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
                "rule_price": view.rule.price.price(price.suggested, price.minimum),
                "margin": margin_of(view, offers[price.variant_id]) if price.variant_id in offers else None,
                "field": form[f"price_{price.variant_id.hex}"],
            }
            for price in prices
        ],
        "shop_path": f"/p/{product.supplier.code}/{product.handle}/",
        "is_listed": listing_selectors.listed_products(view).filter(id=product.id).exists(),
    }
    return render(request, "operators/listing.html", context)


def _catalogue_prices(view: Overlay, product: Product) -> list[Price]:
    return list(
        Price.objects.filter(variant__product=product, currency=view.tenant.currency)
        .select_related("variant")
        .order_by("variant__position", "variant_id")
    )


def _initial(product: Product, prices: Sequence[Price]) -> dict[str, Any]:
    row = Listing.objects.filter(product_id=product.id).first() or Listing(product_id=product.id)
    own = dict(
        ListingPrice.objects.filter(variant_id__in=[price.variant_id for price in prices]).values_list(
            "variant_id", "amount"
        )
    )
    return {
        "title": row.title,
        "is_hidden": row.is_hidden,
        "is_extra": row.is_extra,
        "featured": row.featured,
        **{f"price_{price.variant_id.hex}": own.get(price.variant_id) for price in prices},
    }


class RuleForm(ConsoleForm):
    """The assortment rule as YAML."""

    document = forms.CharField(
        label=gettext_lazy("Assortment rule (YAML)"),
        widget=forms.Textarea({"class": "bn-code bn-code-short", "rows": 16, "spellcheck": "false"}),
        strip=False,
        max_length=50_000,
    )


def read_rule(document: str) -> AssortmentRule:
    """Return the rule a document says. Raises InvalidInput; for faults of fields see ``faults_of``."""
    try:
        values = yaml.safe_load(document)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise InvalidInput(
            _("this is not YAML: %(problem)s") % {"problem": error.problem or error.context},
            line=line,
            remedy=_("check indentation, quotes and colons of this line"),
        ) from None
    except yaml.YAMLError as error:
        raise InvalidInput(_("this is not YAML: %(problem)s") % {"problem": error}) from None
    return AssortmentRule.model_validate(values or {})


def faults_of(error: ValidationError) -> list[BanyanError]:
    """Return what pydantic found, as faults that name their fields."""
    return [
        InvalidInput(
            fault["msg"].removeprefix("Value error, "),
            field=".".join(str(part) for part in fault["loc"]),
            value=fault.get("input"),
        )
        for fault in error.errors()
    ]


def assortment(request: HttpRequest) -> HttpResponse:
    """Show and change the rule that lists and prices the shared catalogue; try it before it counts."""
    view = overlay()
    written = yaml.safe_dump(
        view.rule.model_dump(mode="json", exclude_defaults=True) or {"include": [{}]},
        allow_unicode=True,
        sort_keys=False,
    )
    form = RuleForm(request.POST or None, initial={"document": written})
    faults: list[BanyanError] = []
    tried: Overlay | None = None
    if request.method == "POST" and form.is_valid():
        try:
            tried = replace(view, rule=read_rule(form.cleaned_data["document"]))
        except ValidationError as error:
            faults = faults_of(error)
        except BanyanError as error:
            faults = [error]
        if tried and "save" in request.POST and request.user.has_perm("shop.change_assortment"):
            listing_services.set_assortment(rule=tried.rule, acting_user=signed_in(request))
            messages.success(request, _("The rule is in force."))
            return redirect("console:assortment")
    seen = tried or view
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
        "percent": BASIS_POINTS // 100,
        "categories": Category.objects.order_by("position", "slug"),
        "suppliers": Supplier.objects.filter(is_active=True).order_by("code"),
        "may_change": request.user.has_perm("shop.change_assortment"),
    }
    return render(request, "operators/assortment.html", context)
