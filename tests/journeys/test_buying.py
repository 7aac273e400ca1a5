"""From a friend's link to a paid order, on a phone."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import DESK, PHONE, Shoot
from tests.journeys.people import PASSWORD, fill_in_address, join

pytestmark = [pytest.mark.browser, pytest.mark.processes]
GOODS = ("/p/huayan-lab/camellia-serum/", "/p/muyu-home/iron-pan/")


def test_a_friends_link_leads_to_a_paid_order(visit: Callable[..., Page], shoot: Shoot) -> None:
    lin = visit("snatch")
    lin.goto("/account/signup/?next=/circle/")
    join(lin, "lin@example.test")
    link = lin.get_by_label("我的分享链接").input_value()

    mo = visit("snatch")
    mo.goto(link)
    expect(mo).not_to_have_url(re.compile(r"[?&]s="))
    for path in GOODS:
        mo.goto(path)
        mo.get_by_role("button", name="加入购物车").click()
        expect(mo.get_by_text("已加入购物车")).to_be_visible()
    shoot(mo, "product-phone")
    mo.get_by_role("link", name="去购物车").click()
    expect(mo.get_by_text("由 2 家供应商发货")).to_be_visible()
    mo.get_by_role("link", name=re.compile("去结算")).click()
    mo.get_by_role("link", name="免费加入").click()
    join(mo, "mo@example.test")

    expect(mo).to_have_url(re.compile("/checkout/$"))
    fill_in_address(mo)
    shoot(mo, "checkout-phone")
    mo.get_by_role("button", name="提交订单").click()

    mo.get_by_label(re.compile("4000 0000 0000 0002")).check()
    mo.get_by_role("button", name=re.compile("付款")).click()
    expect(mo.get_by_role("alert")).to_be_visible()
    mo.get_by_label(re.compile("4242 4242")).check()
    shoot(mo, "pay-phone")
    mo.get_by_role("button", name=re.compile("付款")).click()
    expect(mo.get_by_text("付款成功")).to_be_visible()
    shoot(mo, "order-phone")

    lin.goto("/circle/")
    expect(lin.get_by_text("mo***")).to_be_visible()
    expect(lin.locator("article").first).to_be_visible()
    shoot(lin, "circle-phone")


def test_without_javascript_the_way_to_a_paid_order_is_the_same(visit: Callable[..., Page]) -> None:
    page = visit("corner", language="en-US", java_script_enabled=False)
    page.goto("/")
    page.get_by_role("link", name="See what is near").click()
    page.locator(".goods").first.click()
    page.get_by_role("button", name="Buy now").click()
    page.get_by_role("link", name="Join for free").click()
    page.get_by_label("Email").fill("slow@example.test")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Join for free").click()
    page.get_by_role("button", name="Place the order").click()
    page.get_by_role("button", name=re.compile("Pay")).click()
    # A voucher is ready as soon as it is paid: the page may come before or after that.
    expect(page.get_by_text(re.compile("Paid. Thank you!|Show the code at the counter"))).to_be_visible()


@pytest.mark.parametrize(
    ("shop", "goods"),
    [
        ("hejian", "/p/qinling-pantry/free-range-eggs/"),
        ("snatch", "/p/huayan-lab/camellia-serum/"),
        ("corner", "/p/chengxing-local/dim-sum-brunch/"),
    ],
)
def test_three_brands_fit_a_phone_and_a_desk(
    visit: Callable[..., Page], shoot: Shoot, shop: str, goods: str
) -> None:
    for kind, size in ((PHONE, "phone"), (DESK, "desk")):
        page = visit(shop, kind)
        for path in ("/c/", goods, "/account/login/", "/"):
            page.goto(path)
            over = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert over <= 0, (path, size)
        shoot(page, f"{shop}-{size}")
