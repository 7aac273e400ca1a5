"""The stand-in for Stripe bills subscriptions: trial, renewal, change, and cards that are declined."""

from typing import Any

import pytest
import requests

from tests.payments.test_sandbox import call
from tests.support.sandbox import RunningSandbox

DAY = 86_400


def price(sandbox: RunningSandbox, amount: int, name: str) -> str:
    """Make a monthly price."""
    data = {
        "currency": "cny",
        "unit_amount": str(amount),
        "lookup_key": name,
        "recurring[interval]": "month",
        "product_data[name]": name,
    }
    return str(call(sandbox, "prices", data).json()["id"])


def customer(sandbox: RunningSandbox, card: str = "pm_card_visa") -> str:
    """Make a customer who has chosen a card on the hosted page."""
    customer_idsubscription = str(
        call(sandbox, "customers", {"email": "a@x.test", "name": "Tea House"}).json()["id"]
    )
    choose(sandbox, customer_idsubscription, card)
    return customer_idsubscription


def choose(sandbox: RunningSandbox, who: str, card: str) -> None:
    """Choose a card on the hosted page."""
    if card:
        session = {"customer": who, "return_url": "http://x/back"}
        page = call(sandbox, "billing_portal/sessions", session).json()["url"]
        assert "Use this card" in requests.get(page, timeout=60).text
        answer = requests.post(page, data={"card": card}, timeout=60, allow_redirects=False)
        assert answer.headers["Location"] == "http://x/back"


def subscribe(sandbox: RunningSandbox, who: str, what: str, **more: str) -> dict[str, Any]:
    """Subscribe a customer to a price."""
    data = {"customer": who, "items[0][price]": what, **more}
    subscription: dict[str, Any] = call(sandbox, "subscriptions", data).json()
    return subscription


def invoices(sandbox: RunningSandbox) -> list[tuple[str, int, str]]:
    """Why each invoice was made, over how much, and what became of it; oldest first."""
    rows = reversed(sandbox.store.all("invoice"))
    return [(row["billing_reason"], row["total"], row["status"]) for row in rows]


def status(sandbox: RunningSandbox, subscription: dict[str, Any]) -> str:
    """How a subscription stands."""
    return str(call(sandbox, f"subscriptions/{subscription['id']}").json()["status"])


def test_a_trial_costs_nothing_and_then_renews(sandbox: RunningSandbox) -> None:
    subscription = subscribe(
        sandbox, customer(sandbox), price(sandbox, 29_900, "grow"), trial_period_days="14"
    )
    assert subscription["status"] == "trialing"
    sandbox.control("clock", days="13")
    assert status(sandbox, subscription) == "trialing"
    sandbox.control("clock", days="1")
    assert status(sandbox, subscription) == "active"
    sandbox.control("clock", days="31")
    assert invoices(sandbox) == [
        ("subscription_create", 0, "paid"),
        ("subscription_cycle", 29_900, "paid"),
        ("subscription_cycle", 29_900, "paid"),
    ]
    pdf = requests.get(sandbox.store.all("invoice")[0]["invoice_pdf"], timeout=60)
    assert pdf.content.startswith(b"%PDF")


