"""Phone numbers, checked against the numbering plan of the country they are dialled in."""

import re

import phonenumbers
from django.utils.translation import gettext_lazy as _

from kernel.errors import InvalidInput

CHINA = 86
EXTENSION = re.compile(
    r"\s*(?:转|轉|分机|分機|ext\.?|x|#|-(?=\d{1,6}$)(?<=\d{7}-))\s*(\d{1,6})$", re.IGNORECASE
)


def checked_phone(text: str, *, country: str, field: str = "phone") -> str:
    """Return the number as a courier dials it; raise InvalidInput if it cannot be one.

    A number of China is returned as it is dialled there ("13800138000", "02164251234-802"), any other with
    its country's code ("+81312345678"). ``country`` (ISO 3166) is that of the address: it decides what a
    number without a country's code means.
    """
    number, extension = text.strip(), ""
    if match := EXTENSION.search(number):
        number, extension = number[: match.start()], match[1]
    try:
        parsed = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException:
        parsed = None
    if parsed is None or not phonenumbers.is_valid_number(parsed):
        raise InvalidInput(
            _("this is no phone number"),
            field=field,
            value=text,
            remedy=_("write it with its area code, or from abroad with + and the country's code"),
        )
    if parsed.country_code == CHINA:
        dialled = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL).replace(" ", "")
    else:
        dialled = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    extension = extension or parsed.extension or ""
    return f"{dialled}-{extension}" if extension else dialled
