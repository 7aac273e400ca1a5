"""Suppliers and the shared catalogue in the central team's console."""

from typing import Any, ClassVar

from django import forms
from django.contrib.admin import display
from django.db.models import Count, QuerySet, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline

from backoffice.forms import AmountField, TextsField, WordsField
from backoffice.model_pages import AuditedAdmin
from catalog.importing.cells import clean_html
from catalog.models import Category, LicenceKind, Media, Product, ShippingTemplate, Supplier, Variant


class LicencesField(forms.MultipleChoiceField):
    """Kinds of licences, as boxes to tick."""

    def __init__(self, **options: Any) -> None:
        for unused in ("base_field", "max_length"):  # Django gives them to whatever stands for an array
            options.pop(unused, None)
        super().__init__(
            label=_("Licences needed"),
            choices=LicenceKind.choices,
            widget=forms.CheckboxSelectMultiple,
            required=False,
            help_text=options.get("help_text", ""),
        )


class SupplierForm(forms.ModelForm[Supplier]):
    """A supplier; freight is written in major units of its currency."""

    name = TextsField(label=_("Name"), max_length=120)
    freight = AmountField(label=_("Freight per order"))
    freight_free_from = AmountField(
        label=_("Free from goods worth"), required=False, help_text=_("empty: freight is always asked")
    )
    required_licences = LicencesField(
        help_text=_("without one of these in force nothing of this supplier is sold")
    )

    class Meta:
        model = Supplier
        fields = (
            "code", "name", "email", "region", "branch", "required_licences", "settlement",
            "currency", "freight", "freight_free_from", "handling_days", "is_active",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        currency = str(self.data.get("currency") or self.instance.currency or "CNY").upper()[:3]
        for name in ("freight", "freight_free_from"):
            field = self.fields.get(name)
            if isinstance(field, AmountField):
                field.currency = currency


class SupplierAdmin(AuditedAdmin):
    """Who supplies, at what freight, and when they are paid."""

    form = SupplierForm
    list_display = ("code", "name", "region", "settlement", "freight", "products", "is_active")
    list_filter = ("is_active", "settlement")
    search_fields = ("code", "email", "name")
    ordering = ("code",)
    actions_detail = ()
    change_form_before_template = "central/supplier_links.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Supplier]:
        """Return suppliers with the number of their products."""
        found: QuerySet[Supplier] = super().get_queryset(request)
        return found.annotate(product_count=Count("products"))

    def get_readonly_fields(self, request: HttpRequest, obj: Supplier | None = None) -> tuple[str, ...]:
        """Keep the code, which stands in addresses of products."""
        return ("code",) if obj else ()

    # Never: orders and payables speak of them. A supplier is switched off instead.
    deletable = False

    @display(description=_("products"), ordering="product_count")
    def products(self, supplier: Supplier) -> str:
        """Link to the supplier's products."""
        link = reverse("central:catalog_product_changelist")
        number = supplier.product_count  # type: ignore[attr-defined]
        return format_html('<a href="{}?supplier__id__exact={}">{}</a>', link, supplier.pk, number)


class CategoryForm(forms.ModelForm[Category]):
    """A node of the tree."""

    name = TextsField(label=_("Name"), max_length=80)
    required_licences = LicencesField(
        help_text=_("what a supplier needs to sell goods of this category and of those below it")
    )

    class Meta:
        model = Category
        fields = ("slug", "name", "parent", "position", "required_licences")

    def clean_parent(self) -> Category | None:
        """Refuse a parent that lies below this category: the tree would become a ring."""
        parent: Category | None = self.cleaned_data["parent"]
        above = parent
        while above is not None:
            if above.pk == self.instance.pk:
                raise forms.ValidationError(_("this category lies below the one you edit"))
            above = above.parent
        return parent


class CategoryAdmin(AuditedAdmin):
    """The one tree of categories."""

    form = CategoryForm
    list_display = ("slug", "name", "parent", "position")
    list_select_related = ("parent",)


VOUCHER = {"valid_days": 180, "uses": 1, "refund_on_expiry": True}
"""What holds for a voucher unless its product says otherwise."""


class ProductForm(forms.ModelForm[Product]):
    """A product's own texts; what it costs and how many there are is on its prices page."""

    title = TextsField(label=_("Title"))
    description = TextsField(label=_("Description"), required=False, rows=6, html=True, help_text="HTML")
    tags = WordsField(label=_("Tags"), required=False)
    valid_days = forms.IntegerField(label=_("A voucher is valid for days"), min_value=1, max_value=3650)
    uses = forms.IntegerField(label=_("A voucher can be used times"), min_value=1, max_value=100)
    refund_on_expiry = forms.BooleanField(
        label=_("An unused voucher is refunded when it ends"), required=False
    )

    class Meta:
        model = Product
        fields = (
            "supplier", "handle", "kind", "status", "category", "title", "description", "vendor", "tags",
            "selling_points", "region", "local_to", "shipping_template",
        )  # fmt: skip
        widgets: ClassVar[dict[str, type[forms.Widget]]] = {"selling_points": forms.CheckboxSelectMultiple}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        said = {**VOUCHER, **self.instance.voucher}
        for name, usual in said.items():
            if field := self.fields.get(name):
                field.required, field.initial = False, usual
        template = self.fields.get("shipping_template")
        if isinstance(template, forms.ModelChoiceField) and self.instance.supplier_id:
            template.queryset = ShippingTemplate.objects.filter(supplier_id=self.instance.supplier_id)

    def clean_description(self) -> dict[str, str]:
        """Clean as importers do, so that exporting and importing again changes nothing."""
        return {
            code: clean
            for code, text in self.cleaned_data["description"].items()
            if (clean := clean_html(text))
        }

    def save(self, commit: bool = True) -> Product:
        """Keep what only vouchers have."""
        if self.instance.kind == Product.Kind.VOUCHER:
            given = {name: self.cleaned_data.get(name) for name in VOUCHER}
            self.instance.voucher = {
                name: VOUCHER[name] if value is None else value for name, value in given.items()
            }
        product: Product = super().save(commit)
        return product


class VariantForm(forms.ModelForm[Variant]):
    """A variant of a product."""

    options = WordsField(label=_("Options"), required=False)

    class Meta:
        model = Variant
        fields = ("sku", "options", "barcode", "weight_grams", "position", "is_active")


class VariantInline(TabularInline):  # type: ignore[misc]
    """What can be bought of a product."""

    model, form, extra, can_delete, show_title = Variant, VariantForm, 0, False, False


class MediaForm(forms.ModelForm[Media]):
    """A picture: an https address, or a path on our own hosts."""

    class Meta:
        model = Media
        fields = ("url", "position")

    def clean_url(self) -> str:
        """Refuse addresses a browser would not load as a picture of ours."""
        address: str = self.cleaned_data["url"]
        if not address.startswith("https://") and (not address.startswith("/") or address.startswith("//")):
            raise forms.ValidationError(_("write an https:// address, or a path that starts with /"))
        return address


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
    search_fields = ("handle", "search_text", "variants__sku")
    ordering = ("-id",)
    change_form_before_template = "central/product_links.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        """Return products with their stock."""
        found: QuerySet[Product] = super().get_queryset(request)
        return found.annotate(units=Sum("variants__stock__available"))

    def get_readonly_fields(self, request: HttpRequest, obj: Product | None = None) -> tuple[str, ...]:
        """Keep supplier and handle: they stand in the product's address."""
        return ("supplier", "handle") if obj else ()

    # Never: listings and orders speak of it. A product is archived instead.
    deletable = False

    @display(description=_("stock"), ordering="units")
    def stock_shown(self, product: Product) -> int:
        """Return the units that can be sold, of all variants."""
        return product.units or 0  # type: ignore[attr-defined]
