"""The stand-in for Stripe behaves like it where we rely on it."""

import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import requests
from django.conf import LazySettings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from billing.payments.gateway import gateway
from billing.payments.sandbox import start
from billing.payments.sandbox.server import Options, Sandbox
from billing.payments.sandbox.stripe import money
from billing.payments.sandbox.stripe.forms import decode
from kernel.calls.errors import CallRefused
from tests.support.sandbox import SECRET_KEY, WEBHOOK_SECRET, RunningSandbox


def call(
    sandbox: RunningSandbox, path: str, data: dict[str, Any] | None = None, **more: str
) -> requests.Response:
    """Call the API the way a client without library would."""
    send = requests.post if data is not None else requests.get
    headers = {"Authorization": f"Bearer {SECRET_KEY}"}
    headers |= {name.replace("_", "-"): value for name, value in more.items()}
    return send(f"{sandbox.url}/v1/{path}", data=data, headers=headers, timeout=60)


INTENT = {"amount": "1000", "currency": "cny", "metadata[order]": "1"}
PAID = INTENT | {"confirm": "true", "payment_method": "pm_card_visa", "transfer_group": "g"}


def test_form_fields_become_nested_data() -> None:
    pairs = [
        ("a[b][c]", "1"),
        ("a[b][d]", "2"),
        ("list[0]", "x"),
        ("list[1]", "y"),
        ("more[]", "z"),
        ("plain", "p"),
    ]
    assert decode(pairs) == {
        "a": {"b": {"c": "1", "d": "2"}},
        "list": ["x", "y"],
        "more": ["z"],
        "plain": "p",
    }


def test_a_key_gives_the_same_answer_and_no_second_object(sandbox: RunningSandbox) -> None:
    first = call(sandbox, "payment_intents", INTENT, Idempotency_Key="k")
    again = call(sandbox, "payment_intents", INTENT, Idempotency_Key="k")
    assert first.json() == again.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    other = call(sandbox, "payment_intents", INTENT | {"amount": "1001"}, Idempotency_Key="k")
    assert (other.status_code, other.json()["error"]["type"]) == (400, "idempotency_error")
    assert sandbox.count("payment_intent") == 1


