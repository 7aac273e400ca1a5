"""What people of the office and of suppliers fill in about proposals and rounds."""

from collections.abc import Sequence
from datetime import date
from io import BytesIO
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.utils.translation import gettext_lazy as _
from PIL import Image, UnidentifiedImageError

from catalog.licences import selectors as licence_selectors
from catalog.models import Supplier
from kernel import clock
from kernel.errors import InvalidInput
from kernel.ids import new_id
from kernel.models import NO_ONE
from kernel.money import parse_amount
from selection import sources
from selection.proposals.services import ChannelPrice, ProposalLicence

MAX_PICTURE = 5 * 1024 * 1024
MAX_PIXELS = 40_000_000
ROWS = 3


def clean_picture(file: Any) -> "ContentFile[bytes] | None":
    """Return a picture drawn anew as JPEG: whatever else the file held is gone. Raises ValidationError."""
    if not file:
        return None
    if file.size > MAX_PICTURE:
        raise ValidationError(_("The picture is larger than 5 MB."))
    try:
        with Image.open(file, formats=("PNG", "JPEG", "WEBP")) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise ValidationError(_("The picture has too many pixels."))
            drawn = picture.convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError):
        raise ValidationError(_("This is no PNG, JPEG or WebP picture.")) from None
    drawn.thumbnail((2000, 2000))
    out = BytesIO()
    drawn.save(out, "JPEG", quality=82)
    return ContentFile(out.getvalue(), name=f"{new_id()}.jpg")


