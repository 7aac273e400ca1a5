"""Form fields of the consoles: texts in both languages, amounts of money, lists of short words."""

import contextlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar, Self

import nh3
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinLengthValidator, MinValueValidator
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    CHECKBOX_CLASSES,
    INPUT_CLASSES,
    SELECT_CLASSES,
    TEXTAREA_CLASSES,
)

from kernel.errors import BanyanError, InvalidInput, Text
from kernel.ids import new_id
from kernel.money.amounts import decimal_text
from kernel.money.money import note_refusal, parse_amount
from kernel.texts.languages import LANGUAGES

LANGUAGE_NAMES = {"zh-hans": "中文", "en": "English"}


class TextsWidget(forms.MultiWidget):
    """An input per language."""

    template_name = "backoffice/widgets/texts.html"

    def __init__(self, *, rows: int = 0) -> None:
        attrs = {"class": " ".join(TEXTAREA_CLASSES if rows else INPUT_CLASSES)}
        widgets: dict[str, forms.Widget | type[forms.Widget]] = {
            code: forms.Textarea({**attrs, "rows": rows, "lang": code})
            if rows
            else forms.TextInput({**attrs, "lang": code})
            for code in LANGUAGES
        }
        super().__init__(widgets)

    def decompress(self, value: Any) -> list[str]:
        """Return the texts in the order of the inputs."""
        return [str(value.get(code, "")) if isinstance(value, Mapping) else "" for code in LANGUAGES]

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """Return the context with the languages' names beside their inputs."""
        context: dict[str, Any] = super().get_context(name, value, attrs)
        parts = context["widget"]["subwidgets"]
        context["languages"] = [
            {"label": LANGUAGE_NAMES[code], "widget": part}
            for code, part in zip(LANGUAGES, parts, strict=True)
        ]
        return context


class TextsField(forms.MultiValueField):
    """A text in both languages as {"zh-hans": …, "en": …}; a language left empty is left out.

    ``html`` texts are sanitised: no console can put script on a page that members see.
    """

    def __init__(self, *, rows: int = 0, html: bool = False, max_length: int = 200, **options: Any) -> None:
        self.html = html
        longest = None if rows else max_length
        fields = [forms.CharField(required=False, max_length=longest) for _code in LANGUAGES]
        for unused in ("encoder", "decoder"):  # Django gives them to whatever stands for a JSONField
            options.pop(unused, None)
        super().__init__(fields, require_all_fields=False, widget=TextsWidget(rows=rows), **options)

    def compress(self, data_list: Sequence[str]) -> dict[str, str]:
        """Return the stored form."""
        texts = {
            code: nh3.clean(text) if self.html else text.strip()
            for code, text in zip(LANGUAGES, data_list or ("",) * len(LANGUAGES), strict=True)
            if text and text.strip()
        }
        if self.required and not texts:
            raise ValidationError(self.error_messages["required"], code="required")
        return texts

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare what would be stored, so that an untouched text is no change."""
        with contextlib.suppress(ValidationError):
            return bool(self.clean(data) != (initial or {}))
        return True


REFUSED = "amount_refused"
"""The code of what ``parse_amount`` refused, and has logged."""


class AmountField(forms.CharField):
    """An amount in major units ("12.50"), as minor units of ``currency`` (an attribute set by the form)."""

    def __init__(self, *, currency: str = "CNY", **options: Any) -> None:
        self.currency, self.name = currency, "amount"
        options.setdefault(
            "widget", forms.TextInput({"inputmode": "decimal", "class": " ".join(INPUT_CLASSES)})
        )
        super().__init__(**options)

    def prepare_value(self, value: Any) -> Any:
        """Show minor units as major ones; what somebody typed stays as typed."""
        return decimal_text(value, self.currency) if isinstance(value, int) else value

    def clean(self, value: Any) -> int | None:
        """Return minor units, or None for an empty optional field."""
        text = super().clean(value)
        if not text:
            return None
        try:
            return parse_amount(text, self.currency, field=self.name)
        except InvalidInput as error:
            raise ValidationError(error.text, code=REFUSED) from None

    def get_bound_field(self, form: Any, field_name: str) -> forms.BoundField:
        """Learn the name, which a refusal is logged with."""
        self.name = field_name
        return super().get_bound_field(form, field_name)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare amounts, not their spelling."""
        with contextlib.suppress(ValidationError):
            return bool(self.clean(data) != initial)
        return True


class WordsField(forms.CharField):
    """A list of short words, separated by commas of either script."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", forms.TextInput({"class": " ".join(INPUT_CLASSES)}))
        super().__init__(**options)

    def prepare_value(self, value: Any) -> Any:
        """Show the list as one line."""
        return ", ".join(value) if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> list[str]:
        """Return the words without repetition, in order."""
        text = super().clean(value)
        words = [word.strip() for word in text.replace("，", ",").replace("、", ",").split(",")]
        return list(dict.fromkeys(word for word in words if word))

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare the lists."""
        with contextlib.suppress(ValidationError):
            return self.clean(data) != list(initial or [])
        return True


