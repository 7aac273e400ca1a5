"""The central team brings a file of goods in: looked at first, taken only when it is said."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from config.demo import people
from tests.journeys.conftest import DESK, Shoot

pytestmark = [pytest.mark.browser, pytest.mark.processes]

GOODS = """handle,title_zh,title_en,currency,cost,suggested_price,stock,category
osmanthus-cake,桂花糕,Osmanthus Cake,CNY,18,36,40,pantry
lotus-cake,荷花酥,Lotus Cake,CNY,20,abc,40,pantry
"""


def test_a_file_is_looked_at_and_then_brought_in(
    visit: Callable[..., Page], shoot: Shoot, tmp_path: Path
) -> None:
    file = tmp_path / "糕点.csv"
    file.write_text(GOODS, encoding="utf-8")
    central_team = visit("", DESK)
    central_team.goto("/console/login/?next=/console/imports/")
    central_team.locator("[name=username]").fill(people.CENTRAL_EMAIL)
    central_team.locator("[name=password]").fill(people.PASSWORD)
    central_team.locator("#login-form button").click()
    expect(central_team).to_have_url(re.compile("/console/imports/$"))
    central_team.locator("[name=supplier]").select_option(label="qinling-pantry")
    central_team.locator("[name=file]").set_input_files(file)
    # The console's script writes the name of the file into a field: not into one of ours.
    expect(central_team.locator("[name=currency]")).to_have_value("")
    central_team.get_by_role("button", name="检查文件").click()
    expect(central_team.get_by_text("osmanthus-cake")).to_be_visible()
    expect(central_team.get_by_role("row").filter(has_text="abc")).to_contain_text("abc")
    shoot(central_team, "central-import")
    central_team.get_by_role("button", name="确认导入").click()
    expect(central_team.get_by_text("已导入")).to_be_visible()
    central_team.goto("/console/catalog/product/?q=桂花糕")
    expect(central_team.get_by_role("link", name=re.compile("桂花糕")).first).to_be_visible()