class ProposalForm(forms.Form):
    """A product with the proof that the review asks for: maker, licences, and its price everywhere else."""

    product = forms.ChoiceField(label=_("Product"))
    scope = forms.ChoiceField(label=_("Who shall judge it"))
    selling_point = forms.CharField(
        label=_("What it alone offers"),
        max_length=80,
        help_text=_("for example: A2 milk. It will be yours alone."),
    )
    exclusive_months = forms.IntegerField(
        label=_("For how many months"), min_value=1, max_value=36, initial=12
    )
    price = forms.CharField(
        label=_("Price for members"),
        help_text=_("the lowest on all channels"),
        widget=forms.TextInput({"inputmode": "decimal"}),
    )
    maker = forms.CharField(label=_("Maker"), max_length=200)
    maker_number = forms.CharField(label=_("Registration number of the maker"), max_length=60)
    other_sales = forms.CharField(
        label=_("What it sells on other platforms"),
        required=False,
        max_length=2000,
        widget=forms.Textarea({"rows": 3}),
    )

    def __init__(self, *args: Any, products: Sequence[tuple[str, str]], currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency
        self.fields["product"].choices = [("", "—"), *products]  # type: ignore[attr-defined]
        scopes = [(str(key), name) for key, name in sources.shops()]
        self.fields["scope"].choices = [(str(NO_ONE), _("the whole network")), *scopes]  # type: ignore[attr-defined]
        for number in range(1, ROWS + 1):
            is_first = number == 1
            self.fields[f"licence_{number}"] = forms.CharField(
                label=_("Licence"), max_length=120, required=is_first
            )
            self.fields[f"licence_number_{number}"] = forms.CharField(
                label=_("Its number"), max_length=80, required=is_first
            )
            self.fields[f"licence_until_{number}"] = forms.DateField(
                label=_("Valid until"), required=False, widget=forms.DateInput({"type": "date"})
            )
            self.fields[f"channel_{number}"] = forms.CharField(
                label=_("Channel"), max_length=80, required=is_first
            )
            self.fields[f"url_{number}"] = forms.URLField(
                label=_("Address of its page"), max_length=1000, required=is_first, assume_scheme="https"
            )
            self.fields[f"seen_price_{number}"] = forms.CharField(
                label=_("Price there"), required=is_first, widget=forms.TextInput({"inputmode": "decimal"})
            )
            self.fields[f"screenshot_{number}"] = forms.FileField(
                label=_("Screenshot"),
                required=False,
                widget=forms.FileInput({"accept": "image/png,image/jpeg,image/webp"}),
            )

    def clean(self) -> dict[str, Any]:
        """Read amounts in the proposal's currency, and draw the screenshots anew."""
        given = super().clean() or {}
        for name in ("price", *(f"seen_price_{n}" for n in range(1, ROWS + 1))):
            if given.get(name):
                try:
                    given[name] = parse_amount(given[name], self.currency)
                except InvalidInput as error:
                    self.add_error(name, error.text)
        for number in range(1, ROWS + 1):
            try:
                given[f"screenshot_{number}"] = clean_picture(given.get(f"screenshot_{number}"))
            except ValidationError as error:
                self.add_error(f"screenshot_{number}", error)
        return given

    def rows(self, *names: str) -> list[list[forms.BoundField]]:
        """Return the fields of licences or channels, row by row."""
        return [[self[f"{name}_{number}"] for name in names] for number in range(1, ROWS + 1)]

    @property
    def licence_rows(self) -> list[list[forms.BoundField]]:
        """The fields of the licences."""
        return self.rows("licence", "licence_number", "licence_until")

    @property
    def channel_rows(self) -> list[list[forms.BoundField]]:
        """The fields of the channels."""
        return self.rows("channel", "url", "seen_price", "screenshot")

    def proposed(self) -> dict[str, Any]:
        """Return the arguments of ``proposals.propose`` but for who proposes."""
        given = self.cleaned_data
        numbers = range(1, ROWS + 1)
        return {
            "product_id": UUID(given["product"]),
            "tenant_id": UUID(given["scope"]),
            **{
                key: given[key]
                for key in (
                    "selling_point",
                    "price",
                    "maker",
                    "maker_number",
                    "other_sales",
                    "exclusive_months",
                )
            },
            "licences": [
                ProposalLicence(
                    given[f"licence_{n}"], given[f"licence_number_{n}"], given[f"licence_until_{n}"]
                )
                for n in numbers
                if given[f"licence_{n}"]
            ],
            "evidence": [
                ChannelPrice(
                    given[f"channel_{n}"],
                    given[f"url_{n}"],
                    given[f"seen_price_{n}"] or 0,
                    today(),
                    given[f"screenshot_{n}"],
                )
                for n in numbers
                if given[f"channel_{n}"]
            ],
        }


def licences_on_record(supplier: Supplier) -> dict[str, Any]:
    """Return what the form begins with: the supplier's licences in force, as the catalogue has them."""
    day = clock.now().date()
    valid = [
        row
        for row in licence_selectors.licences_of(supplier)
        if row.expires_on is None or row.expires_on >= day
    ]
    return {
        f"{name}_{number}": value
        for number, row in enumerate(valid[:ROWS], 1)
        for name, value in (
            ("licence", row.get_kind_display()),
            ("licence_number", row.number),
            ("licence_until", row.expires_on),
        )
    }


class ChannelPriceForm(forms.Form):
    """One more channel and its price."""

    channel = forms.CharField(label=_("Channel"), max_length=80)
    url = forms.URLField(label=_("Address of its page"), max_length=1000, assume_scheme="https")
    price = forms.CharField(label=_("Price there"), widget=forms.TextInput({"inputmode": "decimal"}))
    screenshot = forms.FileField(
        label=_("Screenshot"),
        required=False,
        widget=forms.FileInput({"accept": "image/png,image/jpeg,image/webp"}),
    )

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency

    def clean_price(self) -> int:
        """Return minor units."""
        try:
            return parse_amount(self.cleaned_data["price"], self.currency)
        except InvalidInput as error:
            raise ValidationError(error.text) from None

    def clean_screenshot(self) -> Any:
        """Return the picture drawn anew."""
        return clean_picture(self.cleaned_data.get("screenshot"))

    def channel_price(self) -> ChannelPrice:
        """Return the price as it was seen today."""
        given = self.cleaned_data
        return ChannelPrice(given["channel"], given["url"], given["price"], today(), given["screenshot"])


def today() -> date:
    """Return the day of now."""
    return clock.now().date()
