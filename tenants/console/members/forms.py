"""What operators fill in about members: roles, companies, tasks, live rooms and notes."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from backoffice.forms import ConsoleForm, ReasonField
from kernel.texts.translated import pick
from tenants.agents.models import Origin
from tenants.agents.rules_versions import selectors as rules_version_selectors


def role_choices() -> list[tuple[str, str]]:
    """Return (id, name) of every role that the rules in force know."""
    _version, rules = rules_version_selectors.active_rules()
    return [
        (role.id, role.name if isinstance(role.name, str) else pick(role.name))
        for role in rules.document.roles
    ]


class GrantForm(ConsoleForm):
    """A role to be given by hand."""

    role = forms.ChoiceField(label=_("Role"), choices=role_choices)


class RevokeForm(ConsoleForm):
    """A role to be taken away, and why."""

    role = forms.CharField(max_length=40)
    reason = ReasonField()


class CompanyForm(ConsoleForm):
    """The registered company behind a member."""

    name = forms.CharField(label=_("Company"), max_length=200)
    number = forms.CharField(label=_("Registration number"), max_length=40)


class TaskForm(ConsoleForm):
    """Something a shop asks of its members."""

    name_zh = forms.CharField(label=_("Name in Chinese"), max_length=120)
    name_en = forms.CharField(label=_("Name in English"), max_length=120, required=False)
    about_zh = forms.CharField(label=_("What is to be done, in Chinese"), max_length=500, required=False)
    about_en = forms.CharField(label=_("What is to be done, in English"), max_length=500, required=False)

    def texts(self) -> dict[str, Any]:
        """Return name and description in both languages."""
        answers = self.cleaned_data
        return {
            name: {"zh-hans": answers[f"{name}_zh"], "en": answers[f"{name}_en"]}
            for name in ("name", "about")
        }


class OriginForm(ConsoleForm):
    """A live room, a note or a group, and whose it is."""

    kind = forms.ChoiceField(label=_("Kind"), choices=Origin.Kind.choices)
    title = forms.CharField(label=_("Title"), max_length=120)
    code = forms.CharField(label=_("Referral code of the member it belongs to"), max_length=12)
