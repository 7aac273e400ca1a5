"""The same payments on both gateways: Stripe's sandbox and the stand-in for WeChat Pay, over HTTP."""

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from django.conf import LazySettings
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from billing.payments.gateway import MoveStatus, PayoutMethod, gateway
from billing.payments.gateways.wechat import bills as wechat_bills
from billing.payments.gateways.wechat import gateway as wechat_gateway
from billing.payments.gateways.wechat import merchant
from billing.payments.models import Payment, Refund
from billing.payments.payments import services as payment_services
from billing.payments.refunds import services as payment_refund_services
from billing.payments.sandbox.wechat import bills, keys
from kernel.calls.errors import CallRefused, NoClearAnswer
from kernel.errors import InvalidInput
from kernel.events import inbox
from kernel.ids import new_id
from kernel.models import Event
from tests.payments.conftest import PurposeCalls
from tests.support.build import make_tenant
from tests.support.sandbox import RunningSandbox

pytestmark = pytest.mark.usefixtures("db")
WEBHOOK = "/webhooks/wechat"


@pytest.fixture(scope="module")
def made_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys take a while to make: once for all of these tests."""
    folder = tmp_path_factory.mktemp("keys")
    keys.ensure(folder)
    return folder / "wechat.json"


@pytest.fixture(autouse=True)
def _keys(
    made_keys: Path, sandbox: RunningSandbox, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The merchant and the stand-in of this test share its folder."""
    settings.WECHAT_NOTIFY_URL = "http://localhost/webhooks/wechat"
    folder = sandbox.sandbox.options.folder
    shutil.copy(made_keys, folder)
    monkeypatch.setattr(merchant, "sandbox_folder", lambda: folder)


@dataclass
class GatewayCase:
    """One gateway, as far as these tests differ by it."""

    name: str
    sandbox: RunningSandbox
    create, refunds = "", ""

    def __post_init__(self) -> None:
        paths = {
            "stripe": ("/v1/payment_intents", "/v1/refunds"),
            "wechat": ("/v3/pay/transactions/native", "/v3/refund/domestic/refunds"),
        }
        self.create, self.refunds = paths[self.name]

    def open(self, amount: int = 12_600, currency: str = "CNY") -> Payment:
        """Open a payment of a shop that is paid this way."""
        shop = make_tenant(gateway=self.name)
        return payment_services.open_payment(
            tenant=shop,
            purpose="test",
            reference_id=new_id(),
            amount=amount,
            currency=currency,
            description="Order 1",
        )

    def pay(self, payment: Payment) -> None:
        """What the member does with card or phone."""
        assert payment.external_id
        if self.name == "wechat":
            requests.post(
                f"{self.sandbox.url}/wechat/pay/{payment.external_id}", timeout=60
            ).raise_for_status()
        else:
            gateway("stripe").confirm_intent(
                payment.external_id, method="pm_card_visa", return_url="http://x/", key=str(new_id())
            )

    def notices(self) -> list[dict[str, Any]]:
        """What the provider reports, oldest first."""
        if self.name == "wechat":
            return list(reversed(self.sandbox.store.all("wechat_notice", None)))
        return self.sandbox.events()

    def deliver(self) -> list[int]:
        """Deliver it all; return the statuses answered."""
        if self.name == "wechat":
            return [post(self.sandbox, json.dumps(notice)) for notice in self.notices()]
        return [self.sandbox.deliver(event) for event in self.notices()]


def post(sandbox: RunningSandbox, body: str, **changes: str | None) -> int:
    """Post a notice, signed unless told otherwise; return the status answered."""
    signed: dict[str, Any] = sandbox.sandbox.wechat.sign(body) | changes
    headers = {name: value for name, value in signed.items() if value is not None}
    answer = Client().post(
        WEBHOOK, body, content_type="application/json", headers=headers, HTTP_HOST="localhost"
    )
    return int(answer.status_code)


@pytest.fixture(params=["stripe", "wechat"])
def house(
    request: pytest.FixtureRequest, sandbox: RunningSandbox, purpose_calls: PurposeCalls
) -> GatewayCase:
    """Each gateway in turn."""
    return GatewayCase(request.param, sandbox)


