"""Pressing a button that asks before it does something."""

import re
from typing import Any

from django.http import HttpResponse
from django.test import Client

ANSWER = re.compile(r'name="confirmed" value="([0-9a-f]+)"')


def answer_of(page: HttpResponse) -> str:
    """Return what the answer to the question on a page has to carry; "" if it asks nothing."""
    match = ANSWER.search(page.content.decode())
    return match[1] if match else ""


def press_and_confirm(browser: Client, path: str, data: dict[str, Any] | None = None, **extra: Any) -> Any:
    """Press a button, read the question that it asks, and answer it; return the answer's response."""
    page = browser.post(path, data or {}, **extra)
    assert page.status_code == 200, page
    answer = answer_of(page)
    assert answer, f"{path} asks nothing"
    return browser.post(path, {**(data or {}), "confirmed": answer}, **extra)
