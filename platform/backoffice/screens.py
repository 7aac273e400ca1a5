"""How a screen answers: in the console's frame; how a form or a button does something; a page of a list."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.shortcuts import render as render_alone
from django.template.response import TemplateResponse

from backoffice.console import Console
from backoffice.forms import faults_text, refuse
from kernel.errors import BanyanError, InvalidDocument, NotFound, Text

PER_PAGE = 50


def console_of(request: HttpRequest) -> Console:
    """Return the console that a request came to."""
    console: Console = request.console  # type: ignore[attr-defined]
    return console


def render(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> TemplateResponse:
    """Answer with ``template`` in the console's frame; ``admin:`` in it names the same console's pages."""
    return console_of(request).render(request, template, context, status=status)


def render_part(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """Answer with a part of a page, without the frame."""
    request.current_app = console_of(request).name
    return render_alone(request, template, context)


def page_of(request: HttpRequest, rows: Any, per_page: int = PER_PAGE) -> Page[Any]:
    """Return the page of ``rows`` that the address asks for, the nearest one if there is none such."""
    return Paginator(rows, per_page).get_page(request.GET.get("page"))


@dataclass(frozen=True, slots=True)
class Done[Result]:
    """What a command returned that ran."""

    result: Result


def attempt[Result](
    request: HttpRequest,
    form: Form,
    command: Callable[[], Result],
    said: Text | Callable[[Result], Text] = "",
    *,
    faults: list[BanyanError] | None = None,
) -> Done[Result] | None:
    """Run ``command`` once ``form`` was sent and is right, and say ``said``; None if it did not run.

    What the command refuses stands at its field, or above the form; of a document, all that is wrong is
    added to ``faults``.
    """
    if not (form.is_bound and form.is_valid()):
        return None
    try:
        result = command()
    except BanyanError as error:
        if faults is None:
            refuse(form, error)
        else:
            faults.extend(error.faults if isinstance(error, InvalidDocument) else [error])
        return None
    _say(request, result, said)
    return Done(result)


def _say[Result](request: HttpRequest, result: Result, said: Text | Callable[[Result], Text]) -> None:
    if text := said(result) if callable(said) else said:
        messages.success(request, str(text))


def press[Result](
    request: HttpRequest,
    command: Callable[[], Result],
    back: str,
    *args: object,
    said: Text | Callable[[Result], Text] = "",
    form: Form | None = None,
    unfilled: Text = "",
    then: Callable[[Result], HttpResponse] | None = None,
    absent_is_404: bool = True,
) -> HttpResponse:
    """Run ``command`` for a button that was pressed and go ``back``: a page's name with its arguments.

    Once it ran, ``then`` may lead elsewhere. A refusal is a message; what was not found, or is another's, is
    404 unless somebody typed what to look for. With a ``form`` beside the button nothing happens until it is
    right: its faults, or ``unfilled``, are the message.
    """
    if request.method != "POST":
        return redirect(back, *args)
    if form is not None and not form.is_valid():
        messages.error(request, str(unfilled or faults_text(form)))
        return redirect(back, *args)
    try:
        result = command()
    except BanyanError as error:
        if absent_is_404 and isinstance(error, NotFound):
            raise Http404 from error
        messages.error(request, error.text)
        return redirect(back, *args)
    _say(request, result, said)
    return then(result) if then else redirect(back, *args)


def form_screen[Result](
    request: HttpRequest,
    form: Form,
    command: Callable[[], Result],
    back: str,
    *args: object,
    title: Text,
    said: Text | Callable[[Result], Text],
    note: Text = "",
    submit: Text = "",
    button: str = "bn-button",
    cancel: str = "",
) -> HttpResponse:
    """Show a form that does one thing: once it is done, go ``back`` and say ``said``.

    Who cancels goes back too, or to the address ``cancel``.
    """
    if attempt(request, form, command, said):
        return redirect(back, *args)
    context = {"title": title, "form": form, "note": note, "submit": submit, "button": button}
    return render(request, "backoffice/form.html", context | {"back": cancel or resolve_url(back, *args)})