LOGGED = frozenset({REFUSED, "required"})


class ConsoleForm(forms.Form):
    """A form of a console's own screen, in Unfold's look; amounts are in ``currency`` where it is given."""

    required_css_class = "required"

    def __init__(self, *args: Any, currency: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            dress(field.widget)
            if currency and isinstance(field, AmountField):
                field.currency = currency

    def offer(self, name: str, choices: Sequence[tuple[str, Any]]) -> None:
        """Set the choices of a field, which are known with the request only."""
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def add_error(self, field: str | None, error: Any) -> None:
        """Note what is refused of amounts elsewhere than in ``parse_amount``, such as a zero."""
        code = getattr(error, "code", "")
        if field is not None and isinstance(self.fields[field], AmountField) and code not in LOGGED:
            note_refusal(field, code or "refused by its form")
        super().add_error(field, error)


def refuse(form: forms.Form, error: BanyanError) -> None:
    """Show a service's refusal at its field, or above the form."""
    form.add_error(error.field if error.field in form.fields else None, error.text)


def faults_text(form: forms.Form) -> str:
    """Return what is wrong in one text: for a form beside a button, which is not shown again."""
    return " ".join(str(text) for texts in form.errors.values() for text in texts)


def dress(widget: forms.Widget) -> None:
    """Give a widget the console's look."""
    if isinstance(
        widget, forms.MultiWidget | forms.CheckboxSelectMultiple | forms.RadioSelect | forms.HiddenInput
    ):
        return
    if isinstance(widget, forms.FileInput):
        widget.template_name = "backoffice/widgets/file.html"
    if isinstance(widget, forms.CheckboxInput):
        classes = CHECKBOX_CLASSES
    elif isinstance(widget, forms.Select):
        classes = SELECT_CLASSES
    else:
        classes = TEXTAREA_CLASSES if isinstance(widget, forms.Textarea) else INPUT_CLASSES
    widget.attrs.setdefault("class", " ".join(classes))


class ReasonField(forms.CharField):
    """Why something is done. Two characters are a word in Chinese, such as 缺货: sold out."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "required": _("Say why: the reason is kept in the audit log."),
        "min_length": _("Say why, in at least two characters."),
    }

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", _("Reason"))
        options.setdefault("widget", forms.Textarea({"rows": 3}))
        super().__init__(**{"min_length": 2, "max_length": 300, **options})
        # Django words the length itself, and would count characters at the reader.
        for validator in self.validators:
            if isinstance(validator, MinLengthValidator):
                validator.message = self.error_messages["min_length"]


class ReasonForm(ConsoleForm):
    """Why somebody does something that cannot be undone; the reason goes into the audit log."""

    reason = ReasonField(help_text=_("is kept in the audit log"))


class KeyedForm(ConsoleForm):
    """One of several forms of a page, distinguished by ``which``; ``key`` makes a second click harmless."""

    which = forms.CharField(widget=forms.HiddenInput)
    key = forms.CharField(widget=forms.HiddenInput, max_length=80)

    @classmethod
    def of(cls, request: HttpRequest, which: str, *, currency: str, **initial: Any) -> Self:
        """Return the form, filled in if it is the one that was sent."""
        data = request.POST if request.POST.get("which") == which else None
        return cls(data, currency=currency, initial={"which": which, "key": str(new_id()), **initial})


MOMENT = "%Y-%m-%dT%H:%M"
FIRST, LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""In the first and the last year of the calendar another time zone's moment is one that nothing can read."""
FAR = _("Write a day between the years 2000 and 2100.")


class MomentField(forms.DateTimeField):
    """A day and an hour between FIRST and LAST, in the time zone of the console."""

    def __init__(self, **options: Any) -> None:
        bounds = {"min": f"{FIRST:{MOMENT}}", "max": f"{LAST:{MOMENT}}"}
        widget = forms.DateTimeInput({"type": "datetime-local", **bounds}, format=MOMENT)
        limits = [MinValueValidator(FIRST, FAR), MaxValueValidator(LAST, FAR)]
        super().__init__(widget=widget, input_formats=[MOMENT], validators=limits, **options)


class DocumentField(forms.CharField):
    """A YAML document, in an input that shows it as code; ``rows`` high, kept as it was typed."""

    def __init__(self, *, rows: int, css: str = "bn-code", **options: Any) -> None:
        widget = forms.Textarea({"class": css, "rows": rows, "spellcheck": "false"})
        super().__init__(widget=widget, strip=False, **options)


class TreeForm[Node: Model](forms.ModelForm[Node]):
    """A node of a tree: refuses a parent that lies below the node itself, which would make a ring."""

    ring: ClassVar[Text]

    def clean_parent(self) -> Node | None:
        """Return the parent. Raises ValidationError, worded as ``ring`` says."""
        parent: Node | None = self.cleaned_data["parent"]
        above: Any = parent
        while above is not None:
            if above.pk == self.instance.pk:
                raise ValidationError(str(self.ring))
            above = above.parent
        return parent
