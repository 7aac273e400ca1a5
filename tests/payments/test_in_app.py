"""A member pays inside WeChat: known there by a silent sign-in on the platform's host, in one place only."""

import json
import re
import shutil
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.conf import LazySettings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.test import Client, RequestFactory

from billing.payments.gateway import gateway
from billing.payments.gateways.wechat import answers, merchant
from billing.payments.models import Payment
from billing.payments.payments import services as payment_services
from billing.payments.sandbox.wechat import keys
from kernel import clock
from kernel.events import inbox
from kernel.ids import new_id
from storefront_theme.in_app import pages as in_app_pages
from tests.payments.conftest import PurposeCalls
from tests.support.build import make_tenant
from tests.support.sandbox import RunningSandbox

pytestmark = pytest.mark.usefixtures("db")
BACK = "http://alice.localhost/pay/1/return/"
NATIVE, IN_APP = "NATIVE", "JSAPI"


@pytest.fixture(scope="module")
def made_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys take a while to make: once for all of these tests."""
    folder = tmp_path_factory.mktemp("keys")
    keys.ensure(folder)
    return folder / "wechat.json"


@pytest.fixture
def payment(
    made_keys: Path,
    sandbox: RunningSandbox,
    purpose_calls: PurposeCalls,
    settings: LazySettings,
    monkeypatch: pytest.MonkeyPatch,
) -> Payment:
    """A payment of a shop that is paid by WeChat, placed nowhere yet."""
    settings.WECHAT_NOTIFY_URL = "http://localhost/webhooks/wechat"
    folder = sandbox.sandbox.options.folder
    shutil.copy(made_keys, folder)
    monkeypatch.setattr(merchant, "sandbox_folder", lambda: folder)
    shop = make_tenant(gateway="wechat")
    return payment_services.open_payment(
        tenant=shop,
        purpose="test",
        reference_id=new_id(),
        amount=12_600,
        currency="CNY",
        description="Order 1",
    )


def at_wechat(sandbox: RunningSandbox) -> list[tuple[str, str]]:
    """What WeChat knows of orders, the newest first: where each is paid, and how it stands."""
    return [(row["trade_type"], row["trade_state"]) for row in sandbox.store.all("wechat_order", None)]


def confirm(sandbox: RunningSandbox, number: str | None) -> None:
    """What the member does on the phone."""
    requests.post(f"{sandbox.url}/wechat/pay/{number}", timeout=60).raise_for_status()


def walk(browser: Client, payment: Payment) -> tuple[str, str]:
    """Go from the shop's link through WeChat's sign-in; return the address of the page and what it says."""
    request = RequestFactory().get("/", headers={"host": "localhost"})
    at = urlsplit(in_app_pages.link(request, payment, back=BACK, shop="Alice's Tea"))
    sign_in = browser.get(f"{at.path}?{at.query}", HTTP_HOST="localhost")["Location"]
    sent_back = urlsplit(requests.get(sign_in, allow_redirects=False, timeout=60).headers["Location"])
    page = browser.get(f"{sent_back.path}?{sent_back.query}", HTTP_HOST="localhost")["Location"]
    return page, browser.get(page, HTTP_HOST="localhost").content.decode()


def test_the_page_holds_what_opens_wechats_own_payment(payment: Payment, sandbox: RunningSandbox) -> None:
    browser = Client()
    address, page = walk(browser, payment)
    assert address == "/wechat/pay/"
    (order,) = re.findall(r'<script id="order" type="application/json">(.+?)</script>', page)
    payment.refresh_from_db()
    assert json.loads(order)["package"] == f"prepay_id={payment.external_id}"
    assert ("Alice&#x27;s Tea" in page, "¥126.00" in page, BACK in page) == (True, True, True)
    assert (at_wechat(sandbox), payment.payer) == ([(IN_APP, "NOTPAY")], "oSandbox")
    again = browser.get(address, HTTP_HOST="localhost").content.decode()
    assert (len(at_wechat(sandbox)), "getBrandWCPayRequest" in again) == (1, False), "opened again: one order"
    confirm(sandbox, payment.external_id)
    assert payment_services.sync(payment_id=payment.id).state == Payment.State.SUCCEEDED
    assert browser.get(address, HTTP_HOST="localhost")["Location"] == BACK, "paid: back to the shop"


def test_what_was_a_code_before_is_closed_and_can_become_one_again(
    payment: Payment, sandbox: RunningSandbox
) -> None:
    code = payment_services.start(payment_id=payment.id)
    inside = payment_services.place_for(payment_id=payment.id, payer="oBob")
    assert at_wechat(sandbox) == [(IN_APP, "NOTPAY"), (NATIVE, "CLOSED")]
    assert (inside.replaces, inside.external_id != code.external_id) == (code.external_id, True)
    assert code.external_id
    with transaction.atomic():
        # An answer that was long on its way takes nothing back.
        late = payment_services.apply_intent(
            payment_id=payment.id, intent=gateway("wechat").fetch_intent(code.external_id)
        )
    assert (late.external_id, late.state, late.problem) == (inside.external_id, Payment.State.CREATED, "")
    other = payment_services.place_for(payment_id=payment.id, payer="oEve")
    assert at_wechat(sandbox)[:2] == [(IN_APP, "NOTPAY"), (IN_APP, "CLOSED")]
    scanned = payment_services.place_for(payment_id=payment.id, payer="")
    assert at_wechat(sandbox)[:2] == [(NATIVE, "NOTPAY"), (IN_APP, "CLOSED")]
    assert scanned.client_secret.startswith("weixin://")
    assert len({code.external_id, inside.external_id, other.external_id, scanned.external_id}) == 4
    confirm(sandbox, scanned.external_id)
    (notice,) = sandbox.store.all("wechat_notice", None)
    body = json.dumps(notice)
    signed = sandbox.sandbox.wechat.sign(body)
    Client().post(
        "/webhooks/wechat", body, content_type="application/json", headers=signed, HTTP_HOST="localhost"
    )
    inbox.handle_waiting()
    payment.refresh_from_db()
    assert (payment.state, payment.external_id) == (Payment.State.SUCCEEDED, scanned.external_id)


def test_what_was_just_paid_by_code_is_not_placed_anew(
    payment: Payment, sandbox: RunningSandbox, purpose_calls: PurposeCalls
) -> None:
    code = payment_services.start(payment_id=payment.id)
    confirm(sandbox, code.external_id)
    paid = payment_services.place_for(payment_id=payment.id, payer="oBob")
    assert (paid.state, paid.external_id, paid.payer) == (Payment.State.SUCCEEDED, code.external_id, "")
    assert (at_wechat(sandbox), purpose_calls.paid) == ([(NATIVE, "SUCCESS")], [payment.id])


def test_a_line_that_breaks_on_the_way_is_gone_on_with(
    payment: Payment, sandbox: RunningSandbox, purpose_calls: PurposeCalls
) -> None:
    payment_services.start(payment_id=payment.id)
    sandbox.break_next("/v3/pay/transactions/jsapi")
    broken = payment_services.place_for(payment_id=payment.id, payer="oBob")
    assert (broken.external_id, broken.error_code) == (None, "unreachable")
    Payment.objects.update(next_try_at=clock.now())
    payment_services.sweep_payments()
    payment.refresh_from_db()
    assert at_wechat(sandbox) == [(IN_APP, "NOTPAY"), (NATIVE, "CLOSED")], "the same number, not a third"
    confirm(sandbox, payment.external_id)
    payment_services.sync(payment_id=payment.id)
    assert purpose_calls.paid == [payment.id]


def test_an_order_that_cannot_be_closed_yet_stays_the_only_one(
    payment: Payment, sandbox: RunningSandbox, purpose_calls: PurposeCalls
) -> None:
    code = payment_services.start(payment_id=payment.id)
    sandbox.break_next(f"/v3/pay/transactions/out-trade-no/{code.external_id}/close", "before")
    assert payment_services.place_for(payment_id=payment.id, payer="oBob").external_id is None
    assert at_wechat(sandbox) == [(NATIVE, "NOTPAY")]
    confirm(sandbox, code.external_id)
    paid = payment_services.place_for(payment_id=payment.id, payer="oBob")
    assert (paid.external_id, purpose_calls.paid) == (code.external_id, [payment.id])


def test_giving_up_closes_what_was_placed_before(payment: Payment, sandbox: RunningSandbox) -> None:
    code = payment_services.start(payment_id=payment.id)
    sandbox.break_next(f"/v3/pay/transactions/out-trade-no/{code.external_id}/close", "before")
    payment_services.place_for(payment_id=payment.id, payer="oBob")
    payment_services.cancel_payment(payment_id=payment.id)
    assert at_wechat(sandbox) == [(NATIVE, "CLOSED")]


@pytest.mark.parametrize("turn", ["", "1", "12345"])
def test_a_number_has_room_for_the_turn_and_gives_the_payment_back(turn: str) -> None:
    own = str(new_id())
    number = answers.number(f"{own}.{turn}" if turn else own)
    assert re.fullmatch("[0-9a-z]{28,32}", number)
    assert answers.reference(number) == own


def test_links_that_lapsed_or_were_made_by_others_lead_nowhere(
    payment: Payment, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = Client()
    for path in ("/wechat/?t=forged", "/wechat/", "/wechat/back/?code=a&state=b", "/wechat/pay/"):
        answer = browser.get(path, HTTP_HOST="localhost")
        assert (answer.status_code, "Alice" in answer.content.decode()) == (400, False), path
    walk(browser, payment)
    assert browser.get("/wechat/back/?code=a&state=b", HTTP_HOST="localhost").status_code == 400
    monkeypatch.setattr(in_app_pages, "LASTS", -1)
    assert browser.get("/wechat/pay/", HTTP_HOST="localhost").status_code == 400


def test_a_code_works_once(payment: Payment, sandbox: RunningSandbox) -> None:
    browser = Client()
    request = RequestFactory().get("/", headers={"host": "localhost"})
    at = urlsplit(in_app_pages.link(request, payment, back=BACK, shop="Alice's Tea"))
    sign_in = browser.get(f"{at.path}?{at.query}", HTTP_HOST="localhost")["Location"]
    query = parse_qs(urlsplit(sign_in).query)
    assert (query["scope"], query["redirect_uri"]) == (["snsapi_base"], ["http://localhost/wechat/back/"])
    sent_back = urlsplit(requests.get(sign_in, allow_redirects=False, timeout=60).headers["Location"])
    back = f"{sent_back.path}?{sent_back.query}"
    assert browser.get(back, HTTP_HOST="localhost").status_code == 302
    assert browser.get(back, HTTP_HOST="localhost").status_code == 400
    assert Client().get(back, HTTP_HOST="localhost").status_code == 400, "another person's browser"


def test_wechat_out_of_reach_is_said(payment: Payment, sandbox: RunningSandbox) -> None:
    sandbox.break_next("/v3/pay/transactions/jsapi", "before", times=2)
    browser = Client()
    address, page = walk(browser, payment)
    assert (browser.get(address, HTTP_HOST="localhost").status_code, 'role="alert"' in page) == (502, True)
    assert BACK in page


def test_the_keys_have_to_be_there(settings: LazySettings) -> None:
    settings.PAYMENT_SANDBOX = False
    with pytest.raises(ImproperlyConfigured, match="WECHAT_MCHID"):
        merchant.keys()
    assert gateway("stripe").name == "stripe"
