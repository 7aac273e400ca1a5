"""Regions and their branches, selling points, and suppliers' tables of freight, in the central console."""

from typing import Any

from django import forms
from django.contrib.admin import display
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline

from accounts import roles
from accounts.models import User
from backoffice.forms import AmountField, TextsField, WordsField
from backoffice.model_pages import AuditedAdmin
from catalog.models import Branch, Region, SellingPoint, ShippingRate


class RegionForm(forms.ModelForm[Region]):
    """A node of the tree of regions."""

    name = TextsField(label=_("Name"), max_length=60)

    class Meta:
        model = Region
        fields = ("slug", "name", "parent", "position")

    def clean_parent(self) -> Region | None:
        """Refuse a parent that lies below this region: the tree would become a ring."""
        parent: Region | None = self.cleaned_data["parent"]
        above = parent
        while above is not None:
            if above.pk == self.instance.pk:
                raise forms.ValidationError(_("this region lies below the one you edit"))
            above = above.parent
        return parent


class RegionAdmin(AuditedAdmin):
    """The one tree of regions: where goods are local, and where freight goes."""

    form = RegionForm
    list_display = ("slug", "name", "parent", "position")
    list_select_related = ("parent",)
    search_fields = ("slug", "name")


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


class SellingPointForm(forms.ModelForm[SellingPoint]):
    """What products are bought for."""

    name = TextsField(label=_("Name"), max_length=80)

    class Meta:
        model = SellingPoint
        fields = ("slug", "name")


class SellingPointAdmin(AuditedAdmin):
    """The list of selling points: one of them in force belongs to one product."""

    form = SellingPointForm
    list_display = ("slug", "name")
    search_fields = ("slug", "name")


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
