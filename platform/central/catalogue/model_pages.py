"""The shared catalogue: categories, products, selling points."""

from django.contrib.admin import display
from django.db.models import Q, QuerySet, Sum
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline

from backoffice.model_pages import AuditedAdmin
from catalog.models import Media, Product, Variant
from catalog.products import selectors as product_selectors
from central.catalogue.forms import CategoryForm, MediaForm, ProductForm, SellingPointForm, VariantForm


class CategoryAdmin(AuditedAdmin):
    """The one tree of categories."""

    form = CategoryForm
    list_display = ("slug", "name", "parent", "position")
    list_select_related = ("parent",)


class VariantInline(TabularInline):  # type: ignore[misc]
    """What can be bought of a product."""

    model, form, extra, can_delete, show_title = Variant, VariantForm, 0, False, False


class MediaInline(TabularInline):  # type: ignore[misc]
    """The pictures of a product."""

    model, form, extra, show_title = Media, MediaForm, 0, False


class ProductAdmin(AuditedAdmin):
    """The shared catalogue."""

    form = ProductForm
    inlines = (VariantInline, MediaInline)
    list_display = (
        "title",
        "supplier",
        "category",
        "kind",
        "status",
        "stock_shown",
        "updated_at",
    )
    list_filter = ("status", "kind", "supplier", "category")
    list_select_related = ("supplier", "category")
    search_fields = ("handle",)  # and what ``get_search_results`` says
    ordering = ("-id",)
    change_form_before_template = "central/catalogue/links.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        """Return products with their stock."""
        products: QuerySet[Product] = super().get_queryset(request)
        return products.annotate(units=Sum("variants__stock__available"))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Product], search_term: str
    ) -> tuple[QuerySet[Product], bool]:
        """Find by words and codes as the shops do, drafts too, and by the handle."""
        if not search_term.strip():
            return queryset, False
        condition = Q(id__in=product_selectors.matching(search_term)) | Q(handle__icontains=search_term)
        return queryset.filter(condition), False

    def get_readonly_fields(self, request: HttpRequest, obj: Product | None = None) -> tuple[str, ...]:
        """Keep supplier and handle: they stand in the product's address."""
        return ("supplier", "handle") if obj else ()

    # Never: listings and orders speak of it. A product is archived instead.
    deletable = False

    @display(description=_("stock"), ordering="units")
    def stock_shown(self, product: Product) -> int:
        """Return the units that can be sold, of all variants."""
        return product.units or 0  # type: ignore[attr-defined]


class SellingPointAdmin(AuditedAdmin):
    """The list of selling points: one of them in force belongs to one product."""

    form = SellingPointForm
    list_display = ("slug", "name")
    search_fields = ("slug", "name__search_text")
