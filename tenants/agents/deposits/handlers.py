"""What a deposit does when its payment is paid, refunded or lost in a dispute."""

from billing.payments import purposes
from tenants.agents.deposits import selectors, services


def register() -> None:
    """Say what payments of deposits are for; called once from AppConfig.ready."""
    purposes.register(
        services.PURPOSE,
        purposes.Purpose(
            paid=services.mark_paid,
            refunded=services.mark_refunded,
            foreign_refund=services.mark_foreign_refund,
            dispute_lost=services.mark_lost,
            may_pay=lambda payment, user: selectors.is_own(user=user, payment_id=payment.id),
            return_page=lambda _payment: purposes.PayerPage("circle"),
        ),
    )