def test_a_payment_on_either_gateway(house: GatewayCase, purpose_calls: PurposeCalls) -> None:
    payment = payment_services.start(payment_id=house.open().id)
    assert (payment.gateway, payment.state) == (house.name, Payment.State.CREATED)
    assert payment.client_secret
    house.pay(payment)
    assert set(house.deliver()) == {200}
    inbox.handle_waiting()
    payment.refresh_from_db()
    assert (payment.state, purpose_calls.paid) == (Payment.State.SUCCEEDED, [payment.id])
    assert payment.charge_id


def test_an_event_that_comes_twice_pays_once(house: GatewayCase, purpose_calls: PurposeCalls) -> None:
    payment = payment_services.start(payment_id=house.open().id)
    house.pay(payment)
    for _time in range(3):
        assert set(house.deliver()) == {200}
        inbox.handle_waiting()
    assert purpose_calls.paid == [payment.id]
    assert Event.objects.filter(queue="inbox", source=house.name).count() == len(house.notices())


def test_a_timeout_after_the_payment_was_made_is_one_payment(house: GatewayCase) -> None:
    house.sandbox.break_next(house.create)
    payment = payment_services.start(payment_id=house.open().id)
    assert (payment.external_id, payment.error_code) == (None, "unreachable")
    payment = payment_services.start(payment_id=payment.id)
    assert payment.external_id
    kind = "wechat_order" if house.name == "wechat" else "payment_intent"
    assert house.sandbox.count(kind) == 1


def test_refunds_on_either_gateway(house: GatewayCase, purpose_calls: PurposeCalls) -> None:
    payment = payment_services.start(payment_id=house.open().id)
    house.pay(payment)
    payment = payment_services.sync(payment_id=payment.id)
    refunds = [
        payment_refund_services.request_refund(
            payment_id=payment.id, amount=amount, reason="x", acting_user="Ann", idempotency_key=str(amount)
        )
        for amount in (600, 12_000)
    ]
    house.sandbox.break_next(house.refunds)
    for refund in refunds:
        payment_refund_services.send_refund(refund_id=refund.id)
    assert payment_refund_services.send_refund(refund_id=refunds[0].id).state == Refund.State.SUCCEEDED, (
        "asked again"
    )
    house.deliver()
    inbox.handle_waiting()
    assert [refund.id for refund in refunds] == sorted(purpose_calls.refunded)
    kind = "wechat_refund" if house.name == "wechat" else "refund"
    amounts = [row["amount"] for row in house.sandbox.store.all(kind, None)]
    assert sorted(row["refund"] if isinstance(row, dict) else row for row in amounts) == [600, 12_000]


def test_a_refund_that_no_card_takes_is_out_of_our_hands_and_waits(
    sandbox: RunningSandbox, purpose_calls: PurposeCalls
) -> None:
    house = GatewayCase("wechat", sandbox)
    payment = payment_services.start(payment_id=house.open().id)
    house.pay(payment)
    payment_services.sync(payment_id=payment.id)
    refund = payment_refund_services.request_refund(
        payment_id=payment.id, amount=600, reason="x", acting_user="Ann", idempotency_key="a"
    )
    sandbox.break_next(house.refunds)
    payment_refund_services.send_refund(refund_id=refund.id)
    (row,) = sandbox.store.all("wechat_refund", None)
    sandbox.change(row["id"], status="ABNORMAL")
    refund = payment_refund_services.send_refund(refund_id=refund.id)
    assert (refund.state, purpose_calls.refunded) == (Refund.State.SENT, []), (
        "the amount must not go out once more"
    )
    assert "WeChat Pay's console" in refund.last_error
    sandbox.change(row["id"], status="SUCCESS")
    refund = payment_refund_services.send_refund(refund_id=refund.id)
    assert (refund.state, refund.last_error, purpose_calls.refunded) == (
        Refund.State.SUCCEEDED,
        "",
        [refund.id],
    )


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda bill: "\n".join(bill.splitlines()[:-2]), "counts nothing"),
        (lambda bill: bill.replace("\n`", "\nx`", 1), "lines"),
        (lambda bill: "\n".join(bill.splitlines()[:1] + bill.splitlines()[2:]), "lines"),
        (lambda bill: bill.replace(",`收入", "", 1), "cannot be read"),
        (lambda bill: bill.replace("收支金额（元）", "金额"), "cannot be read"),
    ],
)
def test_a_bill_is_read_whole_or_not_at_all(
    sandbox: RunningSandbox, purpose_calls: PurposeCalls, spoil: Callable[[str], str], why: str
) -> None:
    house = GatewayCase("wechat", sandbox)
    payment = payment_services.start(payment_id=house.open().id)
    house.pay(payment)
    bill = bills.write(sandbox.store, bills.today(sandbox.store))
    charge, fee = wechat_bills.fund_flow(bill)
    assert (charge.amount, charge.reference, fee.type) == (12_600, str(payment.id), "fee")
    assert wechat_bills.fund_flow("") == []
    with pytest.raises(wechat_bills.WrongBill, match=why):
        wechat_bills.fund_flow(spoil(bill))


