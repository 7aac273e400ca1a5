"""Every queue has an age that somebody sees."""

from datetime import timedelta

import pytest
import time_machine

from billing.payments.models import Payment
from config import prometheus
from kernel import clock, metrics
from kernel.models import Event

pytestmark = pytest.mark.django_db


def test_the_age_of_the_inbox_and_problems_are_shown(opened: Payment) -> None:
    assert (metrics.value("inbox_age_seconds"), metrics.value("payments_with_problem")) == (0, 0)
    Event.objects.create(
        queue="inbox", schema="public", source="stripe", external_id="evt_1", topic="x", payload={}
    )
    Payment.objects.update(problem="another amount")
    with time_machine.travel(clock.now() + timedelta(minutes=5)):
        assert metrics.value("inbox_age_seconds") >= 299
    assert metrics.value("payments_with_problem") == 1
    assert b"banyan_payable_age_seconds 0.0" in prometheus.exposition()