def test_a_decline_is_remembered_by_its_key(sandbox: RunningSandbox) -> None:
    intent = call(sandbox, "payment_intents", INTENT).json()["id"]
    confirm = {"payment_method": "pm_card_chargeDeclined"}
    answers = [
        call(sandbox, f"payment_intents/{intent}/confirm", confirm, Idempotency_Key="k") for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [402, 402]
    error = answers[0].json()["error"]
    assert (error["type"], error["code"], error["decline_code"]) == (
        "card_error",
        "card_declined",
        "generic_decline",
    )
    assert error["payment_intent"]["status"] == "requires_payment_method"
    assert len(sandbox.events("payment_intent.payment_failed")) == 1


@pytest.mark.parametrize(
    ("data", "code", "param"),
    [
        ({"currency": "cny"}, "parameter_missing", "amount"),
        ({"amount": "10"}, "parameter_missing", "currency"),
        ({"amount": "0", "currency": "cny"}, "parameter_invalid_integer", "amount"),
        ({"amount": "-5", "currency": "cny"}, "parameter_invalid_integer", "amount"),
        ({"amount": "1.5", "currency": "cny"}, "parameter_invalid_integer", "amount"),
        ({"amount": "100000000", "currency": "cny"}, "amount_too_large", "amount"),
        ({"amount": "10", "currency": "yuan"}, "parameter_invalid_string", "currency"),
        ({"amount": "1000", "currency": "cny", "customer": "cus_no"}, "resource_missing", "customer"),
    ],
)
def test_wrong_parameters_are_named(
    sandbox: RunningSandbox, data: dict[str, str], code: str, param: str
) -> None:
    error = call(sandbox, "payment_intents", data).json()["error"]
    assert (error["type"], error["code"], error["param"]) == ("invalid_request_error", code, param)
    assert sandbox.count("payment_intent") == 0


def test_strangers_and_unknown_things_are_refused(sandbox: RunningSandbox) -> None:
    assert requests.get(f"{sandbox.url}/v1/balance", timeout=60).status_code == 401
    assert call(sandbox, "payment_intents/pi_no").json()["error"]["code"] == "resource_missing"
    assert call(sandbox, "crystal_balls").status_code == 404
    assert call(sandbox, "balance", Stripe_Account="acct_no").status_code == 404


def test_lists_are_filtered_and_paged(sandbox: RunningSandbox) -> None:
    ids = [call(sandbox, "customers", {"email": f"{n}@x.test"}).json()["id"] for n in range(5)]
    first = call(sandbox, "customers?limit=2").json()
    assert ([row["id"] for row in first["data"]], first["has_more"]) == ([ids[4], ids[3]], True)
    rest = call(sandbox, f"customers?limit=10&starting_after={ids[3]}").json()
    assert ([row["id"] for row in rest["data"]], rest["has_more"]) == ([ids[2], ids[1], ids[0]], False)
    assert [row["id"] for row in call(sandbox, "customers?email=1@x.test").json()["data"]] == [ids[1]]


def test_money_adds_up(sandbox: RunningSandbox) -> None:
    intent = call(sandbox, "payment_intents", PAID).json()
    farm = call(sandbox, "accounts", {"type": "express", "country": "CN"}).json()["id"]
    sent = {
        "amount": "700",
        "currency": "cny",
        "destination": farm,
        "source_transaction": intent["latest_charge"],
    }
    transfer = call(sandbox, "transfers", sent).json()
    assert transfer["transfer_group"] == "g", "taken over from the charge"
    more = call(sandbox, "transfers", sent | {"amount": "301"}).json()["error"]
    assert more["code"] == "balance_insufficient", "never more than the charge"
    assert call(sandbox, f"transfers/{transfer['id']}/reversals", {"amount": "200"}).json()["amount"] == 200
    assert sandbox.control(f"accounts/{farm}/instant") == 204
    instant = {"amount": "400", "currency": "cny", "method": "instant"}
    assert call(sandbox, "payouts", instant, Stripe_Account=farm).json()["status"] == "in_transit"
    call(sandbox, "refunds", {"payment_intent": intent["id"], "amount": "100"})
    fee = 29 + 30
    assert money.sums(sandbox.store, "")["cny"] == {"available": 400 - fee, "pending": 0}
    balance = call(sandbox, "balance", Stripe_Account=farm).json()
    assert (balance["available"][0]["amount"], balance["instant_available"][0]["amount"]) == (100, 100)
    rows = call(sandbox, "balance_transactions").json()["data"]
    assert sum(row["net"] for row in rows) == 400 - fee
    assert sum(row["fee"] for row in rows) == fee


def test_funds_wait_until_the_charge_is_available(tmp_path: Path) -> None:
    store = Sandbox(Options(tmp_path, SECRET_KEY, WEBHOOK_SECRET, available_after=60)).store
    money.record(
        store, "", kind="charge", amount=5, currency="cny", source="ch", available_on=store.now() + 60
    )
    assert money.sums(store, "") == {"cny": {"available": 0, "pending": 5}}
    store.clock = lambda: 9e9
    assert money.sums(store, "") == {"cny": {"available": 5, "pending": 0}}
    store.close()


def test_nothing_is_sent_to_a_disabled_account(sandbox: RunningSandbox) -> None:
    account = gateway().create_account(country="CN", email="a@x.test", name="Farm", reference="1", key="a")
    assert sandbox.control(f"accounts/{account.id}/disable") == 204
    disabled = gateway().fetch_account(account.id)
    assert (disabled.can_be_paid, disabled.disabled_reason) == (False, "requirements.past_due")
    assert (disabled.payouts_enabled, disabled.requirements_due) == (
        False,
        ("individual.verification.document",),
    )
    with pytest.raises(CallRefused) as caught:
        gateway().transfer(
            amount=1, currency="CNY", destination=account.id, group="", source="", reference="", key="t"
        )
    assert caught.value.code == "insufficient_capabilities_for_transfer"


def test_webhooks_are_signed_repeated_and_survive_a_restart(tmp_path: Path) -> None:
    received: list[tuple[str, str, str]] = []
    answers = [500, 200, 200]

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            received.append(
                (json.loads(body)["type"], self.headers["Stripe-Signature"], self.headers["Host"])
            )
            self.send_response(answers.pop(0))
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}/webhooks/stripe"
    options = Options(tmp_path, SECRET_KEY, WEBHOOK_SECRET, webhook_url=url, webhook_host="platform.test")
    try:
        before = Sandbox(options)
        client = before.app.test_client()
        authorization = {"Authorization": f"Bearer {SECRET_KEY}"}
        client.post("/v1/customers", data={"email": "a@x.test"}, headers=authorization)
        assert before.deliverer.deliver_due() == 0, "the receiver stumbled"
        before.store.close()

        after = Sandbox(options)
        assert after.deliverer.deliver_due() == 0, "not yet"
        moment = after.store.clock() + 2
        after.store.clock = lambda: moment
        assert after.deliverer.deliver_due() == 1
        assert after.deliverer.deliver_due() == 0
        (kept,) = after.store.deliveries().values()
        assert (kept["attempts"], kept["done"]) == (2, moment)
        after.store.close()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert [(topic, host) for topic, _signature, host in received] == [
        ("customer.created", "platform.test")
    ] * 2
    assert all(signature.startswith("t=") and ",v1=" in signature for _topic, signature, _host in received)


