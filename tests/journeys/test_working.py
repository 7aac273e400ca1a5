"""Those who run a shop and those who send its goods."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from config.demo import people
from tests.journeys.conftest import DESK, Shoot
from tests.journeys.people import buy, join

pytestmark = [pytest.mark.browser, pytest.mark.processes]


def sign_in_owner(owner: Page, shop: str, path: str) -> None:
    """Sign in at the console of a shop and arrive at ``path``."""
    owner.goto(f"/console/login/?next={path}")
    owner.locator("[name=username]").fill(f"owner@{shop}.example")
    owner.locator("[name=password]").fill(people.PASSWORD)
    owner.locator("#login-form button").click()
    expect(owner).to_have_url(re.compile(f"{path}$"))


def test_an_operator_changes_the_brands_colour_and_sees_it(visit: Callable[..., Page], shoot: Shoot) -> None:
    owner = visit("corner", DESK)
    sign_in_owner(owner, "corner", "/console/brand/")
    owner.locator("[name=colour_primary]").fill("#7a1fa2")
    owner.get_by_role("button", name="发布").click()
    expect(owner.get_by_text("第 2 版")).to_have_count(2)
    expect(owner.frame_locator("iframe").locator(".hero-title")).to_be_visible()
    owner.wait_for_load_state("networkidle")
    shoot(owner, "console-brand")
    owner.goto("/")
    expect(owner.locator(".search button")).to_have_css("background-color", "rgb(122, 31, 162)")


def test_a_supplier_ships_and_the_member_sees_the_parcel(visit: Callable[..., Page], shoot: Shoot) -> None:
    member = visit("snatch")
    member.goto("/account/signup/")
    join(member, "nan@example.test")
    number = buy(member, "/p/muyu-home/iron-pan/")

    supplier = visit("", DESK)
    supplier.goto("/portal/sign-in/")
    supplier.get_by_label("邮箱").fill("muyu-home@supplier.example")
    supplier.get_by_label("密码").fill(people.PASSWORD)
    supplier.get_by_role("button", name="登录").click()
    supplier.get_by_role("link", name=re.compile(number)).first.click()
    shoot(supplier, "portal-order")
    supplier.get_by_label("快递公司").fill("顺丰速运")
    supplier.get_by_label("运单号").fill("SF1234567890")
    supplier.get_by_role("button", name="确认发货").click()
    expect(supplier.get_by_text("SF1234567890")).to_be_visible()

    member.goto(f"/orders/{number}/")
    expect(member.get_by_text("SF1234567890")).to_be_visible()
    shoot(member, "parcel-phone")


def test_an_operator_sees_where_the_money_of_an_order_went(visit: Callable[..., Page], shoot: Shoot) -> None:
    member = visit("hejian")
    member.goto("/account/signup/")
    join(member, "map@example.test")
    number = buy(member, "/p/muyu-home/iron-pan/")

    owner = visit("hejian", DESK)
    sign_in_owner(owner, "hejian", "/console/shop/order/")
    owner.get_by_role("link", name=number).click()
    picture = owner.locator("figure svg, .bn-card svg").first
    expect(picture).to_contain_text("禾间食社")
    picture.scroll_into_view_if_needed()
    shoot(owner, "money-map")
