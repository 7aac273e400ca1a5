"""A member opens a shop inside WeChat and pays there; the page's script meets a bridge like WeChat's."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import DESK, Shoot
from tests.journeys.people import PASSWORD, fill_in_address, join
from tests.support.service import Service

pytestmark = [pytest.mark.browser, pytest.mark.processes]
INSIDE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148 MicroMessenger/8.0.50"
BRIDGE = """
window.asked = [];
window.WeixinJSBridge = {
  invoke(name, order, done) {
    window.asked.push([name, order.signType, order.package]);
    window.answer = (outcome) => done({ err_msg: `get_brand_wcpay_request:${outcome}` });
  },
};
"""
"""What WeChat puts into its own browser. It keeps the answer until the test gives one."""


@pytest.fixture(scope="module")
def lake(service: Service) -> str:
    """A shop that is paid by WeChat."""
    with service.running("tests.journeys.wechat_shop"):
        pass
    return "lake"


def test_it_is_paid_inside_wechat(visit: Callable[..., Page], shoot: Shoot, lake: str) -> None:
    phone = visit(lake, user_agent=INSIDE)
    phone.context.add_init_script(BRIDGE)
    phone.goto("/account/signup/")
    join(phone, "wei@example.test")
    phone.goto("/p/huayan-lab/camellia-serum/")
    phone.get_by_role("button", name="立即购买").click()
    fill_in_address(phone)
    phone.get_by_role("button", name="提交订单").click()
    expect(phone.get_by_role("link", name="微信支付")).to_be_visible()
    order_page = phone.url
    shoot(phone, "wechat-inside")

    phone.get_by_role("link", name="微信支付").click()
    expect(phone).to_have_url(re.compile("//localhost:[0-9]+/wechat/pay/(#|$)"))
    expect(phone.get_by_role("heading", name="抢鲜生活")).to_be_visible()
    expect(phone.get_by_role("button", name="微信支付")).to_be_disabled()
    ((name, sign_type, package),) = phone.evaluate("window.asked")
    assert (name, sign_type, package.startswith("prepay_id=")) == ("getBrandWCPayRequest", "RSA", True)
    shoot(phone, "wechat-pay")

    phone.evaluate("window.answer('cancel')")
    expect(phone.get_by_text("您尚未付款。")).to_be_visible()

    desk = visit(lake, DESK)
    desk.goto(f"/account/login/?next={urlsplit(order_page).path}")
    desk.get_by_label("电子邮件").fill("wei@example.test")
    desk.get_by_label("密码").fill(PASSWORD)
    desk.get_by_role("button", name="登录").click()
    expect(desk.get_by_text("这笔付款已在手机微信中打开")).to_be_visible()
    shoot(desk, "wechat-elsewhere")

    phone.get_by_role("button", name="微信支付").click()
    phone.context.request.post(phone.get_by_role("link", name="用测试手机支付").get_attribute("href") or "")
    phone.evaluate("window.answer('ok')")
    expect(phone.get_by_text("付款成功")).to_be_visible()
    expect(desk).to_have_url(re.compile("/orders/"))
