"""Signing in, with a second factor where it was turned on, and one's own password."""

from typing import cast

from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts import second_factor, sessions
from accounts.models import User
from catalog.models import Supplier
from kernel import audit
from portal import access
from portal.frame import show
from portal.sign_in.forms import CodeForm, SignInForm

BACKEND = "accounts.backends.RoleBackend"


@never_cache
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in with e-mail and password; whoever is signed in already goes on to the orders."""
    target = _target(request)
    if access.supplier_of(request.user) is not None:
        return redirect(target or "portal:orders")
    form = SignInForm(request, request.POST or None)
    if form.is_valid() and form.user is not None:
        login(request, form.user, backend=BACKEND)
        audit.record_on(form.user, "signed_in", actor=form.user)
        return redirect(target or "portal:orders")
    return render(request, "portal/sign_in/sign_in.html", {"form": form}, status=422 if form.errors else 200)


@access.for_suppliers("GET", "POST", gated=False)
def code(request: HttpRequest, _supplier: Supplier) -> HttpResponse:
    """The second step: a code of the authenticator app, or a recovery code."""
    form = CodeForm(request.POST or None)
    if form.is_valid():
        try:
            second_factor.check(cast("User", request.user), form.cleaned_data["code"])
        except ValidationError as error:
            form.add_error("code", error)
        else:
            sessions.note_code(request)
            return redirect(_target(request) or "portal:orders")
    return render(request, "portal/sign_in/code.html", {"form": form}, status=422 if form.errors else 200)


def _target(request: HttpRequest) -> str:
    target = request.GET.get("next", "")
    if url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        return target
    return ""


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Sign out."""
    logout(request)
    return redirect("portal:sign_in")


@access.for_suppliers("GET", "POST", gated=False)
def set_second_factor(request: HttpRequest, supplier: Supplier) -> HttpResponse:
    """Turn one's own second factor on, with a code that proves the app has it, or off."""
    if second_factor.is_owed(request):
        return redirect("portal:code")
    user = cast("User", request.user)
    form, codes, is_on = CodeForm(request.POST or None), None, second_factor.is_on(user)
    if form.is_valid():
        typed = form.cleaned_data["code"]
        try:
            if is_on:
                second_factor.turn_off(user, typed)
                messages.success(request, _("Only the password is asked for from now on."))
                return redirect("portal:second_factor")
            codes = second_factor.turn_on(request, user, typed)
            sessions.note_code(request)
        except ValidationError as error:
            form.add_error("code", error)
        else:
            form, is_on = CodeForm(), True
    context = {"form": form, "is_on": is_on, "codes": codes}
    if not is_on:
        secret = second_factor.secret_of(request)
        context |= {"secret": secret, "picture": second_factor.picture(user, secret)}
    return show(request, supplier, "sign_in/second_factor", context, 422 if form.errors else 200)


@access.for_suppliers("GET", "POST")
def change_password(request: HttpRequest, supplier: Supplier) -> HttpResponse:
    """Change one's own password; other sessions of the person end."""
    form = PasswordChangeForm(cast("User", request.user), request.POST or None)
    if form.is_valid():
        user = form.save()
        update_session_auth_hash(request, user)
        audit.record_on(user, "password_changed", actor=user)
        messages.success(request, _("The password was changed."))
        return redirect("portal:orders")
    return show(request, supplier, "sign_in/password", {"form": form}, 422 if form.errors else 200)
