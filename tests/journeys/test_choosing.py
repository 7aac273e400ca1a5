"""Goods are chosen: a supplier proposes, people judge, an operator lists what passed."""

import json
import re
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Page, expect

from config.demo import people
from tests.journeys.conftest import DESK, Shoot
from tests.journeys.test_working import sign_in_owner
from tests.support.service import Service

pytestmark = [pytest.mark.browser, pytest.mark.processes]

PROOF = {
    "selling_point": "景德镇高温颜色釉",
    "price": "199",
    "maker": "昌江陶瓷厂",
    "maker_number": "91360200MA35X0000X",
    "licence_1": "工业产品生产许可证",
    "licence_number_1": "XK13-001",
    "channel_1": "东海商城",
    "url_1": "https://east.example/vase",
    "seen_price_1": "219",
}


def page_of(service: Service, shop: str, handle: str) -> int:
    """Return how the page of a product in a shop answers."""
    url, host = f"http://127.0.0.1:{service.port}/p/muyu-home/{handle}/", f"{shop}.localhost:{service.port}"
    return httpx.get(url, headers={"Host": host}).status_code


def test_what_passed_is_listed_by_one_click_and_what_missed_by_a_point_is_nowhere(
    visit: Callable[..., Page], shoot: Shoot, service: Service
) -> None:
    supplier = visit("", DESK)
    supplier.goto("/portal/sign-in/")
    supplier.get_by_label("邮箱").fill("muyu-home@supplier.example")
    supplier.get_by_label("密码").fill(people.PASSWORD)
    supplier.get_by_role("button", name="登录").click()
    expect(supplier).to_have_url(re.compile("/portal/$"))
    supplier.goto("/portal/proposals/new/")
    supplier.locator("[name=product]").select_option(label="霁蓝釉梅瓶")
    for name, value in PROOF.items():
        supplier.locator(f"[name={name}]").fill(value)
    shoot(supplier, "portal-propose")
    supplier.get_by_role("button", name="提报", exact=True).click()
    expect(supplier.get_by_text("审核中")).to_be_visible()
    proposal = supplier.url

    with service.running("tests.journeys.judges", "plum-vase", "oil-paper-umbrella") as said:
        rulings = json.loads(said.readline())
    assert rulings == {"plum-vase": "passed", "oil-paper-umbrella": "refused"}
    supplier.goto(proposal)
    expect(supplier.locator(".state")).to_have_text("通过")
    shoot(supplier, "portal-proposal")

    owner = visit("corner", DESK)
    assert page_of(service, "corner", "plum-vase") == 404
    sign_in_owner(owner, "corner", "/console/passed/")
    row = owner.get_by_role("row").filter(has_text="梅瓶")
    row.get_by_role("button").click()
    expect(row.get_by_role("button")).to_have_count(0)
    expect(owner.get_by_role("row").filter(has_text="长柄伞")).to_have_count(0)
    shoot(owner, "console-passed")
    member = visit("corner")
    member.goto("/p/muyu-home/plum-vase/")
    expect(member.get_by_role("button", name="立即购买")).to_be_visible()
    # Refused for the whole network: gone from the shops whose rules had it on sale, too.
    for shop in ("hejian", "snatch", "corner"):
        assert page_of(service, shop, "oil-paper-umbrella") == 404
