"""The terms of withdrawals are of a currency: sums that mean as much everywhere, and bounds that hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.payments import limits
from billing.payouts.withdrawal_terms import selectors as withdrawal_term_selectors
from billing.payouts.withdrawal_terms import services as withdrawal_term_services
from billing.payouts.withdrawal_terms.magnitudes import as_much_as
from kernel.errors import InvalidInput
from kernel.money.money import parse_amount
from tests.payouts.people import Shop, boss

KNOWN = {
    "CNY": 10,
    "USD": 1,
    "EUR": 1,
    "KWD": 1,
    "JPY": 100,
    "INR": 100,
    "KRW": 1_000,
    "IDR": 10_000,
    "VND": 100_000,
}
"""What ten yuan are about as much as, in whole units."""


@pytest.mark.parametrize(("currency", "units"), KNOWN.items())
def test_the_usual_least_is_as_much_in_every_currency(currency: str, units: int) -> None:
    assert withdrawal_term_selectors.usual(currency).minimum == parse_amount(units, currency)


@given(currency=st.sampled_from(sorted(limits.currencies())))
def test_every_currency_that_is_taken_has_terms_that_make_sense(currency: str) -> None:
    usual = withdrawal_term_selectors.usual(currency)
    assert 0 <= usual.fee < usual.minimum < usual.approval_above
    assert usual.approval_above < withdrawal_term_selectors.most_approval_above(currency)
    assert as_much_as(10, currency) * 100 == usual.approval_above
    declared = limits.of(currency)
    assert declared is not None
    assert usual.minimum >= declared.least // 2, "no order of magnitude below what can be paid at all"


@pytest.mark.django_db
@pytest.mark.parametrize("currency", ["CNY", "JPY", "KWD", "VND"])
def test_terms_of_one_currency_say_nothing_about_another(currency: str) -> None:
    shop, owner = Shop(currency=currency), boss()
    usual = withdrawal_term_selectors.usual(currency)
    most = withdrawal_term_selectors.most_approval_above(currency)
    terms = {"tenant_id": shop.id, "acting_user": owner, "minimum": usual.minimum, "fee": 0}
    with pytest.raises(InvalidInput, match="higher"):
        withdrawal_term_services.set_terms(currency=currency, approval_above=most + 1, **terms)
    withdrawal_term_services.set_terms(currency=currency, approval_above=most, **terms)
    assert withdrawal_term_selectors.terms_of(shop.id, currency).approval_above == most
    other = "USD"
    assert withdrawal_term_selectors.terms_of(shop.id, other) == withdrawal_term_selectors.usual(other)
