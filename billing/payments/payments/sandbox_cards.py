"""Paying with the sandbox's test cards, where no money moves."""

from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from billing.payments.gateway import GatewayDeclined, gateway
from billing.payments.payments import services
from billing.payments.payments.models import Payment
from kernel.calls.errors import CallRefused, NoClearAnswer
from kernel.errors import InvalidInput, NotAllowed
from kernel.ids import new_id

TEST_CARDS = {
    "success": "pm_card_visa",
    "declined": "pm_card_chargeDeclined",
    "insufficient_funds": "pm_card_chargeDeclinedInsufficientFunds",
    "three_d_secure": "pm_card_threeDSecure2Required",
    "dispute": "pm_card_createDispute",
}


def confirm_with_test_card(*, payment_id: UUID, card: str, return_url: str = "") -> Payment:
    """Pay with one of TEST_CARDS, in the sandbox only. Must run outside any transaction.

    A decline is not raised: the payment's ``error_text`` says why, and another card may follow. With
    3-D Secure the state is ``requires_action`` and ``next_action_url`` the bank's page, which leads back
    to ``return_url``.
    """
    if not settings.PAYMENT_SANDBOX:
        raise NotAllowed(_("test cards work with test payments only"), field="card", value=card)
    method = TEST_CARDS.get(card)
    if method is None:
        raise InvalidInput(
            _("there is no such test card"), field="card", value=card, remedy=", ".join(sorted(TEST_CARDS))
        )
    payment = services.start(payment_id=payment_id)
    if payment.external_id is None or payment.state in Payment.FINAL:
        return payment
    try:
        intent = gateway(payment.gateway).confirm_intent(
            payment.external_id,
            method=method,
            return_url=return_url or f"http://{settings.PLATFORM_HOST}{settings.PUBLIC_PORT}/",
            key=f"confirm:{new_id()}",
        )
    except GatewayDeclined:
        return services.sync(payment_id=payment_id)
    except (NoClearAnswer, CallRefused) as error:
        return services.note_unreachable(payment_id, error)
    return services.apply_answer(payment_id, intent)
