"""Why a member's bank takes a payment back, in words.

Codes: https://docs.stripe.com/disputes/categories
"""

from django.utils.translation import gettext_lazy as _

from kernel.errors import Text

WORDS: dict[str, Text] = {
    "bank_cannot_process": _("the bank could not process the payment"),
    "credit_not_processed": _("a promised refund did not come"),
    "customer_initiated": _("the member asked the bank to take it back"),
    "debit_not_authorized": _("the member says that they did not allow the payment"),
    "duplicate": _("the member says that they paid twice"),
    "fraudulent": _("the member says that the payment was not theirs"),
    "general": _("the bank gives no reason"),
    "incorrect_account_details": _("the account details were wrong"),
    "insufficient_funds": _("there was not enough money on the account"),
    "product_not_received": _("the member says that nothing arrived"),
    "product_unacceptable": _("the member says that the goods are not as described"),
    "subscription_canceled": _("the member says that they had cancelled"),
    "unrecognized": _("the member does not recognise the payment"),
}


def in_words(reason: str) -> Text:
    """Return what a provider's code means; a code without words as it is."""
    return WORDS.get(reason, reason)
