"""Mail: queued with what it reports, delivered by a worker, tried again while the mail server is away.

A request never talks to a mail server: one that is down, slow or hangs would take the page with it. A mail
is a row and an event of the queue "mail" (kernel.events.queues), so it is retried, seen among what is stuck,
and ended by a person like any other event. Its text may hold a code or a link that signs somebody in: it lies
in a table that no page shows, and goes when it is delivered.
"""

import logging
import smtplib
from contextvars import ContextVar
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.core.mail import EmailAlternative, EmailMessage, EmailMultiAlternatives, mailers, make_msgid
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

from kernel import clock
from kernel.calls.errors import NoClearAnswer
from kernel.events.queues import MAIL, Handler, name_of
from kernel.models import Event, WaitingMail
from kernel.tenancy import current_schema, in_public

logger = logging.getLogger(__name__)
DELIVERY = "delivery"
"""The mailer (settings.MAILERS) that talks to the mail server."""
TOPIC = "mail.send"
KEPT = timedelta(days=3)
"""A mail that could not be delivered for so long says nothing any more."""
PAUSE_SECONDS = 15
"""After a failure nobody asks the mail server for so long: each try may hang until its timeout."""
RUN_SECONDS = 120
"""One process delivers at a time; one that died is taken as gone after this."""
_PAUSED, _RUNNING = "mail:paused", "mail:running"
_connection: ContextVar[BaseEmailBackend | None] = ContextVar("mail_connection", default=None)


def register() -> None:
    """Handle the queue; called once from ``AppConfig.ready``."""
    MAIL.handlers[TOPIC] = [Handler(name_of(_forget), _forget, _deliver)]


def queue(message: EmailMessage) -> None:
    """Keep a mail for delivery, in the present transaction if there is one. No attachments, text only.

    Its Message-ID and date are those of now: a mail that is delivered twice, because a process died after the
    server took it, can be known as the same.
    """
    if message.attachments:
        raise ValueError("a queued mail has no attachments")
    message.message()  # raises ValueError for what no server would take, such as a line break in a subject
    alternatives = getattr(message, "alternatives", ())
    with transaction.atomic():
        mail = WaitingMail.objects.create(
            subject=str(message.subject),
            body=str(message.body),
            sender=message.from_email,
            to=list(message.to),
            cc=list(message.cc),
            bcc=list(message.bcc),
            reply_to=list(message.reply_to),
            alternatives=[[str(part.content), str(part.mimetype)] for part in alternatives],
            headers={
                "Message-ID": make_msgid(domain=settings.PLATFORM_HOST),
                "Date": format_datetime(clock.now()),
                **{name: str(value) for name, value in message.extra_headers.items()},
            },
        )
        Event.objects.create(
            queue=Event.Queue.MAIL, topic=TOPIC, schema=current_schema(), payload={"mail_id": str(mail.pk)}
        )
        transaction.on_commit(MAIL.wake, robust=True)


def deliver_waiting() -> int:
    """Deliver what waits, over one connection; return how many mails the server took.

    The first failure ends the run, and no other begins for PAUSE_SECONDS: what fails for one mail mostly
    fails for all, and the workers have other things to do than to wait for timeouts.
    """
    with in_public():  # the cache's keys bear the schema, and the task runs in that of whoever woke it
        if cache.get(_PAUSED) or not cache.add(_RUNNING, 1, RUN_SECONDS):
            return 0
        connection = mailers[DELIVERY]
        token = _connection.set(connection)
        try:
            return MAIL.handle_waiting()
        finally:
            _connection.reset(token)
            _close(connection)
            cache.delete(_RUNNING)


def forget_old() -> int:
    """Drop the text of mails that are KEPT old and were never delivered; return how many."""
    return WaitingMail.objects.filter(created_at__lt=clock.now() - KEPT).delete()[0]


def _deliver(event: Event) -> str:
    """Hand one mail to the server; return why it never will take it, "" if it did.

    Raises NoClearAnswer if it may take it later.
    """
    mail = WaitingMail.objects.filter(pk=event.payload["mail_id"]).first()
    if mail is None:
        return "its text was dropped"
    connection = _connection.get() or mailers[DELIVERY]
    try:
        connection.open()
        connection.send_messages([_message(mail)])
    except (OSError, smtplib.SMTPException) as error:
        if _is_final(error):
            logger.warning("a mail was refused for good", extra={"mail": str(mail.pk), "code": _code(error)})
            return f"the mail server refuses the address: {_code(error)}"
        cache.set(_PAUSED, 1, PAUSE_SECONDS)
        _close(connection)
        raise NoClearAnswer(
            f"the mail server did not take it: {type(error).__name__} {_code(error)}"
        ) from None
    return ""


def _forget(event: Event, refusal: str) -> None:
    Event.objects.filter(pk=event.pk).update(given_up=refusal)
    WaitingMail.objects.filter(pk=event.payload["mail_id"]).delete()


def _message(mail: WaitingMail) -> EmailMultiAlternatives:
    return EmailMultiAlternatives(
        mail.subject,
        mail.body,
        mail.sender,
        mail.to,
        cc=mail.cc,
        bcc=mail.bcc,
        reply_to=mail.reply_to,
        headers=mail.headers,
        alternatives=[EmailAlternative(content, kind) for content, kind in mail.alternatives],
    )


def _is_final(error: Exception) -> bool:
    """Say whether the server refused every recipient for good (RFC 5321: codes of 500 and above)."""
    return isinstance(error, smtplib.SMTPRecipientsRefused) and all(
        code >= 500 for code, _text in error.recipients.values()
    )


def _code(error: Exception) -> Any:
    """Return the server's code, or the system's; never its words, which repeat the address."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return sorted({code for code, _text in error.recipients.values()})
    return getattr(error, "smtp_code", None) or getattr(error, "errno", None) or ""


def _close(connection: BaseEmailBackend) -> None:
    try:
        connection.close()
    except (OSError, smtplib.SMTPException):
        logger.info("the mail server ended the connection first")
