"""Questions that are asked once, before something moves money or cannot be undone.

A view says by ``asks`` what it would ask. The first press shows the question with the sum; the answer carries
what was shown, so that what has changed meanwhile is shown again before anything happens. It needs no script.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from kernel.errors import Text

ANSWER = "confirmed"
_NOT_KEPT = {ANSWER, "csrfmiddlewaretoken"}


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody is asked: ``amount`` in minor units of ``currency``, None where no money moves.

    ``back`` is where somebody goes who does not want it; ``facts`` say what follows, one sentence each.
    """

    title: Text
    button: Text
    back: str
    facts: Sequence[Text] = ()
    amount: int | None = None
    currency: str = ""

    @property
    def answer(self) -> str:
        """What the answer has to carry: other words or another sum are another question."""
        shown = [str(self.title), *map(str, self.facts), str(self.amount), self.currency]
        return hashlib.sha256("\n".join(shown).encode()).hexdigest()[:16]


type Shows = Callable[..., HttpResponseBase]
type Asker = Callable[..., Question | None]


def asks(question_of: Asker, show: Shows) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let a view do what was posted only after ``question_of`` was answered; None: nothing to ask.

    ``question_of`` takes what the view takes; ``show`` takes the request, the context and the view's other
    arguments, and answers with the surface's page. The context is ``question`` and ``fields``, the posted
    values that the answer repeats; files are not repeated.
    """

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def asked(request: Any, *args: Any, **kwargs: Any) -> Any:
            if request.method == "POST":
                question = question_of(request, *args, **kwargs)
                if question is not None and request.POST.get(ANSWER) != question.answer:
                    context = {"question": question, "fields": _posted(request)}
                    return show(request, context, *args, **kwargs)
            return view(request, *args, **kwargs)

        asked.asks = question_of  # type: ignore[attr-defined]
        return asked

    return decorate


def _posted(request: HttpRequest) -> list[tuple[str, str]]:
    lists = request.POST.lists()
    return [(name, str(value)) for name, values in lists if name not in _NOT_KEPT for value in values]
