"""Money that comes in and goes back, and the inbox. All of it lies in "public"."""

from billing.payments.disputes.models import Dispute
from billing.payments.inbox_events import InboxEvent
from billing.payments.payments.models import Payment
from billing.payments.refunds.models import Refund

__all__ = ["Dispute", "InboxEvent", "Payment", "Refund"]
