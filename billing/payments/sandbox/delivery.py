"""Webhooks: signed, in order as far as the receiver lets us, repeated until they are taken."""

import json
import logging
import threading
import time
from collections.abc import Callable

import requests

from billing.payments.sandbox.controls import tick
from billing.payments.sandbox.store import Store
from billing.payments.sandbox.stripe.events import sign

logger = logging.getLogger(__name__)
TIMEOUT = 10  # seconds
LONGEST = 300  # seconds between two tries
IDLE = 1.0  # seconds between two looks


class Deliverer:
    """Delivers what the store has scheduled. Pending deliveries survive a restart, for they are rows."""

    def __init__(
        self, store: Store, secret: str, url: str, host: str, sign_notice: Callable[[str], dict[str, str]]
    ) -> None:
        self._store, self._secret, self._url, self._host = store, secret, url, host
        self._sign_notice = sign_notice
        self._wake, self._stop = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Deliver from now on in a thread of its own."""
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop after the delivery that is under way."""
        self._stop.set()
        self._wake.set()
        if self._thread:
            self._thread.join()

    def wake(self) -> None:
        """Something was scheduled."""
        self._wake.set()

    def deliver_due(self) -> int:
        """Try every delivery that is due once; return how many were taken."""
        delivered = 0
        for event, attempts in self._store.due():
            body = json.dumps(event)
            error = self._send(body, is_notice=event["object"] == "wechat_notice")
            with self._store.transaction():
                if error:
                    self._store.delay(event["id"], min(2**attempts, LONGEST), error)
                else:
                    self._store.delivered(event["id"])
                    delivered += 1
        return delivered

    def _send(self, body: str, *, is_notice: bool) -> str:
        headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Stripe/1.0 (sandbox)"}
        url = self._url
        if is_notice:
            headers |= self._sign_notice(body)
            url = f"{self._url.rpartition('/')[0]}/wechat"
        else:
            headers["Stripe-Signature"] = sign(body, self._secret, int(time.time()))
        if self._host:
            headers["Host"] = self._host
        try:
            answer = requests.post(
                url, data=body.encode(), headers=headers, timeout=TIMEOUT, allow_redirects=False
            )
        except requests.RequestException as error:
            return type(error).__name__
        return "" if 200 <= answer.status_code < 300 else f"HTTP {answer.status_code}"

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.wait(IDLE)
            self._wake.clear()
            try:
                with self._store.transaction():
                    tick(self._store)
                while self._url and not self._stop.is_set() and self.deliver_due():
                    pass
            except Exception:
                logger.exception("webhooks could not be delivered")
