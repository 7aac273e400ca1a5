"""From a code that somebody typed or scanned to a voucher of the merchant who asks."""

from django.utils.translation import gettext_lazy as _

from catalog.models import Supplier
from fulfilment.vouchers.models import CODE_ALPHABET, Voucher
from kernel.errors import NotFound


def normalised(code: str) -> str:
    """Return a code as it is stored, however it was typed or scanned."""
    return "".join(character for character in code.upper() if character in CODE_ALPHABET)


def voucher_of(*, supplier: Supplier, code: str) -> Voucher:
    """Return a voucher of this merchant; NotFound for another's, as for one that does not exist."""
    voucher = Voucher.objects.filter(supplier=supplier, code=normalised(code)).select_related("line").first()
    if voucher is None:
        raise NotFound(
            _("none of your vouchers has this code"),
            field="code",
            value=code[:40],
            remedy=_("scan it again or compare it letter by letter"),
        )
    return voucher
