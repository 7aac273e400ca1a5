"""Money that comes in and goes back. All of it lies in "public"."""

from billing.payments.disputes.models import Dispute
from billing.payments.payments.models import Payment
from billing.payments.refunds.models import Refund

__all__ = ["Dispute", "Payment", "Refund"]
