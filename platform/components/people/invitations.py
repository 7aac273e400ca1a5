"""Inviting somebody to work here: a mail with a link, and the page that it opens."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import login
from django.core.mail import send_mail
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import roles
from accounts import services as user_services
from accounts.models import Invitation
from accounts.services import INVITATION_DAYS, IssuedInvitation
from backoffice.forms import ConsoleForm
from backoffice.screens import attempt, console_of, press, render
from components.people.model_pages import choices_of
from kernel.errors import NotFound

BACKEND = "accounts.backends.RoleBackend"


class InvitationForm(ConsoleForm):
    """Somebody who shall work here."""

    email = forms.EmailField(label=gettext_lazy("E-mail"))
    name = forms.CharField(label=gettext_lazy("Full name"), max_length=120, required=False)
    role = forms.ChoiceField(label=gettext_lazy("Role"))


class PasswordForm(ConsoleForm):
    """The password of whoever takes an invitation."""

    password = forms.CharField(
        label=gettext_lazy("New password"),
        widget=forms.PasswordInput({"autocomplete": "new-password", "autofocus": True}),
        strip=False,
        help_text=gettext_lazy("at least eight characters, and not a common word"),
    )


def invite(
    request: HttpRequest, offered: frozenset[str], command: Callable[..., IssuedInvitation]
) -> HttpResponse:
    """Invite somebody to one of the ``offered`` roles; below stand the invitations that wait."""
    form = InvitationForm(request.POST or None)
    form.offer("role", choices_of(offered))
    issued = attempt(
        request, form, lambda: command(**form.cleaned_data, acting_user=request.user), said=said_of
    )
    if issued:
        mail(request, issued.result)
        return redirect(request.path)
    waiting = Invitation.objects.filter(accepted_at=None, revoked_at=None, role__in=offered)
    context = {
        "title": _("Invite a person"),
        "form": form,
        "invitations": waiting.order_by("-created_at"),
        "revoke": f"{console_of(request).name}:invitation_revoke",
    }
    return render(request, "components/invitations.html", context)


def said_of(issued: IssuedInvitation) -> str:
    """Return what the inviter reads."""
    return _("An invitation is on its way to %(email)s. It can be taken once, within %(days)d days.") % {
        "email": issued.invitation.email,
        "days": INVITATION_DAYS,
    }


def mail(request: HttpRequest, issued: IssuedInvitation) -> None:
    """Send the link to the address; only its reader can take the role."""
    console = console_of(request)
    brand, path = console.brand(request), f"/console/invitation/{issued.token}/"
    about = {
        "brand": brand,
        "by": issued.invitation.invited_by,
        "role": issued.invitation.get_role_display(),
        "link": f"{settings.PUBLIC_SCHEME}://{request.get_host()}{path}",
        "days": INVITATION_DAYS,
    }
    send_mail(
        _("%(brand)s · you are invited") % about,
        _(
            "%(by)s invites you to %(brand)s, as: %(role)s.\n\nOpen this link within %(days)d days and set a "
            "password:\n%(link)s\n\nIf you expected nothing of the kind, leave it: nothing happens then."
        )
        % about,
        None,
        [issued.invitation.email],
    )


def accept(request: HttpRequest, token: str) -> HttpResponse:
    """Take an invitation: whoever opened the link sets a password and is signed in."""
    try:
        invitation = user_services.open_invitation(token)
    except NotFound as error:
        context: dict[str, Any] = {"title": _("Invitation"), "refusal": error.text}
        return render(request, "components/invitation.html", context, status=404)
    form = PasswordForm(request.POST or None)
    accepted = attempt(
        request, form, lambda: user_services.accept_invitation(token=token, **form.cleaned_data)
    )
    if accepted:
        login(request, accepted.result, backend=BACKEND)
        return redirect("/portal/" if invitation.role == roles.SUPPLIER else "/console/")
    context = {"title": _("Invitation"), "form": form, "invitation": invitation}
    return render(request, "components/invitation.html", context, status=422 if form.errors else 200)


def revoke(request: HttpRequest, invitation_id: Any, back: str) -> HttpResponse:
    """Take an open invitation back and return to the page ``back``."""
    return press(
        request,
        lambda: user_services.revoke_invitation(invitation_id=invitation_id, acting_user=request.user),
        back,
        said=_("The invitation is taken back."),
    )
