"""What somebody with large letters, a keyboard or another language meets on the pages of a shop."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import DESK, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.slow]
PAGES = ("/", "/c/", "/cart/", "/account/signup/", "/account/login/", "/search/?q=茶")
SHOPS = ("hejian", "snatch", "corner")


def too_wide(page: Page) -> list[str]:
    """Return what reaches beyond the screen, apart from what scrolls inside its own frame."""
    texts: list[str] = page.evaluate(
        """() => {
            const width = document.documentElement.clientWidth;
            const frames = ['auto', 'scroll', 'hidden', 'clip'];
            const inFrame = (node) => {
                for (let at = node.parentElement; at; at = at.parentElement) {
                    if (frames.includes(getComputedStyle(at).overflowX)) return true;
                }
                return false;
            };
            return [...document.body.querySelectorAll('*')]
                .filter((node) => node.getBoundingClientRect().right > width + 1 && !inFrame(node))
                .map((node) => `${node.tagName}.${node.className}`);
        }"""
    )
    return texts


@pytest.mark.parametrize("host", SHOPS)
@pytest.mark.parametrize("kind", [PHONE, DESK], ids=["phone", "desk"])
def test_text_of_twice_the_size_stays_on_the_page(
    visit: Callable[..., Page], host: str, kind: dict[str, object]
) -> None:
    page = visit(host, kind)
    page.goto("/c/")
    product = page.locator("a.goods").first.get_attribute("href")
    for path in (*PAGES, product):
        page.goto(path)
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert too_wide(page) == [], path
        assert page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        ), path


def test_the_focus_is_seen_on_every_theme(visit: Callable[..., Page]) -> None:
    for host in SHOPS:
        page = visit(host, DESK)
        page.goto("/")
        for _tab in range(4):
            page.keyboard.press("Tab")
        ring = page.evaluate(
            "(({outlineWidth, outlineColor, boxShadow}) => [outlineWidth, outlineColor, boxShadow])"
            "(getComputedStyle(document.activeElement))"
        )
        assert ring[:2] == ["3px", "rgb(17, 17, 17)"], (host, ring)
        assert "rgb(255, 255, 255)" in ring[2]


def test_whoever_changes_the_language_keeps_what_they_typed(visit: Callable[..., Page]) -> None:
    page = visit("hejian", DESK)
    page.goto("/account/signup/")
    page.locator("input[name=email]").fill(f"{uuid4().hex[:8]}@example.test")
    page.locator("input[name=password1]").fill("long-enough-9")
    page.locator("form.panel button").click()
    page.goto("/me/")
    page.locator("input[name=name]").fill("林晓禾")
    page.get_by_role("button", name="Switch to English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("input[name=name]")).to_have_value("林晓禾")
    page.reload()
    expect(page.locator("input[name=name]")).to_have_value("")
