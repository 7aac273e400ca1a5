"""What a console asks of a session beside the password: that it is young, a code, the password again."""

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import second_factor, sessions
from accounts.models import User
from accounts.requests import signed_in
from backoffice.forms import ConsoleForm
from backoffice.screens import console_of, render
from kernel import limits


class CodeForm(ConsoleForm):
    """Six digits of an authenticator app, or a recovery code."""

    code = forms.CharField(
        label=gettext_lazy("Code of your authenticator app, or a recovery code"),
        max_length=20,
        widget=forms.TextInput({"autocomplete": "one-time-code", "inputmode": "text", "autofocus": True}),
    )


class PasswordForm(ConsoleForm):
    """The password of whoever is signed in."""

    password = forms.CharField(
        label=gettext_lazy("Password"),
        widget=forms.PasswordInput({"autocomplete": "current-password", "autofocus": True}),
        strip=False,
    )


def gate(request: HttpRequest) -> HttpResponseBase | None:
    """Answer in the place of a page to an old session, and to one that owes its second factor."""
    user, console = signed_in(request), console_of(request).name
    if sessions.has_ended(request):
        logout(request)
        messages.info(request, _("You were signed out since nothing happened for a while. Sign in again."))
        return redirect(f"{reverse(f'{console}:login')}?{urlencode({'next': request.get_full_path()})}")
    if second_factor.is_owed(request):
        return _to(request, "code")
    if second_factor.must_set_up(user):
        messages.warning(request, _("Set up a second factor first: whoever works here needs one."))
        return _to(request, "factor")
    return None


def confirm(request: HttpRequest) -> HttpResponseBase | None:
    """Answer in the place of a sensitive screen until the person has lately proved who they are."""
    return None if sessions.is_confirmed(request) else _to(request, "confirmation")


def code(request: HttpRequest) -> HttpResponse:
    """Take the second factor after the password."""
    form = CodeForm(request.POST or None)
    if form.is_valid():
        try:
            second_factor.check(signed_in(request), form.cleaned_data["code"])
        except ValidationError as error:
            form.add_error("code", error)
        else:
            sessions.note_code(request)
            return redirect(_target(request))
    context = {"title": _("Second factor"), "form": form, "submit": _("Go on")}
    return render(request, "components/proof.html", context, status=422 if form.errors else 200)


def confirmation(request: HttpRequest) -> HttpResponse:
    """Take a code, or the password of who has no second factor, before something sensitive."""
    user = signed_in(request)
    has_factor = second_factor.is_on(user)
    form: ConsoleForm = CodeForm(request.POST or None) if has_factor else PasswordForm(request.POST or None)
    if form.is_valid():
        try:
            if has_factor:
                second_factor.check(user, form.cleaned_data["code"])
            else:
                _check_password(user, form.cleaned_data["password"])
        except ValidationError as error:
            form.add_error(None, error)
        else:
            sessions.confirm(request)
            return redirect(_target(request))
    context = {
        "title": _("Is it you?"),
        "form": form,
        "note": _("What comes next gives out money, keys or roles. Prove once more who you are."),
        "submit": _("Go on"),
    }
    return render(request, "components/proof.html", context, status=422 if form.errors else 200)


def factor(request: HttpRequest) -> HttpResponse:
    """Turn one's own second factor on, with a code that proves the app has it, or off."""
    user, codes = signed_in(request), None
    is_on = second_factor.is_on(user)
    if not is_on and not sessions.is_confirmed(request):
        return cast("HttpResponse", confirm(request))
    form = CodeForm(request.POST or None)
    if form.is_valid():
        typed = form.cleaned_data["code"]
        try:
            if is_on:
                second_factor.turn_off(user, typed)
                messages.success(request, _("Only the password is asked for from now on."))
                return redirect(request.path)
            codes = second_factor.turn_on(request, user, typed)
        except ValidationError as error:
            form.add_error("code", error)
        else:
            sessions.note_code(request)
            form, is_on = CodeForm(), True
    context: dict[str, Any] = {"title": _("Second factor"), "form": form, "is_on": is_on, "codes": codes}
    if not is_on:
        secret = second_factor.secret_of(request)
        context |= {"secret": secret, "picture": second_factor.picture(user, secret)}
    return render(request, "components/factor.html", context, status=422 if form.errors else 200)


OWN_VIEWS = {"code/": code, "confirm/": confirmation, "second-factor/": factor}
OWN_LINKS = [("factor", gettext_lazy("Second factor"))]


def _check_password(user: User, password: str) -> None:
    if not limits.hit(f"confirm:{user.pk}", limit=10, window=300).allowed:
        raise ValidationError(_("Too many tries. Wait five minutes and try again."))
    if not user.check_password(password):
        raise ValidationError(_("This is not your password."))


def _to(request: HttpRequest, name: str) -> HttpResponse:
    """Lead to one of one's own pages, and from there back to what was asked for."""
    way = request.get_full_path() if request.method == "GET" else request.path
    return redirect(f"{reverse(f'{console_of(request).name}:{name}')}?{urlencode({'next': way})}")


def _target(request: HttpRequest) -> str:
    target = request.GET.get("next", "")
    if url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        return target
    return reverse(f"{console_of(request).name}:index")
