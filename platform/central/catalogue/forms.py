"""What the central team fills in about categories and products."""

from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from backoffice.forms import AmountField, ConsoleForm, TextsField, TreeForm, WordsField
from catalog.importing.bodies import clean_html
from catalog.models import (
    Category,
    LicenceKind,
    Media,
    Product,
    SellingPoint,
    ShippingTemplate,
    Supplier,
    Variant,
)
from catalog.products import bulk_edits
from kernel.money.money import currency_choices


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


class CategoryForm(TreeForm[Category]):
    """A node of the tree of categories."""

    ring = _("this category lies below the one you edit")

    name = TextsField(label=_("Name"), max_length=80)
    required_licences = LicencesField(
        help_text=_("what a supplier needs to sell goods of this category and of those below it")
    )

    class Meta:
        model = Category
        fields = ("slug", "name", "parent", "position", "required_licences")


VOUCHER = {"valid_days": 180, "uses": 1, "refund_on_expiry": True}


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
            answers = {name: self.cleaned_data.get(name) for name in VOUCHER}
            self.instance.voucher = {
                name: VOUCHER[name] if value is None else value for name, value in answers.items()
            }
        product: Product = super().save(commit)
        return product


class VariantForm(forms.ModelForm[Variant]):
    """A variant of a product."""

    options = WordsField(label=_("Options"), required=False)

    class Meta:
        model = Variant
        fields = ("sku", "options", "barcode", "weight_grams", "position", "is_active")


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


class SellingPointForm(forms.ModelForm[SellingPoint]):
    """What products are bought for."""

    name = TextsField(label=_("Name"), max_length=80)

    class Meta:
        model = SellingPoint
        fields = ("slug", "name")


class PriceForm(ConsoleForm):
    """What one variant costs in one currency, and how many there are."""

    cost = AmountField(label=_("Cost"))
    minimum = AmountField(label=_("Lowest price"))
    suggested = AmountField(label=_("Suggested price"))
    available = forms.IntegerField(label=_("Stock"), min_value=0)
    is_hot = forms.BooleanField(label=_("Hot"), required=False)


class BulkForm(ConsoleForm):
    """Which products, and what is done to them."""

    supplier = forms.ModelChoiceField(
        label=_("Supplier"), queryset=Supplier.objects.order_by("code"), required=False
    )
    category = forms.ModelChoiceField(
        label=_("Category"),
        queryset=Category.objects.order_by("slug"),
        required=False,
        to_field_name="slug",
        help_text=_("with all below it"),
    )
    tag = forms.CharField(label=_("Tag"), max_length=80, required=False)
    status = forms.ChoiceField(label=_("State"), choices=[("", "–"), *Product.Status.choices], required=False)
    query = forms.CharField(label=_("Words in the title"), max_length=80, required=False)
    verb = forms.ChoiceField(
        label=_("What to do"),
        choices=[
            ("price", _("change the suggested price by percent")),
            ("category", _("move to a category")),
            ("add_tag", _("add a tag")),
            ("remove_tag", _("remove a tag")),
            ("status", _("change the state")),
        ],
    )
    percent = forms.DecimalField(
        label=_("Percent"),
        max_digits=5,
        decimal_places=2,
        required=False,
        help_text=_("-10 makes it a tenth cheaper"),
    )
    currency = forms.ChoiceField(label=_("Currency"), choices=currency_choices, required=False, initial="CNY")
    new_category = forms.ModelChoiceField(
        label=_("New category"),
        queryset=Category.objects.order_by("slug"),
        required=False,
        to_field_name="slug",
    )
    new_tag = forms.CharField(label=_("Tag to add or remove"), max_length=80, required=False)
    new_status = forms.ChoiceField(label=_("New state"), choices=Product.Status.choices, required=False)

    def choice(self) -> bulk_edits.BulkFilter:
        """Return which products."""
        answers = self.cleaned_data
        return bulk_edits.BulkFilter(
            supplier=answers["supplier"].pk if answers["supplier"] else None,
            category=answers["category"].slug if answers["category"] else "",
            tag=answers["tag"].strip(),
            status=answers["status"],
            query=answers["query"].strip(),
        )

    def edit(self) -> bulk_edits.BulkEdit:
        """Return what is done to them."""
        answers = self.cleaned_data
        value = {
            "category": answers["new_category"].slug if answers["new_category"] else "",
            "add_tag": answers["new_tag"].strip(),
            "remove_tag": answers["new_tag"].strip(),
            "status": answers["new_status"] or Product.Status.DRAFT,
        }.get(answers["verb"], "")
        return bulk_edits.BulkEdit(
            verb=answers["verb"],
            value=value,
            percent=answers["percent"] or Decimal(0),
            currency=answers["currency"] or "CNY",
        )