def test_an_unpaid_payment_is_given_up(house: GatewayCase) -> None:
    payment = payment_services.start(payment_id=house.open().id)
    assert payment_services.cancel_payment(payment_id=payment.id).state == Payment.State.CANCELLED
    paid = payment_services.start(payment_id=house.open().id)
    house.pay(paid)
    assert payment_services.cancel_payment(payment_id=paid.id).state == Payment.State.SUCCEEDED, (
        "paid stays paid"
    )


def test_a_lost_event_is_looked_up(house: GatewayCase, purpose_calls: PurposeCalls) -> None:
    payment = payment_services.start(payment_id=house.open().id)
    house.pay(payment)
    Payment.objects.update(next_try_at=payment.created_at)
    payment_services.sweep_payments()
    assert purpose_calls.paid == [payment.id]


@pytest.fixture
def wechat(sandbox: RunningSandbox, purpose_calls: PurposeCalls) -> GatewayCase:
    """WeChat alone."""
    return GatewayCase("wechat", sandbox)


def test_an_order_is_a_qr_code(wechat: GatewayCase) -> None:
    payment = payment_services.start(payment_id=wechat.open().id)
    assert payment.client_secret == f"weixin://wxpay/bizpayurl?pr={payment.id.hex}"


def test_an_order_inside_wechat_is_signed_for_the_page(wechat: GatewayCase) -> None:
    provider = gateway("wechat")
    intent = provider.create_intent(
        amount=100, currency="CNY", group="", reference=str(new_id()), description="Tea", key="", payer="oBob"
    )
    page = json.loads(intent.client_secret)
    assert (page["signType"], page["package"]) == ("RSA", f"prepay_id={intent.id}")
    assert page["paySign"]
    assert wechat.sandbox.store.all("wechat_order")[0]["trade_type"] == "JSAPI"


def test_only_yuan(wechat: GatewayCase) -> None:
    with pytest.raises(InvalidInput):
        wechat.open(currency="USD")
    with pytest.raises(CallRefused):
        gateway("wechat").create_intent(
            amount=500, currency="USD", group="", reference=str(new_id()), description="", key=""
        )
    assert wechat.sandbox.count("wechat_order") == 0


def test_money_is_shared_with_receivers_and_taken_back(wechat: GatewayCase) -> None:
    payment = payment_services.start(payment_id=wechat.open().id)
    wechat.pay(payment)
    charge, provider, reference = (
        payment_services.sync(payment_id=payment.id).charge_id,
        gateway("wechat"),
        str(new_id()),
    )

    def share(amount: int = 9_000, number: str = reference) -> Any:
        return provider.transfer(
            amount=amount,
            currency="CNY",
            destination="MERCHANT_ID:1900000109",
            group="",
            source=charge,
            reference=number,
            key="",
        )

    wechat.sandbox.break_next("/v3/profitsharing/orders")
    with pytest.raises(NoClearAnswer):
        share()
    sharing = share()
    assert (sharing.status, sharing.amount, sharing.reference) == (MoveStatus.SUCCEEDED, 9_000, reference)
    assert provider.fetch_transfer(sharing.id) == sharing
    assert wechat.sandbox.count("wechat_share") == 1
    with pytest.raises(CallRefused) as caught:
        share(3_601, str(new_id()))
    assert caught.value.code == "NOT_ENOUGH"
    back = str(new_id())
    assert provider.find_reversal(sharing.id, reference=back) is None
    returned = provider.reverse_transfer(sharing.id, amount=4_000, currency="CNY", reference=back, key="")
    assert provider.find_reversal(sharing.id, reference=back) == returned
    assert (
        provider.reverse_transfer(sharing.id, amount=4_000, currency="CNY", reference=back, key="")
        == returned
    ), "once"
    with pytest.raises(CallRefused):
        provider.reverse_transfer(sharing.id, amount=5_001, currency="CNY", reference=str(new_id()), key="")