def test_people_can_look_at_what_happened(sandbox: RunningSandbox) -> None:
    assert "Nothing has been paid yet" in requests.get(sandbox.url, timeout=60).text
    intent = call(sandbox, "payment_intents", PAID).json()
    home = requests.get(sandbox.url, timeout=60).text
    assert "10.00 CNY" in home
    assert intent["id"] in home
    assert "payment_intent.succeeded" in home
    assert intent["client_secret"] in requests.get(f"{sandbox.url}/objects/{intent['id']}", timeout=60).text
    assert requests.get(f"{sandbox.url}/objects/pi_no", timeout=60).status_code == 404


def test_a_payee_is_led_back_from_onboarding(sandbox: RunningSandbox) -> None:
    account = gateway().create_account(country="CN", email="", name="Farm", reference="1", key="a").id
    page = gateway().onboarding_link(account, refresh_url="http://x/again", return_url="http://x/done")
    assert "Farm" in requests.get(page, timeout=60).text
    assert requests.post(page, timeout=60, allow_redirects=False).headers["Location"] == "http://x/done"


def test_an_account_without_its_data_is_completed_on_the_page(sandbox: RunningSandbox) -> None:
    provider = gateway()
    account = provider.create_account(
        country="CN", email="a+incomplete@x.test", name="Farm", reference="1", key="a"
    )
    assert (account.can_be_paid, account.payouts_enabled) == (False, False)
    assert "external_account" in account.requirements_due
    page = provider.onboarding_link(account.id, refresh_url="http://x/again", return_url="http://x/done")
    requests.post(page, timeout=60, allow_redirects=False)
    done = provider.fetch_account(account.id)
    assert (done.can_be_paid, done.payouts_enabled, done.requirements_due) == (True, True, ())
    assert done.bank_fingerprint
    assert [event["account"] for event in sandbox.events("account.updated")] == [account.id] * 2


def test_it_refuses_to_run_beside_real_payments(settings: LazySettings) -> None:
    settings.PAYMENT_SANDBOX = False
    with pytest.raises(CommandError, match="for development"):
        call_command("sandbox", port=1)
    with pytest.raises(ImproperlyConfigured):
        start.make()
