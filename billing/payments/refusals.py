"""What the database refuses when two people, or two answers of a gateway, pay or refund at once."""

from django.utils.translation import gettext_lazy as _

from kernel.database.refusals import Refusal

REFUSALS = {
    "payment_one_open": Refusal(
        _("a payment for this is under way already"), remedy=_("wait for it, or go on with it")
    ),
    "payment_refund_bounded": Refusal(_("this is more than the payment has left"), field="amount"),
    "refund_once": Refusal(_("this refund was asked for already")),
}
