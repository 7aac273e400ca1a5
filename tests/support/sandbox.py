"""The payment sandbox on a loopback port, for tests that are paid or pay: real HTTP, no money."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from django.conf import LazySettings
from django.test import Client
from flask import Flask, Response, request
from werkzeug.serving import make_server

from billing.payments.gateway import forget_connections
from billing.payments.sandbox.server import Options, Sandbox
from billing.payments.sandbox.store import Thing
from billing.payments.sandbox.stripe.events import sign
from tests.support import stripe_contract
from tests.support.stripe_contract import Exchange

SECRET_KEY, WEBHOOK_SECRET = "sk_test_tests", "whsec_tests"


class RunningSandbox:
    """A sandbox that answers at ``url``, begins anew for each test and delivers webhooks when it says so."""

    def __init__(self, folder: Path) -> None:
        self._options = Options(folder, SECRET_KEY, WEBHOOK_SECRET)
        self._server = make_server("127.0.0.1", 0, Flask("none"), threaded=True)
        self.url = f"http://127.0.0.1:{self._server.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    @contextmanager
    def anew(self) -> Iterator[None]:
        """Answer with nothing remembered; only the keys of WeChat's merchant are always the same."""
        for file in self._options.folder.glob("stripe.sqlite3*"):
            file.unlink()
        self.sandbox = Sandbox(self._options)
        self.store = self.sandbox.store
        self.exchanges: list[Exchange] = []
        self.sandbox.app.after_request(self._note)
        self._server.app = self.sandbox.app
        yield
        self.events_kept = self.store.all("event", None)
        self.store.close()

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _note(self, response: Response) -> Response:
        if request.path.startswith("/v1/") and response.content_type == "application/json":
            pairs = (*request.args.items(multi=True), *request.form.items(multi=True))
            self.exchanges.append(
                Exchange(request.method, request.path, pairs, response.status_code, response.get_json())
            )
        return response

    def break_next(self, path: str, moment: str = "after", times: int = 1) -> None:
        """Break the line of the next writes to ``path``, before or after they worked; "refused": of reads."""
        data = {"path": path, "moment": moment, "times": times}
        requests.post(f"{self.url}/sandbox/faults", data=data, timeout=60).raise_for_status()

    def control(self, path: str, **form: str) -> int:
        """Press a button under /sandbox, such as "disputes/du_1/win"; return the status answered."""
        return requests.post(f"{self.url}/sandbox/{path}", data=form, timeout=60).status_code

    def change(self, thing_id: str, **fields: Any) -> Thing:
        """Let Stripe know something else than we do."""
        thing = self.store.get(thing_id)
        assert thing is not None
        with self.store.transaction():
            return self.store.save(thing | fields)

    def count(self, kind: str) -> int:
        """How many objects of a kind there are."""
        return len(self.store.all(kind, None))

    def events(self, prefix: str = "") -> list[Thing]:
        """Return what happened, oldest first."""
        return [
            event for event in reversed(self.store.all("event", None)) if event["type"].startswith(prefix)
        ]

    def deliver(self, event: Thing, client: Client | None = None) -> int:
        """Deliver one event, signed; return the status answered."""
        body = json.dumps(event)
        return post_webhook(body, sign(body, WEBHOOK_SECRET, int(time.time())), client)

    def deliver_all(self, prefix: str = "") -> None:
        """Deliver everything that happened, in order."""
        for event in self.events(prefix):
            assert self.deliver(event) == 200


def post_webhook(body: str, signature: str | None, client: Client | None = None) -> int:
    """Post a webhook the way Stripe does; return the status answered."""
    headers = {"Stripe-Signature": signature} if signature is not None else {}
    answer = (client or Client()).post(
        "/webhooks/stripe", body, content_type="application/json", headers=headers, HTTP_HOST="localhost"
    )
    return int(answer.status_code)


@pytest.fixture(scope="session")
def sandbox_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """The only sandbox of this process."""
    running = RunningSandbox(tmp_path_factory.mktemp("sandbox"))
    yield running
    running.close()


@pytest.fixture
def sandbox(sandbox_server: RunningSandbox, settings: LazySettings) -> Iterator[RunningSandbox]:
    """The sandbox, begun anew; the payments of this test go to it."""
    settings.STRIPE_API_BASE = sandbox_server.url
    settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET = SECRET_KEY, WEBHOOK_SECRET
    forget_connections()
    with sandbox_server.anew():
        yield sandbox_server
    forget_connections()
    # Whatever a test makes our gateway say, and the sandbox answer, is held against Stripe's own document.
    wrong = stripe_contract.differences(sandbox_server.exchanges, sandbox_server.events_kept)
    if wrong:
        pytest.fail("not as at Stripe:\n" + "\n".join(wrong))
