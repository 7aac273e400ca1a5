"""What the gateway declares of each currency is what the provider's stand-in takes, and nothing beyond it."""

import pytest

from billing.payments import limits
from billing.payments.gateway import Intent, PayoutMethod, gateway
from kernel.calls.errors import CallRefused
from tests.payments.test_limits import IN_HUNDREDTHS, STRIPE
from tests.payments.test_sandbox import PAID, call
from tests.support.sandbox import RunningSandbox


def place(amount: int, currency: str) -> Intent:
    key = f"{currency}{amount}"
    return gateway().create_intent(
        amount=amount, currency=currency, group="", reference=key, description="", key=key
    )


@pytest.mark.parametrize("currency", STRIPE)
@pytest.mark.slow
def test_the_bounds_are_the_providers(sandbox: RunningSandbox, currency: str) -> None:
    bounds = limits.of(currency)
    assert bounds is not None
    for bound in (bounds.least, bounds.greatest):
        assert place(bound, currency).amount == bound
    with pytest.raises(CallRefused) as refused:
        place(bounds.greatest + bounds.step, currency)
    assert refused.value.code == "amount_too_large"
    if bounds.least > bounds.step:
        with pytest.raises(CallRefused) as refused:
            place(bounds.least - bounds.step, currency)
        assert refused.value.code == "amount_too_small"


@pytest.mark.parametrize("currency", IN_HUNDREDTHS)
def test_the_member_pays_what_the_shop_asks_where_coins_are_gone(
    sandbox: RunningSandbox, currency: str
) -> None:
    amount = 289_000
    intent = place(amount, currency)
    assert (intent.amount, intent.currency) == (amount, currency)
    assert sandbox.store.all("payment_intent")[0]["amount"] == amount * 100


@pytest.mark.parametrize(
    ("amount", "currency"), [("289050", "isk"), ("250001", "ugx"), ("1255", "kwd"), ("2009", "omr")]
)
def test_what_no_card_network_takes_is_refused(sandbox: RunningSandbox, amount: str, currency: str) -> None:
    answer = call(sandbox, "payment_intents", {"amount": amount, "currency": currency})
    assert answer.status_code == 400
    assert "evenly divisible" in answer.json()["error"]["message"]


@pytest.mark.parametrize("currency", ["xxx", "dem", "xau", "cnx", "rmb"])
def test_what_is_no_currency_is_refused(sandbox: RunningSandbox, currency: str) -> None:
    answer = call(sandbox, "payment_intents", {"amount": "1000", "currency": currency})
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "currency"


@pytest.mark.parametrize("currency", ["HUF", "TWD"])
def test_banks_get_whole_units_where_there_are_no_coins(sandbox: RunningSandbox, currency: str) -> None:
    bounds = limits.of(currency)
    assert bounds is not None
    assert bounds.payout_step == 100
    assert place(100_045, currency).amount == 100_045
    with pytest.raises(CallRefused, match="evenly divisible by 100"):
        gateway().payout(
            account="",
            amount=100_045,
            currency=currency,
            method=PayoutMethod.STANDARD,
            reference="",
            key="p",
        )


def test_only_what_goes_through_banks_has_to_end_in_a_zero(sandbox: RunningSandbox) -> None:
    paid = call(sandbox, "payment_intents", PAID | {"amount": "10000", "currency": "kwd"}).json()
    farm = call(sandbox, "accounts", {"type": "express", "country": "KW"}).json()["id"]
    sent = {"amount": "1255", "currency": "kwd", "destination": farm}
    share = call(sandbox, "transfers", sent | {"source_transaction": paid["latest_charge"]})
    assert share.json()["amount"] == 1255
    for path, amount, status in (("refunds", "1255", 400), ("refunds", "1250", 200)):
        answer = call(sandbox, path, {"payment_intent": paid["id"], "amount": amount})
        assert answer.status_code == status
    payout = {"amount": "1255", "currency": "kwd"}
    assert call(sandbox, "payouts", payout, Stripe_Account=farm).status_code == 400
