"""The central team answers disputes and sends money back that belongs to nothing, through its pages."""

from typing import Any

import pytest
from django.db import transaction

from accounts import roles
from billing.payments.disputes import services as dispute_services
from billing.payments.gateway import DisputeStatus, Intent, IntentStatus, ProviderDispute
from billing.payments.models import Dispute, Payment
from billing.payments.payments import services as payment_services
from billing.payments.refunds import services as payment_refund_services
from kernel.money.money import format_money
from kernel.tenancy import in_public
from tenants.shop.models import Order
from tests.support.build import make_user
from tests.support.consoles import Browser, ShopConsole
from tests.support.world import PLATFORM


@pytest.fixture
def disputed(console: ShopConsole, paid_order: Order) -> Dispute:
    """The bank asks for a paid order's money."""
    Payment.objects.filter(reference_id=paid_order.pk).update(
        external_id="pi_1", state="succeeded", succeeded_at=paid_order.paid_at
    )
    reported = ProviderDispute(
        "du_1",
        "ch_1",
        "pi_1",
        paid_order.total,
        "CNY",
        DisputeStatus.NEEDS_RESPONSE,
        "fraudulent",
        paid_order.total,
        1_500,
    )
    with transaction.atomic():
        dispute = dispute_services.apply_dispute(reported)
    assert dispute
    return dispute


def test_a_dispute_is_answered_or_given_up_by_those_who_may(
    console: ShopConsole, central_team: Browser, disputed: Dispute, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "1 dispute waits for an answer to the bank" in central_team.get("/console/").content.decode()
    listed = central_team.get("/console/payments/dispute/").content.decode()
    assert "du_1" in listed
    assert "waits for an answer" in listed, "words, not the code of a state"
    assert "needs_response</" not in listed
    page = central_team.get(f"/console/payments/dispute/{disputed.pk}/change/").content.decode()
    answer, accept = f"/console/disputes/{disputed.pk}/answer/", f"/console/disputes/{disputed.pk}/accept/"
    assert answer in page
    assert accept in page
    for shown in (disputed.amount, disputed.withdrawn, disputed.fee):
        assert format_money(shown, "CNY", "en") in page
    assert str(disputed.amount) not in page, "nobody reads minor units"
    assert "the payment was not theirs" in page
    done: list[Any] = []
    monkeypatch.setattr(dispute_services, "submit_evidence", lambda **kept: done.append(kept["text"]))
    monkeypatch.setattr(dispute_services, "accept", lambda **kept: done.append(kept["reason"]))
    assert central_team.post(answer, text="").status_code == 200
    assert done == []
    assert central_team.post(answer, text="sent with SF 123").status_code == 302
    assert central_team.post(accept, reason="they are right").status_code == 302
    assert done == ["sent with SF 123", "they are right"]
    with in_public():
        make_user("look@central.test", role=roles.CENTRAL_STAFF)
    staff = Browser(PLATFORM)
    assert staff.sign_in("look@central.test").status_code == 302
    assert staff.post(answer, text="not mine to send").status_code == 403
    assert len(done) == 2


def test_a_wrong_amount_is_sent_back_for_a_reason(
    console: ShopConsole, paid_order: Order, central_team: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    Payment.objects.filter(reference_id=paid_order.pk).update(state="created", external_id="pi_1")
    payment = Payment.objects.get(reference_id=paid_order.pk)
    with transaction.atomic():
        payment_services.apply_intent(
            payment_id=payment.pk,
            intent=Intent("pi_1", IntentStatus.SUCCEEDED, paid_order.total + 1, paid_order.total + 1, "CNY"),
        )
    path = f"/console/payments/{payment.pk}/send-back/"
    assert path in central_team.get(f"/console/payments/payment/{payment.pk}/change/").content.decode()
    done: list[str] = []
    monkeypatch.setattr(payment_refund_services, "send_back", lambda **kept: done.append(kept["reason"]))
    assert central_team.post(path, reason="").status_code == 200
    assert central_team.post(path, reason="wrong amount").status_code == 302
    assert done == ["wrong amount"]
