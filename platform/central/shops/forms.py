"""Opening a shop, closing one, signing its rules."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from backoffice.forms import ConsoleForm, DocumentField, ReasonForm


class SpawnForm(ConsoleForm):
    """A blueprint."""

    document = DocumentField(label=_("Blueprint (YAML)"), rows=30)


class RetireForm(ReasonForm):
    """Closing a shop for good; its host is typed once more, so that nobody closes the wrong one."""

    host = forms.CharField(label=_("The shop's host, to be sure"), max_length=253)

    def __init__(self, *args: Any, expected: str, **kwargs: Any) -> None:
        self.expected = expected
        super().__init__(*args, **kwargs)

    def clean_host(self) -> str:
        """Refuse any other host."""
        host: str = self.cleaned_data["host"].strip().lower()
        if host != self.expected:
            raise forms.ValidationError(_("this is another host than the shop's"))
        return host


class SigningForm(ReasonForm):
    """A shop's rules, and why the central team stands for them."""

    document = DocumentField(label=_("Rules (YAML)"), rows=30)
    field_order = ("document", "reason")
