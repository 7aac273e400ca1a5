"""An owner chooses a plan, names a card on the billing page and sees the trial; the sandbox shows it."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import DESK, Shoot
from tests.journeys.test_working import sign_in_owner
from tests.support.service import Service

pytestmark = [pytest.mark.browser, pytest.mark.processes]


def test_an_owner_chooses_a_plan_and_pays_for_it_later(
    visit: Callable[..., Page], shoot: Shoot, service: Service
) -> None:
    owner = visit("snatch", DESK)
    sign_in_owner(owner, "snatch", "/console/plan/")
    expect(owner.get_by_text("按约定")).to_be_visible()
    owner.get_by_role("button", name="免费试用 14 天").nth(1).click()
    owner.get_by_role("button", name="选择此套餐").click()
    owner.get_by_role("link", name="绑定或更换银行卡").click()
    expect(owner).to_have_url(re.compile("/portal/"))
    owner.get_by_role("button", name=re.compile("使用此卡")).click()
    expect(owner).to_have_url(re.compile("/console/plan/$"))
    expect(owner.get_by_text("试用中")).to_be_visible()
    owner.get_by_role("button", name="查看所需费用").last.click()
    expect(owner.get_by_role("cell", name="现在应付")).to_be_visible()
    shoot(owner, "console-plan")
    sandbox = visit("", DESK)
    sandbox.goto(f"http://127.0.0.1:{service.environment['SANDBOX_PORT']}/")
    expect(sandbox.get_by_role("link", name="POST /v1/subscriptions")).to_be_visible()
    expect(sandbox.get_by_role("heading", name="Subscriptions")).to_be_visible()
    shoot(sandbox, "sandbox")
