"""Questions in the consoles: shown in their frame before a view does what was posted."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from backoffice.screens import render
from components import questions


def asks(question_of: questions.Asker) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Ask once, on a page of the console, before a view does what was posted."""
    return questions.asks(question_of, _show_question)


def _show_question(
    request: HttpRequest, context: dict[str, Any], *_args: object, **_kwargs: object
) -> HttpResponse:
    title = context["question"].title
    return render(request, "components/question.html", {**context, "title": title})
