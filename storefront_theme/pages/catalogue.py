"""Looking around: home, lists, search, a product."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.models import User
from storefront_theme import regions
from storefront_theme.blocks import home as home_blocks
from storefront_theme.context import shown_look
from storefront_theme.requests import requested_part
from storefront_theme.visits import cookies
from tenants.shop.listings.counts import CategoryNode
from tenants.shop.listings.regions import region_choices
from tenants.shop.offers import selectors as offer_selectors
from tenants.shop.offers.selectors import ProductDetail, VariantOffer
from tenants.shop.pricing import selectors as pricing_selectors

PER_PAGE = 20
SORTS = [
    {"key": "new", "label": gettext_lazy("Newest")},
    {"key": "saving", "label": gettext_lazy("Largest saving")},
    {"key": "price", "label": gettext_lazy("Price, low first")},
    {"key": "-price", "label": gettext_lazy("Price, high first")},
]
BEST = {"key": "new", "label": gettext_lazy("Best match")}
"""What a search is sorted by where nobody asks for something else."""
MAX_QUERY = 80


def viewer(request: HttpRequest) -> User | None:
    """Return who is signed in."""
    return request.user if isinstance(request.user, User) and request.user.is_authenticated else None


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of the gallery; ``srcset`` is "" where there is only one size."""

    url: str
    srcset: str
    thumb: str


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the blocks of the look."""
    blocks = home_blocks(shown_look(request).document, user=viewer(request), region=regions.chosen(request))
    return render(request, "storefront/home.html", {"blocks": blocks, "tab": "home"})


@require_safe
def catalogue(request: HttpRequest, slug: str = "") -> HttpResponse:
    """List all goods, or those of a category and below."""
    nav = offer_selectors.categories_in(regions.chosen(request))
    trail = _trail(nav, slug) if slug else []
    if slug and not trail:
        raise Http404
    heading = trail[-1].name if trail else _("All goods")
    root = trail[0].slug if trail else ""
    return _list(
        request, heading, {"category_slug": slug, "root_slug": root, "nav": nav}, category=slug or None
    )


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """List what matches the words, in any language."""
    query = " ".join(request.GET.get("q", "").replace("\x00", "").split())[:MAX_QUERY]
    if not query:
        return redirect("catalogue")
    return _list(request, _("“%(query)s”") % {"query": query}, {"query": query}, query=query)


def _list(request: HttpRequest, heading: str, extra: dict[str, Any], **filters: Any) -> HttpResponse:
    sort = request.GET.get("sort", "")
    sort = sort if any(sort == known["key"] for known in SORTS) else "new"
    number = request.GET.get("page", "1")
    page = int(number) if number.isascii() and number.isdigit() and len(number) < 5 else 1
    region = regions.chosen(request)
    cards = offer_selectors.cards(
        sort=sort, page=page, per_page=PER_PAGE, user=viewer(request), region=region, **filters
    )
    context = {
        "heading": heading,
        "found": cards,
        "sorts": [BEST, *SORTS[1:]] if filters.get("query") else SORTS,
        "sort": sort,
        "places": region_choices(),
        "region": region,
        "previous": cards.page - 1,
        "next": cards.page + 1,
        "tab": "catalogue",
        **extra,
    }
    return render(request, "storefront/goods.html", context)


def _trail(nodes: Any, slug: str) -> list[CategoryNode]:
    """Return the way from a root down to the category, or nothing."""
    for node in nodes:
        if node.slug == slug:
            return [node]
        if below := _trail(node.children, slug):
            return [node, *below]
    return []


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of an option and the variant that choosing it leads to."""

    value: str
    variant_id: UUID | None
    chosen: bool
    sold_out: bool


@require_safe
def product(request: HttpRequest, supplier_code: str, handle: str) -> HttpResponse:
    """Show a product; ``?v=`` names the chosen variant, so that choosing works by plain links."""
    detail = offer_selectors.product(supplier_code, handle, viewer(request), cookies.visit_of(request))
    if detail is None:
        raise Http404
    variant_id = request.GET.get("v", "")
    chosen = next((offer for offer in detail.variants if str(offer.variant_id) == variant_id), None)
    if variant_id and chosen is None:
        return redirect(detail.url)
    chosen = chosen or _first(detail)
    images = [
        *([chosen.image] if chosen.image else []),
        *(url for url in detail.images if url != chosen.image),
    ]
    is_short = chosen.available <= 0
    unpaid = pricing_selectors.unpaid_orders_with(viewer(request), [chosen.variant_id]) if is_short else {}
    context = {
        "product": detail,
        "chosen": chosen,
        "unpaid_order": unpaid.get(chosen.variant_id, ""),
        "choices": _choices(detail, chosen),
        "images": [Picture(url, *detail.widths.get(url, ("", url))) for url in images[:8]],
        "share_path": detail.url,
        "tab": "catalogue",
        "category_slug": detail.category_slug,
        "similar": [
            card
            for card in offer_selectors.cards(
                category=detail.category_slug or None,
                per_page=7,
                user=viewer(request),
                region=regions.chosen(request),
            ).items
            if card.product_id != detail.product_id
        ][:6],
    }
    template = "storefront/product.html"
    if requested_part(request) == "buy":
        template += "#buy"
    response = render(request, template, context)
    if any(offer.campaign_until for offer in detail.variants):
        # Units and hours of a campaign move without a new version of the shop: no page keeps them.
        patch_cache_control(response, private=True)
    return response


def _first(detail: ProductDetail) -> VariantOffer:
    """Return the cheapest variant that can be had, else the cheapest."""
    return min(detail.variants, key=lambda offer: (offer.available <= 0, offer.price))


def _choices(detail: ProductDetail, chosen: VariantOffer) -> list[tuple[str, list[Choice]]]:
    offers = {tuple(offer.options): offer for offer in detail.variants}
    result = []
    for index, option in enumerate(detail.options):
        choices = []
        for value in option["values"]:
            options = list(chosen.options)
            if index >= len(options):
                continue
            options[index] = value
            target = offers.get(tuple(options)) or next(
                (offer for offer in detail.variants if offer.options[index : index + 1] == [value]), None
            )
            choices.append(
                Choice(
                    value,
                    target.variant_id if target else None,
                    chosen.options[index] == value,
                    target is None or target.available <= 0,
                )
            )
        result.append((option["name"], choices))
    return result
