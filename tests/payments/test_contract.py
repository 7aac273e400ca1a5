"""The check against Stripe's OpenAPI document sees what does not fit; every test with a sandbox runs it."""

from dataclasses import replace
from typing import Any

import pytest

from billing.payments.gateway import gateway
from tests.support import stripe_contract
from tests.support.sandbox import RunningSandbox
from tests.support.stripe_contract import Exchange


@pytest.fixture
def exchange(sandbox: RunningSandbox) -> Exchange:
    """A PaymentIntent that our gateway made, and nothing about it is wrong."""
    gateway().create_intent(amount=1_000, currency="CNY", group="g", reference="r", description="", key="k")
    (call,) = sandbox.exchanges
    assert stripe_contract.problems(call) == []
    return call


def test_the_document_is_the_one_we_know() -> None:
    document = stripe_contract.document()
    assert document["info"]["title"] == "Stripe API"
    assert len(document["paths"]) > 400


def test_an_unknown_field_of_a_request_is_seen(exchange: Exchange) -> None:
    wrong = replace(exchange, pairs=(*exchange.pairs, ("colour", "red")))
    assert "'colour' was unexpected" in stripe_contract.problems(wrong)[0]


def test_a_wrong_type_in_a_request_is_seen(exchange: Exchange) -> None:
    pairs = tuple(("amount", "1.5") if name == "amount" else (name, value) for name, value in exchange.pairs)
    assert "'1.5' is not of type 'integer'" in stripe_contract.problems(replace(exchange, pairs=pairs))[0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"mood": "good"}, "Stripe knows no field 'mood'"),
        ({"status": "happy"}, "'happy' is not one of"),
        ({"amount": "1000"}, "'1000' is not of type 'integer'"),
        ({"currency": None}, "None is not of type 'string'"),
    ],
)
def test_a_wrong_answer_is_seen(exchange: Exchange, change: dict[str, Any], said: str) -> None:
    assert said in stripe_contract.problems(replace(exchange, body=exchange.body | change))[0]


def test_a_missing_field_of_an_answer_is_seen(exchange: Exchange) -> None:
    body = {name: value for name, value in exchange.body.items() if name != "livemode"}
    assert "'livemode' is a required property" in stripe_contract.problems(replace(exchange, body=body))[0]


def test_an_address_that_stripe_does_not_have_is_seen(exchange: Exchange) -> None:
    assert stripe_contract.problems(replace(exchange, path="/v1/wishes")) == [
        "POST /v1/wishes does not exist at Stripe"
    ]


def test_a_wrong_event_is_seen(sandbox: RunningSandbox, exchange: Exchange) -> None:
    (event,) = sandbox.events("payment_intent.created")
    event["data"]["object"]["livemode"] = "no"
    assert "'no' is not of type 'boolean'" in stripe_contract.event_problems(event)[0]
