"""What people of the central team and of suppliers fill in about proposals and rounds."""

from collections.abc import Sequence
from datetime import date
from io import BytesIO
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from PIL import Image, UnidentifiedImageError

from backoffice.forms import AmountField
from catalog.licences import selectors as licence_selectors
from catalog.models import Supplier
from kernel import clock
from kernel.ids import new_id
from kernel.models import NO_ONE
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


class ProofAmountField(AmountField):
    """An amount, without the look of a console."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=forms.TextInput({"inputmode": "decimal"}), **options)


class ScreenshotField(forms.FileField):
    """A picture of a price, kept as JPEG drawn anew."""

    def __init__(self) -> None:
        accept = forms.FileInput({"accept": "image/png,image/jpeg,image/webp"})
        super().__init__(label=_("Screenshot"), required=False, widget=accept)

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Return the picture drawn anew, None without one."""
        return clean_picture(super().clean(data, initial))


def _licence_fields(*, required: bool) -> dict[str, forms.Field]:
    return {
        "licence": forms.CharField(label=_("Licence"), max_length=120, required=required),
        "licence_number": forms.CharField(label=_("Its number"), max_length=80, required=required),
        "licence_until": forms.DateField(
            label=_("Valid until"), required=False, widget=forms.DateInput({"type": "date"})
        ),
    }


def _channel_fields(currency: str, *, required: bool, price: str = "seen_price") -> dict[str, forms.Field]:
    return {
        "channel": forms.CharField(label=_("Channel"), max_length=80, required=required),
        "url": forms.URLField(
            label=_("Address of its page"), max_length=1000, required=required, assume_scheme="https"
        ),
        price: ProofAmountField(label=_("Price there"), required=required, currency=currency),
        "screenshot": ScreenshotField(),
    }


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
    price = ProofAmountField(label=_("Price for members"), help_text=_("the lowest on all channels"))
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
        self.fields["price"].currency = currency  # type: ignore[attr-defined]
        self.fields["product"].choices = [("", "—"), *products]  # type: ignore[attr-defined]
        scopes = [(str(key), name) for key, name in sources.shops()]
        self.fields["scope"].choices = [(str(NO_ONE), _("the whole network")), *scopes]  # type: ignore[attr-defined]
        self.licences: list[list[str]] = []
        self.channels: list[list[str]] = []
        for number in range(1, ROWS + 1):
            required = number == 1
            self.licences.append(self._add(number, _licence_fields(required=required)))
            self.channels.append(self._add(number, _channel_fields(currency, required=required)))

    def _add(self, number: int, fields: dict[str, forms.Field]) -> list[str]:
        numbered = {f"{name}_{number}": field for name, field in fields.items()}
        self.fields.update(numbered)
        return list(numbered)

    @property
    def licence_rows(self) -> list[list[forms.BoundField]]:
        """The fields of the licences, row by row."""
        return [[self[name] for name in names] for names in self.licences]

    @property
    def channel_rows(self) -> list[list[forms.BoundField]]:
        """The fields of the channels, row by row."""
        return [[self[name] for name in names] for names in self.channels]

    def proposed(self) -> dict[str, Any]:
        """Return the arguments of ``selection.proposals.services.propose`` but for who proposes."""
        answers = self.cleaned_data
        names = ("selling_point", "price", "maker", "maker_number", "other_sales", "exclusive_months")
        licences = [[answers[name] for name in row] for row in self.licences]
        channels = [[answers[name] for name in row] for row in self.channels]
        return {
            **{name: answers[name] for name in names},
            "product_id": UUID(answers["product"]),
            "tenant_id": UUID(answers["scope"]),
            "licences": [ProposalLicence(*row) for row in licences if row[0]],
            "evidence": [
                ChannelPrice(channel, url, price or 0, today(), screenshot)
                for channel, url, price, screenshot in channels
                if channel
            ],
        }


def licences_on_record(supplier: Supplier) -> dict[str, Any]:
    """Return what the form begins with: the supplier's licences in force, as the catalogue has them."""
    day = clock.today(supplier.zone)
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

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.update(_channel_fields(currency, required=True, price="price"))

    def channel_price(self) -> ChannelPrice:
        """Return the price as it was seen today."""
        answers = self.cleaned_data
        return ChannelPrice(
            answers["channel"], answers["url"], answers["price"], today(), answers["screenshot"]
        )


def today() -> date:
    """Return the present day of whoever fills in the form: the page speaks in their time zone."""
    return timezone.localdate(clock.now())
