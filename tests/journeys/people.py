"""What several journeys' people do."""

import re

from playwright.sync_api import Page, expect

PASSWORD = "secret-pass-1"


def join(page: Page, email: str) -> None:
    """Fill in the sign-up form that is open."""
    page.get_by_label("电子邮件").fill(email)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="免费加入").click()


def fill_in_address(page: Page) -> None:
    """Fill in the checkout's form."""
    page.get_by_label("收货人").fill("王小满")
    page.get_by_label("手机号").fill("13800138000")
    page.get_by_label("省份").select_option("上海市")
    page.get_by_label("城市或区县").select_option("徐汇区")
    page.get_by_label("详细地址").fill("漕溪北路 1200 号")


def buy(page: Page, goods: str) -> str:
    """Buy one product as a member who is signed in; returns the order's number."""
    page.goto(goods)
    page.get_by_role("button", name="立即购买").click()
    fill_in_address(page)
    page.get_by_role("button", name="提交订单").click()
    page.get_by_role("button", name=re.compile("付款")).click()
    expect(page.get_by_text("付款成功")).to_be_visible()
    return page.get_by_role("heading", level=1).inner_text()
