"""Accounts for those who work here: central team and suppliers' people in "public", operators in a shop.

A role is never laid upon an account that somebody opened under an address: that may have been anybody. It is
offered by a mail to the address; who takes it sets a new password, and all other sessions of the account end.
"""

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import roles
from accounts.models import Invitation, User
from kernel import audit, clock
from kernel.errors import Conflict, InvalidInput, NotFound
from kernel.tenancy import PUBLIC, current_schema, in_public

INVITATION_DAYS = 7


@dataclass(frozen=True, slots=True)
class SavedAccount:
    """A person, and the password if one was set now; it can never be read again."""

    user: User
    password: str = field(repr=False)
    created: bool


@dataclass(frozen=True, slots=True)
class IssuedInvitation:
    """An invitation, and the token of its link; it can never be read again."""

    invitation: Invitation
    token: str = field(repr=False)


def create_staff(
    *, email: str, role: str, acting_user: object, password: str | None = None, name: str = ""
) -> SavedAccount:
    """Give somebody an account of the central team, for those who rule the machine itself.

    ``role`` is central_admin or central_staff. Without ``password`` one is made up. For an address that has
    such an account already the role, and the password if given, are changed. Raises Conflict if the address
    belongs to a supplier's person.
    """
    _check_role(role, roles.CENTRAL)
    with transaction.atomic(durable=True), in_public():
        user = _locked_user(
            email=_checked_address(email), role=role, supplier_id=None, acting_user=acting_user
        )
        created = user._state.adding
        password = password or (secrets.token_urlsafe(12) if created else "")
        return _save(user, role, None, name, password, acting_user)


def invite_staff(*, email: str, role: str, acting_user: object, name: str = "") -> IssuedInvitation:
    """Offer somebody a role of the central team: central_admin or central_staff."""
    _check_role(role, roles.CENTRAL)
    with in_public():
        return _invite(email=email, role=role, supplier_id=None, name=name, acting_user=acting_user)


def invite_operator(*, email: str, role: str, acting_user: object, name: str = "") -> IssuedInvitation:
    """Offer somebody an operator's role in the present tenant's shop; ``role`` is one of roles.OPERATORS.

    Must run in the tenant's schema.
    """
    _check_role(role, roles.OPERATORS)
    if current_schema() == PUBLIC:
        raise RuntimeError("operators belong to a tenant, not to the platform")
    return _invite(email=email, role=role, supplier_id=None, name=name, acting_user=acting_user)


def invite_supplier_user(
    *, email: str, supplier_id: UUID, acting_user: object, name: str = ""
) -> IssuedInvitation:
    """Offer somebody who works for a supplier an account of the suppliers' portal."""
    with in_public():
        return _invite(
            email=email, role=roles.SUPPLIER, supplier_id=supplier_id, name=name, acting_user=acting_user
        )


def open_invitation(token: str) -> Invitation:
    """Return the invitation of a link, in the schema of the host; NotFound if it was used, or is too old."""
    invitation = Invitation.objects.filter(
        token_hash=_hash(token), accepted_at=None, revoked_at=None, expires_at__gt=clock.now()
    ).first()
    if invitation is None:
        raise NotFound(
            _("this invitation was used, taken back, or is too old"),
            remedy=_("ask whoever invited you for a new one"),
        )
    return invitation


@transaction.atomic(durable=True)
def accept_invitation(*, token: str, password: str) -> User:
    """Take the role of an invitation, with a new password; return the person.

    The address is verified by this. All other sessions of the account end, and its second factor goes: a new
    invitation is also how somebody gets in again who lost theirs. Raises NotFound for a link that is not
    open, InvalidInput for a weak password, Conflict if the address has an account of another kind.
    """
    invitation = Invitation.objects.select_for_update().get(pk=open_invitation(token).pk)
    open_invitation(token)  # somebody may have been faster while we waited
    user = _locked_user(
        email=invitation.email, role=invitation.role, supplier_id=invitation.supplier_id, acting_user=None
    )
    inviter = invitation.invited_by_id and User.objects.filter(pk=invitation.invited_by_id).first()
    saved = _save(
        user,
        invitation.role,
        invitation.supplier_id,
        invitation.name,
        password,
        inviter or invitation.invited_by,
    )
    Authenticator.objects.filter(user_id=user.pk).delete()
    EmailAddress.objects.update_or_create(
        user_id=user.pk, email=user.email, defaults={"verified": True, "primary": True}
    )
    Invitation.objects.filter(pk=invitation.pk).update(accepted_at=clock.now())
    return saved.user


