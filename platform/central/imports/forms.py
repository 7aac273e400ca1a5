"""Forms of bringing files in."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from backoffice.forms import ConsoleForm, dress
from catalog.importing import services as importing_services
from catalog.importing.answers import UNSHIPPED, ImportAnswers, question_text
from catalog.importing.others import chosen
from catalog.importing.tables.text_encodings import CHOICES
from catalog.models import Category, ImportRun, Supplier
from kernel.money.money import currency_choices

NONE = "*"
"""The answer that products stay in no category: no slug."""
ENCODINGS = [("", _("found out")), *CHOICES.items()]


class ImportForm(ConsoleForm):
    """A file and whose goods are in it."""

    supplier = forms.ModelChoiceField(label=_("Supplier"), queryset=Supplier.objects.order_by("code"))
    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV, TSV, Excel (.xlsx) or a merchant feed (XML), from whatever system it comes"),
        # A long name is cut where it is kept; it is no reason to refuse a file.
        max_length=1000,
    )
    currency = forms.ChoiceField(
        label=_("Currency of the prices"), required=False, help_text=_("empty: the supplier's own")
    )
    category = forms.ModelChoiceField(
        label=_("Category"),
        queryset=Category.objects.order_by("slug"),
        required=False,
        help_text=_("of all products of the file; empty: as the file says"),
    )
    cost_percent = forms.DecimalField(
        label=_("Cost in percent of the price"),
        min_value=0,
        max_value=100,
        decimal_places=2,
        initial=60,
        required=False,
        help_text=_("where the file has no cost"),
    )
    encoding = forms.ChoiceField(
        label=_("Letters of a text file"),
        choices=ENCODINGS,
        required=False,
        help_text=_("name it where texts look garbled"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("currency", [("", "–"), *currency_choices()])

    def start(self, request: HttpRequest) -> ImportRun:
        """Begin to look at the file. Raises BanyanError."""
        answers = self.cleaned_data
        percent = answers["cost_percent"]
        return importing_services.start_import(
            supplier=answers["supplier"],
            file=answers["file"],
            currency=answers["currency"] or answers["supplier"].currency,
            category=answers["category"],
            cost_bp=6000 if percent is None else int(percent * 100),
            encoding=answers["encoding"],
            acting_user=request.user,
        )


class ColumnsForm(ConsoleForm):
    """Which column of a file means what."""

    encoding = forms.ChoiceField(label=_("Letters of a text file"), choices=ENCODINGS, required=False)

    def __init__(self, *args: Any, header: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "–"), *((name, name) for name in dict.fromkeys(header) if name)]
        encoding = self.fields.pop("encoding")
        for key, label in chosen.LABELS.items():
            self.fields[key] = forms.ChoiceField(
                label=str(label), choices=choices, required=key in chosen.REQUIRED
            )
            dress(self.fields[key].widget)
        self.fields["encoding"] = encoding

    @property
    def columns(self) -> dict[str, str]:
        """The choice: meaning -> name in the file, as far as it is right."""
        answers = self.cleaned_data if self.is_bound and not self.errors else {**self.initial, **self._sent()}
        return {key: answers[key] for key in chosen.LABELS if answers.get(key)}

    def _sent(self) -> Mapping[str, str]:
        return {key: self.data[key] for key in chosen.LABELS if key in self.data} if self.is_bound else {}

    def save(self, request: HttpRequest, run_id: UUID) -> None:
        """Keep the choice and look at the file with it. Raises BanyanError."""
        importing_services.choose_columns(
            run_id=run_id,
            columns=self.columns,
            encoding=self.cleaned_data["encoding"],
            acting_user=request.user,
        )


class AnswersForm(ConsoleForm):
    """What the file does not say: a field for each question of the report."""

    units = forms.IntegerField(label=_("Units of each"), min_value=0, max_value=2_000_000_000)
    unshipped = forms.ChoiceField(label=_("What they are"), choices=[("", "–"), *UNSHIPPED.items()])
    category = forms.ChoiceField(label=_("Category"))

    OF_QUESTION: ClassVar[dict[str, str]] = {"stock": "units", "kind": "unshipped", "category": "category"}

    def __init__(self, *args: Any, questions: Sequence[Mapping[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        asked_of = {self.OF_QUESTION[question["key"]]: question for question in questions}
        for name in list(self.fields):
            if name not in asked_of:
                del self.fields[name]
                continue
            question = asked_of[name]
            more = "…" if question["count"] > len(question["handles"]) else ""
            text = question_text(question["key"], question["count"])
            self.fields[name].help_text = f"{text} ({', '.join(question['handles'])}{more})"
        if "category" in self.fields:
            slugs = Category.objects.order_by("slug").values_list("slug", flat=True)
            self.offer("category", [("", "–"), (NONE, _("none")), *((slug, slug) for slug in slugs)])

    def answers(self) -> ImportAnswers:
        """Return what was answered."""
        chosen_category = self.cleaned_data.get("category", "")
        return ImportAnswers(
            units=self.cleaned_data.get("units"),
            unshipped=self.cleaned_data.get("unshipped", ""),
            category="" if chosen_category == NONE else chosen_category,
            no_category=chosen_category == NONE,
        )