def test_an_upgrade_is_prorated_to_the_second(sandbox: RunningSandbox) -> None:
    small, large = price(sandbox, 10_000, "small"), price(sandbox, 30_000, "large")
    subscription = subscribe(sandbox, customer(sandbox), small)
    item = subscription["items"]["data"][0]
    start, end = item["current_period_start"], item["current_period_end"]
    half = str(start + (end - start) // 2)
    preview = call(
        sandbox,
        "invoices/create_preview",
        {
            "subscription": subscription["id"],
            "subscription_details[items][0][id]": item["id"],
            "subscription_details[items][0][price]": large,
            "subscription_details[proration_date]": half,
            "subscription_details[proration_behavior]": "always_invoice",
        },
    ).json()
    assert [line["amount"] for line in preview["lines"]["data"]] == [-5_000, 15_000]
    assert preview["amount_due"] == 10_000
    change = {
        "items[0][id]": item["id"],
        "items[0][price]": large,
        "proration_behavior": "always_invoice",
        "proration_date": half,
    }
    assert call(sandbox, f"subscriptions/{subscription['id']}", change).json()["status"] == "active"
    assert invoices(sandbox)[-1] == ("subscription_update", 10_000, "paid")


def test_a_downgrade_leaves_a_credit_for_later(sandbox: RunningSandbox) -> None:
    small, large = price(sandbox, 10_000, "small"), price(sandbox, 30_000, "large")
    subscription = subscribe(sandbox, customer(sandbox), large)
    item = subscription["items"]["data"][0]
    change = {
        "items[0][id]": item["id"],
        "items[0][price]": small,
        "proration_behavior": "always_invoice",
        "proration_date": str(item["current_period_start"]),
    }
    call(sandbox, f"subscriptions/{subscription['id']}", change)
    sandbox.control("clock", days="62")
    rows = reversed(sandbox.store.all("invoice"))
    assert [(row["total"], row["amount_due"]) for row in rows] == [
        (30_000, 30_000),
        (-20_000, 0),
        (10_000, 0),
        (10_000, 0),
    ]


def test_a_declined_card_is_tried_again_and_a_new_one_brings_it_back(sandbox: RunningSandbox) -> None:
    who = customer(sandbox, "pm_card_chargeCustomerFail")
    subscription = subscribe(sandbox, who, price(sandbox, 10_000, "small"))
    assert status(sandbox, subscription) == "past_due"
    for _try in range(3):
        sandbox.control("clock", days="3")
    assert status(sandbox, subscription) == "unpaid"
    (invoice,) = sandbox.store.all("invoice")
    assert invoice["attempt_count"] == 4
    refused = call(sandbox, f"invoices/{invoice['id']}/pay", {})
    assert (refused.status_code, refused.json()["error"]["code"]) == (402, "card_declined")
    choose(sandbox, who, "pm_card_visa")
    assert call(sandbox, f"invoices/{invoice['id']}/pay", {}).json()["status"] == "paid"
    assert status(sandbox, subscription) == "active"
    assert len(sandbox.events("invoice.payment_failed")) == 5
    assert len(sandbox.events("invoice.paid")) == 1


@pytest.mark.parametrize("at_once", [True, False])
def test_a_subscription_ends(sandbox: RunningSandbox, at_once: bool) -> None:
    subscription = subscribe(sandbox, customer(sandbox), price(sandbox, 10_000, "small"))
    if at_once:
        authorization = {"Authorization": "Bearer sk_test_tests"}
        requests.delete(
            f"{sandbox.url}/v1/subscriptions/{subscription['id']}", headers=authorization, timeout=60
        )
    else:
        call(sandbox, f"subscriptions/{subscription['id']}", {"cancel_at_period_end": "true"})
        assert status(sandbox, subscription) == "active"
        sandbox.control("clock", days="32")
    assert status(sandbox, subscription) == "canceled"
    assert len(sandbox.events("customer.subscription.deleted")) == 1


def test_a_card_is_kept_by_a_setup_intent(sandbox: RunningSandbox) -> None:
    who = customer(sandbox, "")
    intent = call(sandbox, "setup_intents", {"customer": who}).json()
    done = call(sandbox, f"setup_intents/{intent['id']}/confirm", {"payment_method": "pm_card_visa"}).json()
    assert done["status"] == "succeeded"
    (card,) = call(sandbox, f"payment_methods?customer={who}").json()["data"]
    assert (card["id"], card["card"]["last4"]) == (done["payment_method"], "4242")


def test_people_see_what_was_asked_and_answered(sandbox: RunningSandbox) -> None:
    subscribe(sandbox, customer(sandbox), price(sandbox, 10_000, "small"))
    call(sandbox, "payment_intents", {"amount": "0", "currency": "cny"}, Idempotency_Key="mine")
    home = requests.get(sandbox.url, timeout=60).text
    assert "POST /v1/subscriptions" in home
    assert ">400<" in home
    assert "mine" in home
    newest = sandbox.store.requests(1)[0]["id"]
    page = requests.get(f"{sandbox.url}/requests/{newest}", timeout=60).text
    assert "parameter_invalid_integer" in page
    assert "&#34;currency&#34;: &#34;cny&#34;" in page
    assert requests.get(f"{sandbox.url}/requests/req_no", timeout=60).status_code == 404
