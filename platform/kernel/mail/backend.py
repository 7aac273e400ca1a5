"""What Django's ``send_mail`` and ``EmailMessage.send`` reach: a queue, never a mail server."""

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from kernel.mail import services


class QueuedMail(BaseEmailBackend):
    """Queues messages, in the transaction that is open if one is; a worker delivers them."""

    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        """Queue the messages that have somebody to go to; return how many those are."""
        addressed = [message for message in messages if message.recipients()]
        for message in addressed:
            services.queue(message)
        return len(addressed)
