"""What a bank's refusal means for the member. Codes: https://docs.stripe.com/declines/codes"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

UNREACHABLE = "unreachable"
MEANING: dict[str, str | Promise] = {
    "card_declined": _("The card was declined. Try another card or ask your bank."),
    "generic_decline": _("The card was declined. Try another card or ask your bank."),
    "insufficient_funds": _("There is not enough money on this card. Try another one."),
    "expired_card": _("This card has expired. Try another one."),
    "incorrect_cvc": _("The security code is wrong. Check it and try again."),
    "processing_error": _("The bank could not process this just now. Try again in a moment."),
    "payment_intent_authentication_failure": _("Your bank could not confirm that it is you. Try again."),
    "authentication_failed": _("Your bank could not confirm that it is you. Try again."),
    UNREACHABLE: _("The payment service cannot be reached just now. Try again in a moment."),
}
