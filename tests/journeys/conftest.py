"""A real Chromium before the running service with goods, suppliers and the three demo shops.

With ``BANYAN_PICTURES=docs/images`` the journeys also leave the pictures that the documents show.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.service import Service

PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 1.5,
    "is_mobile": True,
    "has_touch": True,
}
DESK = {"viewport": {"width": 1280, "height": 860}}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
Shoot = Callable[..., None]
# A busy machine may take its time; what does not come at all is what fails.
PATIENCE = 60_000
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Use the machine's own Chromium; Playwright's cannot be downloaded everywhere."""
    browser_path = next(path for path in map(shutil.which, BROWSERS) if path)
    return {"executable_path": browser_path, "args": ["--no-sandbox", "--disable-dev-shm-usage"]}


@pytest.fixture
def visit(browser: Browser, service: Service) -> Iterator[Callable[..., Page]]:
    """Open a window of a new person: ``visit("snatch")`` on a phone, ``visit("corner", DESK)`` on a desk.

    An error in the browser's console fails the test: a refused style or script is one.
    """
    faults: list[str] = []
    contexts = []

    def open_window(host: str, kind: dict[str, Any] = PHONE, language: str = "zh-CN", **more: Any) -> Page:
        name = f"{host}.localhost" if host else "localhost"
        context = browser.new_context(
            **kind, **more, locale=language, base_url=f"http://{name}:{service.port}"
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        return page

    yield open_window
    for context in contexts:
        context.close()
    assert [fault for fault in faults if "402" not in fault] == []


@pytest.fixture
def shoot() -> Shoot:
    """Leave a picture for the documents, where one was asked for."""
    folder = os.environ.get("BANYAN_PICTURES")

    def take(page: Page, name: str) -> None:
        if folder:
            page.evaluate("document.fonts.ready")
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=Path(folder) / f"{name}.png")

    return take
