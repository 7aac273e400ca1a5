"""Suppliers, and where they are."""

from typing import Any

from django import forms
from django.contrib.admin import display
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.widgets import UnfoldAdminSelectWidget

from accounts import roles
from accounts.models import User
from backoffice.forms import AmountField, TextsField, TreeForm, WordsField
from backoffice.model_pages import AuditedAdmin
from catalog.models import (
    Branch,
    Region,
    ShippingRate,
    Supplier,
)
from central.catalogue.forms import LicencesField
from kernel.addresses.address import is_place
from kernel.addresses.countries import country_choices
from kernel.days import usual_zone, zones_by_country


def countries() -> tuple[tuple[str, str], ...]:
    """Return the countries by name, in the reader's language."""
    return country_choices(get_language() or "en")


def time_zones() -> list[tuple[str, str]]:
    """Return all time zones by name, and what is chosen where none is."""
    zones = sorted({zone for zones in zones_by_country().values() for zone in zones})
    return [
        ("", gettext("the usual one of the country")),
        *((zone, zone.replace("_", " ")) for zone in zones),
    ]


class SupplierForm(forms.ModelForm[Supplier]):
    """A supplier; freight is written in major units of its currency."""

    name = TextsField(label=_("Name"), max_length=120)
    country = forms.ChoiceField(label=_("Country"), choices=countries, widget=UnfoldAdminSelectWidget)
    timezone = forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        choices=time_zones,
        widget=UnfoldAdminSelectWidget,
        help_text=_("whose days count: vouchers, statements and licences end with a day there"),
    )
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
            "code", "name", "email", "region", "country", "timezone", "branch", "required_licences",
            "settlement_policy",
            "currency", "freight", "freight_free_from", "handling_days", "is_active",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        currency = str(self.data.get("currency") or self.instance.currency or "CNY").upper()[:3]
        for name in ("freight", "freight_free_from"):
            field = self.fields.get(name)
            if isinstance(field, AmountField):
                field.currency = currency

    def clean_timezone(self) -> str:
        """Choose the usual one of the country where none was chosen."""
        return self.cleaned_data["timezone"] or usual_zone(self.cleaned_data.get("country", ""))


class SupplierAdmin(AuditedAdmin):
    """Who supplies, at what freight, and when they are paid."""

    form = SupplierForm
    list_display = ("code", "name", "region", "settlement_policy", "freight", "products", "is_active")
    list_filter = ("is_active", "settlement_policy")
    search_fields = ("code", "email", "name__search_text")
    ordering = ("code",)
    actions_detail = ()
    change_form_before_template = "central/suppliers/links.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Supplier]:
        """Return suppliers with the number of their products."""
        suppliers: QuerySet[Supplier] = super().get_queryset(request)
        return suppliers.annotate(product_count=Count("products"))

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


class RegionForm(TreeForm[Region]):
    """A node of the tree of regions."""

    ring = _("this region lies below the one you edit")

    name = TextsField(label=_("Name"), max_length=60)

    class Meta:
        model = Region
        fields = ("slug", "name", "code", "parent", "position")
        help_texts = {
            "code": _(
                "A division's code (330100), a country (JP) or a country's area (US-CA): addresses there are "
                "of this region. Empty for a region that only gathers others."
            )
        }

    def clean_code(self) -> str:
        """Refuse what no address can lie in: freight would never find it."""
        code: str = self.cleaned_data["code"].strip()
        if code and not is_place(code):
            raise forms.ValidationError(_("no address lies in %(code)s") % {"code": code})
        return code


class RegionAdmin(AuditedAdmin):
    """The one tree of regions: where goods are local, and where freight goes."""

    form = RegionForm
    list_display = ("slug", "name", "code", "parent", "position")
    list_select_related = ("parent",)
    search_fields = ("slug", "name__search_text", "code")


class BranchForm(forms.ModelForm[Branch]):
    """A branch and its people, out of the platform's own staff."""

    name = TextsField(label=_("Name"), max_length=80)
    people = forms.ModelMultipleChoiceField(
        label=_("People"), queryset=User.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Branch
        fields = ("code", "name", "region", "people", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["people"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset = User.objects.filter(role__in=roles.CENTRAL, is_active=True).order_by("email")

    def clean_people(self) -> list[Any]:
        """Return the ids, as they are stored."""
        return sorted(person.pk for person in self.cleaned_data["people"])


class BranchAdmin(AuditedAdmin):
    """Who signs and looks after the local merchants of a region."""

    form = BranchForm
    list_display = ("code", "name", "region", "people_shown", "is_active")
    list_select_related = ("region",)

    @display(description=_("people"))
    def people_shown(self, branch: Branch) -> int:
        """Return how many work there."""
        return len(branch.people)

    # Never: suppliers belong to it. A branch is switched off instead.
    deletable = False


class RateForm(forms.ModelForm[ShippingRate]):
    """A line of a table; amounts in major units of the supplier's currency."""

    regions = WordsField(label=_("Regions"), required=False, help_text=_("slugs; empty: everywhere else"))
    first_amount = AmountField(label=_("First amount"))
    additional_amount = AmountField(label=_("Each further"))
    free_from = AmountField(label=_("Free from goods worth"), required=False)

    class Meta:
        model = ShippingRate
        fields = (
            "regions", "is_served", "first", "first_amount", "additional", "additional_amount", "free_from",
            "days_min", "days_max", "position",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.template_id:
            for field in self.fields.values():
                if isinstance(field, AmountField):
                    field.currency = self.instance.template.supplier.currency

    def clean_regions(self) -> list[str]:
        """Refuse what is no region: nothing would ever go there."""
        slugs: list[str] = self.cleaned_data["regions"]
        known = set(Region.objects.filter(slug__in=slugs).values_list("slug", flat=True))
        if strangers := [slug for slug in slugs if slug not in known]:
            raise forms.ValidationError(_("no such region: %(slugs)s") % {"slugs": ", ".join(strangers)})
        return slugs


class RateInline(TabularInline):  # type: ignore[misc]
    """The lines of a table."""

    model, form, extra, show_title = ShippingRate, RateForm, 1, False


class ShippingTemplateAdmin(AuditedAdmin):
    """What suppliers ask for sending, by region, units or weight."""

    inlines = (RateInline,)
    fields = ("supplier", "name", "measure", "is_default")
    list_display = ("supplier", "name", "measure", "is_default")
    list_filter = ("supplier",)
    list_select_related = ("supplier",)
