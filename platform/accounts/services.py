"""Accounts for those who work here: central team and suppliers' people in "public", operators in a shop."""

import secrets
from dataclasses import dataclass, field
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import roles
from accounts.models import User
from kernel import audit
from kernel.errors import Conflict, InvalidInput
from kernel.tenancy import PUBLIC, current_schema, in_public


@dataclass(frozen=True, slots=True)
class SavedAccount:
    """A person, and the password if one was set now; it can never be read again."""

    user: User
    password: str = field(repr=False)
    created: bool


def create_staff(
    *, email: str, role: str, acting_user: object, password: str | None = None, name: str = ""
) -> SavedAccount:
    """Give somebody an account of the central team; ``role`` is central_admin or central_staff.

    Without ``password`` one is made up. For an address that has such an account already the role, and the
    password if given, are changed. Raises Conflict if the address belongs to a supplier's person.
    """
    if role not in roles.CENTRAL:
        raise InvalidInput(
            _("this is no role of the central team"),
            field="role",
            value=role,
            remedy=_("choose from %(known)s") % {"known": ", ".join(sorted(roles.CENTRAL))},
        )
    with transaction.atomic(durable=True), in_public():
        return _save_person(
            email=email, role=role, supplier_id=None, password=password, name=name, acting_user=acting_user
        )


def create_operator(
    *, email: str, role: str, acting_user: object, password: str | None = None, name: str = ""
) -> SavedAccount:
    """Give somebody an operator's role in the present tenant's shop; ``role`` is one of roles.OPERATORS.

    A member of the shop keeps name and password. Must run in the tenant's schema.
    """
    if role not in roles.OPERATORS:
        raise InvalidInput(
            _("this is no role of an operator"),
            field="role",
            value=role,
            remedy=_("choose from %(known)s") % {"known": ", ".join(sorted(roles.OPERATORS))},
        )
    if current_schema() == PUBLIC:
        raise RuntimeError("operators belong to a tenant, not to the platform")
    with transaction.atomic(durable=True):
        return _save_person(
            email=email, role=role, supplier_id=None, password=password, name=name, acting_user=acting_user
        )


def create_supplier_user(
    *, email: str, supplier_id: UUID, acting_user: object, password: str | None = None, name: str = ""
) -> SavedAccount:
    """Give somebody who works for a supplier an account of the suppliers' portal.

    Again with the same address and supplier: name and password are changed if given. Raises Conflict if
    the address belongs to somebody of the central team or of another supplier.
    """
    with transaction.atomic(durable=True), in_public():
        return _save_person(
            email=email,
            role=roles.SUPPLIER,
            supplier_id=supplier_id,
            password=password,
            name=name,
            acting_user=acting_user,
        )


def _save_person(
    *,
    email: str,
    role: str,
    supplier_id: UUID | None,
    password: str | None,
    name: str,
    acting_user: object,
) -> SavedAccount:
    address = _checked_address(email)
    user = User.objects.select_for_update().filter(email=address).first()
    created = user is None
    if user is None:
        user, password = User(email=address), password or secrets.token_urlsafe(12)
    elif user.supplier_id != supplier_id:
        raise Conflict(
            _("this address has an account of another kind"),
            field="email",
            value=address,
            remedy=_("use another address"),
        )
    elif user == acting_user and user.role != role:
        raise Conflict(_("nobody changes their own role"), field="role", value=role)
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
    return SavedAccount(user, password or "", created)


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
