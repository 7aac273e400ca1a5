"""A gateway that has no keys takes no shops, no reports and no payments, and breaks nothing."""

from typing import Any

import pytest
from django.test import Client

from billing.payments.gateway import GATEWAYS
from billing.plans import stripe_biller
from kernel.errors import Conflict, InvalidDocument
from tenants.registry import blueprints

DOCUMENT = "name: {{en: Club}}\nhost: club.example.test\ngateway: {}\nowner: {{email: a@club.test}}\n"


@pytest.mark.parametrize("name", GATEWAYS)
def test_a_report_from_a_provider_without_keys_is_not_taken(name: str, settings: Any, db: None) -> None:
    settings.PAYMENT_GATEWAYS = tuple(other for other in GATEWAYS if other != name)
    answer = Client(headers={"host": "localhost"}).post(f"/webhooks/{name}", b"{}", "application/json")
    assert answer.status_code == 404


@pytest.mark.parametrize("name", GATEWAYS)
def test_a_shop_is_not_paid_through_a_gateway_without_keys(name: str, settings: Any) -> None:
    others = tuple(other for other in GATEWAYS if other != name)
    settings.PAYMENT_GATEWAYS = others
    with pytest.raises(InvalidDocument) as refused:
        blueprints.parse(DOCUMENT.format(name))
    (fault,) = [fault for fault in refused.value.faults if fault.field == "gateway"]
    assert others[0] in str(fault.message)


def test_without_stripe_nobody_is_billed_for_a_plan(settings: Any) -> None:
    settings.STRIPE_SECRET_KEY = ""
    with pytest.raises(Conflict) as refused:
        stripe_biller.connect()
    assert refused.value.code == "no_biller"
