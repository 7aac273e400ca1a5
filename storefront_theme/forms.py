"""Forms that members fill in; the services check everything again."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from tenants.shop.orders.checkout import ADDRESS_FIELDS

_BOX = "input"


class AddressForm(forms.Form):
    """Where an order goes."""

    name = forms.CharField(label=_("Who receives it"), max_length=ADDRESS_FIELDS["name"])
    phone = forms.CharField(label=_("Phone"), max_length=ADDRESS_FIELDS["phone"])
    region = forms.CharField(label=_("Province, city, district"), max_length=ADDRESS_FIELDS["region"])
    address = forms.CharField(label=_("Street, house, door"), max_length=ADDRESS_FIELDS["address"])

    use_required_attribute = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hints = {
            "name": ("name", "", "text"),
            "phone": ("tel", "", "tel"),
            "region": ("address-level1", _("e.g. Shanghai, Xuhui"), "text"),
            "address": ("street-address", "", "text"),
        }
        for name, (autocomplete, placeholder, mode) in hints.items():
            self.fields[name].widget.attrs.update(
                {"class": _BOX, "autocomplete": autocomplete, "placeholder": placeholder, "inputmode": mode}
            )


class ProfileForm(forms.ModelForm[User]):
    """What members may change about themselves."""

    class Meta:
        model = User
        fields = ["name", "phone"]
        labels = {"name": _("Your name"), "phone": _("Phone")}
        widgets = {
            "name": forms.TextInput(attrs={"class": _BOX, "autocomplete": "name"}),
            "phone": forms.TextInput(attrs={"class": _BOX, "autocomplete": "tel", "inputmode": "tel"}),
        }
