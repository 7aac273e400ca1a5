"""Rules and circles in a real browser: an operator writes and tries rules, members take part."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import DESK, Shoot
from tests.journeys.people import join
from tests.journeys.test_working import sign_in_owner

pytestmark = [pytest.mark.browser, pytest.mark.processes]

UNTAXED = """name: 新规则
earn:
  - {id: share, kind: commission, payee: sharer, percent: 8}
limits: {payout: {percent: 100, of: margin}}
"""


def test_an_operator_writes_mends_and_tries_rules_before_they_count(
    visit: Callable[..., Page], shoot: Shoot
) -> None:
    page = visit("hejian", DESK)
    sign_in_owner(page, "hejian", "/console/rules/")
    page.locator("[name=document]").fill("name: [")
    expect(page.get_by_role("alert")).to_contain_text("行")
    page.locator("[name=document]").fill(UNTAXED)
    expect(page.get_by_role("button", name="一键修正").first).to_be_visible()
    shoot(page, "rules-findings")
    page.get_by_role("button", name="一键修正").first.click()
    expect(page.locator("[name=document]")).to_have_value(re.compile("withheld_by_platform"))
    page.get_by_role("button", name="模拟").click()
    expect(page.get_by_text("虚拟的人")).to_be_visible()
    shoot(page, "rules-simulation")
    page.get_by_role("button", name="用本店订单重算").click()
    expect(page.get_by_text("人多得")).to_be_visible()
    shoot(page, "rules-replay")


def test_a_fan_says_what_may_be_taken_along_and_the_circle_is_exported(
    visit: Callable[..., Page], shoot: Shoot
) -> None:
    owner, fan = visit("snatch"), visit("snatch")
    owner.goto("/account/signup/")
    join(owner, "leader@example.test")
    owner.goto("/circle/")
    link = owner.get_by_label("我的分享链接").input_value()
    fan.goto(link)
    fan.goto("/account/signup/")
    join(fan, "follower@example.test")
    fan.goto("/circle/")
    fan.get_by_label("我的邮箱").check()
    fan.locator("form[action='/circle/agree/'] button").click()
    expect(fan.get_by_label("我的邮箱")).to_be_checked()
    shoot(fan, "circle-consent")
    owner.goto("/circle/")
    with owner.expect_download() as saved:
        owner.get_by_role("link", name="CSV").click()
    assert "follower@example.test" in saved.value.path().read_text(encoding="utf-8-sig")
    shoot(owner, "circle-mine")
