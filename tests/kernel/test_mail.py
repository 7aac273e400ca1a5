"""Mail is queued with what it reports and sent by a worker, whenever the mail server is there."""

import smtplib
import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage as ParsedMail
from threading import Thread
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client

from billing.watch import stuck
from kernel import clock, metrics
from kernel.events import queues
from kernel.mail import services as mail_services
from kernel.models import Event, WaitingMail
from tests.support.build import make_tenant
from tests.support.service import free_ports

HOST = "alice.localhost"


class MailServer(socketserver.ThreadingTCPServer):
    """As much of SMTP (RFC 5321) as Django speaks; keeps what it took, and refuses some recipients."""

    allow_reuse_address = daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.mails: list[ParsedMail] = []
        self.connections = 0
        self.refused: dict[str, int] = {}


class Conversation(socketserver.StreamRequestHandler):
    """One connection."""

    server: MailServer

    def handle(self) -> None:
        self.server.connections += 1
        self._say(220)
        while line := self.rfile.readline().decode().strip():
            verb = line.split(" ")[0].upper()
            if verb == "RCPT":
                address = line.partition("<")[2].partition(">")[0]
                self._say(self.server.refused.get(address, 250))
            elif verb == "DATA":
                self._say(354)
                lines = list(iter(self.rfile.readline, b".\r\n"))
                self.server.mails.append(message_from_bytes(b"".join(lines), policy=policy.default))
                self._say(250)
            elif verb == "QUIT":
                self._say(221)
                return
            else:
                self._say(250)

    def _say(self, code: int) -> None:
        self.wfile.write(f"{code} so be it\r\n".encode())


@contextmanager
def mail_server() -> Iterator[MailServer]:
    with MailServer() as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


def mailers(port: int) -> dict[str, Any]:
    """What settings hold in production, for a server on this machine."""
    smtp = {"host": "127.0.0.1", "port": port, "timeout": 10}
    return {
        "default": {"BACKEND": "kernel.mail.backend.QueuedMail"},
        "delivery": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": smtp},
    }


@pytest.fixture
def away(own_database: str, settings: Any) -> None:
    """A platform with one shop, whose mail server does not answer."""
    make_tenant(HOST)
    settings.MAILERS = mailers(free_ports(1)[0])


def waiting() -> list[Event]:
    return list(queues.MAIL.unhandled().order_by("id"))


def later(hours: float) -> Any:
    """Go on so much later; the pause after a failure is over then."""
    cache.clear()
    return time_machine.travel(clock.now() + timedelta(hours=hours), tick=False)


PAGES = {
    "sign-up": ("/account/signup/", {"email": "ann@example.test", "password1": "long-enough-9"}),
    "a code to sign in": ("/account/login/code/", {"email": "bob@example.test"}),
    "a code for nobody": ("/account/login/code/", {"email": "nobody@example.test"}),
    "a new password": ("/account/password/reset/", {"email": "bob@example.test"}),
    "a new password for nobody": ("/account/password/reset/", {"email": "nobody@example.test"}),
}  # fmt: skip


@pytest.mark.parametrize("request_of", PAGES)
@pytest.mark.slow
def test_a_mail_server_that_is_away_takes_no_page_with_it(away: None, settings: Any, request_of: str) -> None:
    path, form = PAGES[request_of]
    Client(headers={"host": HOST}).post(
        "/account/signup/", {"email": "bob@example.test", "password1": "long-enough-9"}
    )
    already = len(waiting())
    response = Client(headers={"host": HOST}).post(path, form)
    assert response.status_code == 302, response.content
    assert len(waiting()) == already + 1
    assert mail_services.deliver_waiting() == 0
    with mail_server() as server:
        settings.MAILERS = mailers(server.server_address[1])
        with later(hours=1):
            assert mail_services.deliver_waiting() == already + 1
        assert form["email"] in [sent["To"] for sent in server.mails]
        assert server.connections == 1
    assert not WaitingMail.objects.exists()
    assert waiting() == []


@pytest.mark.slow
def test_a_mail_says_who_it_is_from_and_the_same_each_time(away: None, settings: Any) -> None:
    Client(headers={"host": HOST}).post("/account/login/code/", {"email": "bob@example.test"})
    message_id = WaitingMail.objects.get().headers["Message-ID"]
    settings.DEFAULT_FROM_EMAIL = "no-reply@banyan.test"
    mail.send_mail("Grüße", "text", None, ["ann@example.test"], html_message="<b>text</b>")
    with mail_server() as server:
        settings.MAILERS = mailers(server.server_address[1])
        assert mail_services.deliver_waiting() == 2
    code, greeting = server.mails
    assert code["Message-ID"] == message_id
    assert "<no-reply@" in code["From"]
    assert (greeting["Subject"], greeting["From"]) == ("Grüße", "no-reply@banyan.test")
    assert [part.get_content_type() for part in greeting.walk()] == [
        "multipart/alternative", "text/plain", "text/html"
    ]  # fmt: skip


