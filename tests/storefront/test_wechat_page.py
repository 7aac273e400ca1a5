"""A shop that is paid by WeChat shows a code to be scanned, and goes on once it was paid."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from django.conf import LazySettings
from django.test import Client

from billing.payments.gateway import gateway
from billing.payments.gateways.wechat import merchant
from billing.payments.models import Payment
from billing.payments.payments import services as payment_services
from tenants.registry import selectors as registry_selectors
from tenants.registry.models import Tenant
from tests.storefront.conftest import Shop
from tests.storefront.test_buying import order, place, put
from tests.support.sandbox import RunningSandbox


@pytest.fixture
def by_wechat(
    shop: Shop, sandbox: RunningSandbox, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shop is paid by WeChat."""
    settings.WECHAT_NOTIFY_URL = "http://localhost/webhooks/wechat"
    folder: Path = sandbox.sandbox.options.folder
    monkeypatch.setattr(merchant, "sandbox_folder", lambda: folder)
    Tenant.objects.filter(id=shop.tenant.id).update(gateway="wechat")
    registry_selectors.known_tenants.clear()


@pytest.fixture
def bought(shop: Shop, by_wechat: None) -> tuple[Client, Payment]:
    """Bob's order in that shop, not paid yet."""
    browser = shop.member()
    put(browser, shop.tea)
    assert place(browser).status_code == 302
    return browser, Payment.objects.get(id=order(shop).payment_id)


def test_a_code_is_scanned_and_the_order_is_paid(
    shop: Shop, bought: tuple[Client, Payment], sandbox: RunningSandbox
) -> None:
    browser, payment = bought
    page = browser.get(f"/pay/{payment.id}/").content.decode()
    assert "用微信扫码支付" in page
    assert "<svg" in page
    assert "4242" not in page
    (phone,) = re.findall(r'href="(http://127[^"]+)"', page)
    back = requests.post(
        phone.replace("&amp;", "&").partition("?")[0],
        data={"back": "http://alice.localhost/"},
        timeout=60,
        allow_redirects=False,
    )
    assert back.headers["Location"] == "http://alice.localhost/"
    returned = browser.get(f"/pay/{payment.id}/return/")
    assert returned["Location"].startswith("/orders/")
    assert order(shop).state == "paid"


def test_wechat_out_of_reach_is_said(
    shop: Shop, bought: tuple[Client, Payment], sandbox: RunningSandbox
) -> None:
    browser, payment = bought
    Payment.objects.filter(id=payment.id).update(external_id=None, client_secret="")
    sandbox.break_next("/v3/pay", "before", times=5)
    page = browser.get(f"/pay/{payment.id}/").content.decode()
    assert '<svg class="icon' in page
    assert "用微信扫码支付" not in page


PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"


@pytest.mark.parametrize(
    ("agent", "shown", "not_shown"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", "用微信扫码支付", "截屏"),
        (PHONE, "打开微信", "长按"),
        (f"{PHONE} MicroMessenger/8.0.50", "长按", "打开微信"),
    ],
)
def test_a_phone_says_what_to_do_as_it_cannot_scan_its_own_screen(
    bought: tuple[Client, Payment],
    monkeypatch: pytest.MonkeyPatch,
    agent: str,
    shown: str,
    not_shown: str,
) -> None:
    browser, payment = bought
    # Without the app's secret a page inside WeChat cannot be paid there.
    monkeypatch.setattr(gateway("wechat"), "opens_in_app", lambda: False)
    page = browser.get(f"/pay/{payment.id}/", headers={"user-agent": agent}).content.decode()
    assert shown in page
    assert not_shown not in page
    assert ("用微信扫码支付" in page) == ("Mobile" not in agent)
    assert 'role="img"' in page


@pytest.mark.slow
def test_inside_wechat_it_is_paid_there_and_other_screens_wait(
    shop: Shop, by_wechat: None, sandbox: RunningSandbox
) -> None:
    phone, desk = shop.member(), shop.visitor()
    desk.cookies.update(phone.cookies)
    phone.defaults["HTTP_USER_AGENT"] = f"{PHONE} MicroMessenger/8.0.50"
    put(phone, shop.tea)
    assert place(phone).status_code == 302
    payment = Payment.objects.get(id=order(shop).payment_id)
    assert sandbox.count("wechat_order") == 0, "placed when it is known for whom"
    address = f"/pay/{payment.id}/"
    page = phone.get(address).content.decode()
    (link,) = re.findall(r'href="(http://localhost[^"]*/wechat/\?t=[^"]+)"', page)
    assert 'role="img"' not in page
    at = urlsplit(link)
    sign_in = Client().get(f"{at.path}?{at.query}", HTTP_HOST="localhost")
    assert "/connect/oauth2/authorize?" in sign_in["Location"]

    payment_services.place_for(payment_id=payment.id, payer="oBob")
    waiting = desk.get(address).content.decode()
    assert ("微信中打开" in waiting, 'role="img"' in waiting) == (True, False)
    assert payment_services.sync(payment_id=payment.id).payer == "oBob", "looking does not take it away"
    assert desk.post(address)["Location"] == address
    assert 'role="img"' in desk.get(address).content.decode()
    payment.refresh_from_db()
    assert payment.payer == ""