@transaction.atomic(durable=True)
def revoke_invitation(*, invitation_id: UUID, acting_user: object) -> None:
    """Take an open invitation back: its link opens nothing any more. Of any other: no change."""
    revoked = Invitation.objects.filter(pk=invitation_id, accepted_at=None, revoked_at=None)
    for invitation in revoked.select_for_update():
        revoked.update(revoked_at=clock.now())
        audit.record_on(invitation, "invitation.revoked", actor=acting_user)


@transaction.atomic
def drop_unverified_access(user: User) -> None:
    """Let nobody in any more who opened the account before its address was verified.

    The password and all sessions go: they may be of somebody who only knew the address.
    """
    user.set_unusable_password()
    user.save(update_fields=["password"])
    Authenticator.objects.filter(user_id=user.pk).delete()
    audit.record_on(user, "account.verified", actor=user, changes={"password": True})


def _invite(
    *, email: str, role: str, supplier_id: UUID | None, name: str, acting_user: object
) -> IssuedInvitation:
    address, token = _checked_address(email), secrets.token_urlsafe(32)
    with transaction.atomic(durable=True):
        _locked_user(email=address, role=role, supplier_id=supplier_id, acting_user=acting_user)
        # A new link replaces the one of before: of two only the later one is meant.
        Invitation.objects.filter(email=address, accepted_at=None, revoked_at=None).update(
            revoked_at=clock.now()
        )
        invitation = Invitation.objects.create(
            email=address,
            name=name.strip(),
            role=role,
            supplier_id=supplier_id,
            token_hash=_hash(token),
            invited_by=str(acting_user)[:254],
            invited_by_id=getattr(acting_user, "pk", None),
            expires_at=clock.now() + timedelta(days=INVITATION_DAYS),
        )
        audit.record_on(
            invitation,
            "invitation.sent",
            actor=acting_user,
            changes={"role": role, "supplier_id": str(supplier_id or "")},
        )
    return IssuedInvitation(invitation, token)


def _locked_user(*, email: str, role: str, supplier_id: UUID | None, acting_user: object) -> User:
    """Return the account of an address, locked, or a new one not stored yet, if it may have the role."""
    user = User.objects.select_for_update().filter(email=email).first()
    if user is None:
        return User(email=email)
    if user.supplier_id != supplier_id:
        raise Conflict(
            _("this address has an account of another kind"),
            field="email",
            value=email,
            remedy=_("use another address"),
        )
    if user == acting_user and user.role != role:
        raise Conflict(_("nobody changes their own role"), field="role", value=role)
    return user


def _save(
    user: User, role: str, supplier_id: UUID | None, name: str, password: str, acting_user: object
) -> SavedAccount:
    created = user._state.adding
    user.role, user.supplier_id, user.name = role, supplier_id, name.strip() or user.name
    user.is_active = True
    if password:
        _check_password(password, user)
        user.set_password(password)
    user.save()
    audit.record_on(
        user,
        "account.created" if created else "account.changed",
        actor=acting_user,
        changes={"role": role, "supplier_id": str(supplier_id or ""), "password": bool(password)},
    )
    return SavedAccount(user, password, created)


def _check_role(role: str, known: frozenset[str]) -> None:
    if role not in known:
        raise InvalidInput(
            _("this role cannot be given here"),
            field="role",
            value=role,
            remedy=_("choose from %(known)s") % {"known": ", ".join(sorted(known))},
        )


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def _checked_address(email: str) -> str:
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        raise InvalidInput(_("this is no e-mail address"), field="email", value=email) from None
    return address


def _check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidInput(" ".join(error.messages), field="password") from None