def test_a_mail_goes_with_the_transaction_that_reports_it(away: None) -> None:
    with transaction.atomic():
        mail.send_mail("a", "b", None, ["ann@example.test"])
        transaction.set_rollback(True)
    assert not WaitingMail.objects.exists()
    assert waiting() == []


def test_while_the_server_is_away_one_mail_is_tried_and_the_others_wait(away: None) -> None:
    for number in range(5):
        mail.send_mail("a", "b", None, [f"ann{number}@example.test"])
    assert [mail_services.deliver_waiting() for _time in range(3)] == [0, 0, 0]
    assert [event.attempts for event in waiting()] == [1, 0, 0, 0, 0]
    assert "the mail server did not take it: ConnectionRefusedError" in waiting()[0].last_error
    with connection.cursor() as cursor:
        cursor.execute("SELECT payload::text || last_error FROM kernel_event")
        assert "@" not in "".join(text for (text,) in cursor.fetchall())


def test_what_is_not_sent_is_seen_and_ended_by_a_person(away: None) -> None:
    mail.send_mail("a", "b", None, ["ann@example.test"])
    for hours in range(queues.MAX_ATTEMPTS):
        with later(hours=hours * 2):
            mail_services.deliver_waiting()
    (event,) = stuck.events()
    assert stuck.item_of(event).is_dead
    assert metrics.value("events_stuck") == 1
    assert metrics.value("mail_age_seconds") >= 0
    queues.give_up(event_id=event.id, reason="the address is wrong", acting_user="chief")
    with later(hours=24 * 4):
        assert mail_services.forget_old() == 1
    assert not WaitingMail.objects.exists()


@pytest.mark.slow
def test_an_address_that_the_server_refuses_for_good_holds_nobody_up(away: None, settings: Any) -> None:
    for name in ("gone", "full", "ann"):
        mail.send_mail("a", "b", None, [f"{name}@example.test"])
    with mail_server() as server:
        server.refused = {"gone@example.test": 550, "full@example.test": 452}
        settings.MAILERS = mailers(server.server_address[1])
        assert mail_services.deliver_waiting() == 1
        with later(hours=1):
            server.refused.pop("full@example.test")
            assert mail_services.deliver_waiting() == 2
        assert [sent["To"] for sent in server.mails] == ["ann@example.test", "full@example.test"]
    gone = Event.objects.get(given_up__gt="")
    assert gone.given_up == "the mail server refuses the address: [550]"
    assert not WaitingMail.objects.exists()


@pytest.mark.slow
def test_two_workers_send_no_mail_twice(away: None, settings: Any) -> None:
    mail.send_mail("a", "b", None, ["ann@example.test"])
    with mail_server() as server:
        settings.MAILERS = mailers(server.server_address[1])
        cache.add("mail:running", 1, 60)
        assert mail_services.deliver_waiting() == 0
        cache.clear()
        assert mail_services.deliver_waiting() == 1
        assert mail_services.deliver_waiting() == 0
        assert len(server.mails) == 1


def test_what_no_server_would_take_is_refused_when_it_is_written(away: None) -> None:
    with pytest.raises(ValueError, match="linefeed"):
        mail.send_mail("one\ntwo", "b", None, ["ann@example.test"])
    message = mail.EmailMessage("a", "b", None, ["ann@example.test"])
    message.attach("a.txt", "text", "text/plain")
    with pytest.raises(ValueError, match="no attachments"):
        message.send()
    assert mail.EmailMessage("a", "b", None, []).send() == 0
    assert not WaitingMail.objects.exists()


@pytest.mark.slow
def test_a_server_that_breaks_off_is_tried_again(
    away: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail.send_mail("a", "b", None, ["ann@example.test"])
    with mail_server() as server:
        settings.MAILERS = mailers(server.server_address[1])

        def breaks_off(*_about: Any, **_more: Any) -> None:
            raise smtplib.SMTPServerDisconnected("Connection unexpectedly closed")

        with monkeypatch.context() as patched:
            patched.setattr(smtplib.SMTP, "sendmail", breaks_off)
            assert mail_services.deliver_waiting() == 0
        with later(hours=1):
            assert mail_services.deliver_waiting() == 1
