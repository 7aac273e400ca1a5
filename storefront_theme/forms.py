"""Forms that members fill in; the services check everything again."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from kernel.addresses.countries import CHINA
from kernel.addresses.phones import checked_phone
from kernel.errors import InvalidInput

_BOX = "input"


class ProfileForm(forms.ModelForm[User]):
    """What members may change about themselves; ``home`` (ISO 3166) is where they dial their own number."""

    class Meta:
        model = User
        fields = ["name", "phone"]
        labels = {"name": _("Your name"), "phone": _("Phone")}
        widgets = {
            "name": forms.TextInput(attrs={"class": _BOX, "autocomplete": "name"}),
            "phone": forms.TextInput(attrs={"class": _BOX, "autocomplete": "tel", "inputmode": "tel"}),
        }

    def __init__(self, *args: Any, home: str = CHINA, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.home = home

    def clean_phone(self) -> str:
        """Return the number as it is dialled; nothing is fine, what cannot be a number is not."""
        phone: str = self.cleaned_data["phone"].strip()
        try:
            return checked_phone(phone, country=self.home) if phone else ""
        except InvalidInput as error:
            raise forms.ValidationError(error.text) from error