def test_what_it_does_not_do_is_refused_with_a_reason(wechat: GatewayCase) -> None:
    provider = gateway("wechat")
    with pytest.raises(CallRefused, match="when it shares") as caught:
        provider.payout(
            account="x", amount=1, currency="CNY", method=PayoutMethod.INSTANT, reference="", key=""
        )
    assert caught.value.code == "unsupported"
    with pytest.raises(CallRefused, match="no such order"):
        provider.fetch_intent(new_id().hex)
    with pytest.raises(NoClearAnswer, match="could not be looked up"):
        # An order that cannot be read says nothing of a refund that was asked for before.
        provider.refund(intent_id=new_id().hex, amount=1, currency="CNY", reference=str(new_id()), key="")
    assert provider.find_intent(str(new_id())) is None


def test_an_answer_that_is_not_signed_by_wechat_is_no_answer(
    wechat: GatewayCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign = wechat.sandbox.sandbox.wechat.sign
    monkeypatch.setattr(wechat.sandbox.sandbox.wechat, "sign", lambda body: sign(body + "x"))
    with pytest.raises(NoClearAnswer, match="verify the signature"):
        gateway("wechat").create_intent(
            amount=1, currency="CNY", group="", reference=str(new_id()), description="", key=""
        )


def test_a_request_that_is_not_signed_by_the_merchant_is_refused(wechat: GatewayCase) -> None:
    answer = requests.post(f"{wechat.sandbox.url}/v3/pay/transactions/native", json={}, timeout=60)
    assert (answer.status_code, answer.json()["code"]) == (401, "SIGN_ERROR")


@pytest.mark.parametrize(
    "wrong",
    ["none", "other body", "other key", "old", "other serial", "not encrypted to us", "oversized", "no json"],
)
def test_notices_that_are_not_wechats_change_nothing(
    wechat: GatewayCase, wrong: str, caplog: pytest.LogCaptureFixture
) -> None:
    payment = payment_services.start(payment_id=wechat.open().id)
    wechat.pay(payment)
    (notice,) = wechat.notices()
    body, stand_in = json.dumps(notice), wechat.sandbox.sandbox.wechat
    status = 400
    match wrong:
        case "none":
            answered = post(wechat.sandbox, body, **{"Wechatpay-Signature": None})
        case "other body":
            answered = post(wechat.sandbox, body.replace("TRANSACTION", "REFUND"), **stand_in.sign(body))
        case "other key":
            answered = post(wechat.sandbox, body, **{"Wechatpay-Signature": "AAAA"})
        case "old":
            answered = post(wechat.sandbox, body, **stand_in.sign(body, int(time.time()) - 400))
        case "other serial":
            answered = post(wechat.sandbox, body, **{"Wechatpay-Serial": "PUB_KEY_ID_0"})
        case "not encrypted to us":
            notice["resource"]["ciphertext"] = "A" * 40
            answered = post(wechat.sandbox, json.dumps(notice))
        case "oversized":
            answered, status = post(wechat.sandbox, body + " " * 300_000), 413
        case _:
            answered = post(wechat.sandbox, "[]")
    assert answered == status
    assert not Event.objects.filter(queue="inbox").exists()
    payment.refresh_from_db()
    assert payment.state == Payment.State.CREATED
    assert any("a webhook was" in record.message for record in caplog.records)


def test_real_keys_must_be_complete(settings: LazySettings) -> None:
    settings.PAYMENT_SANDBOX = False
    with pytest.raises(ImproperlyConfigured, match="WECHAT_MCHID"):
        wechat_gateway.connect()
