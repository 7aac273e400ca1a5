"""People who sign in: one table in every schema.

In "public" they are the central team and the suppliers' people; in a tenant's schema its
operators and members. The same address in two schemas is two people who know nothing of each other.
"""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from accounts import roles
from kernel.models import Uuid7Model


class UserManager(BaseUserManager["User"]):
    """Creates people; e-mail addresses are kept in lower case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Store a person; without a password they can sign in by mailed code only."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(Uuid7Model, AbstractBaseUser):
    """A person who signs in. What the role may do is code (accounts.roles), not rows."""

    email = models.EmailField(_("e-mail"))
    name = models.CharField(_("full name"), max_length=120, default="", blank=True)
    phone = models.CharField(_("phone"), max_length=32, default="", blank=True)
    language = models.CharField(_("language"), max_length=16, default="", blank=True)
    role = models.CharField(_("role"), max_length=24, choices=roles.CHOICES, default=roles.MEMBER)
    # The supplier this person works for.
    supplier_id = models.UUIDField(_("supplier"), null=True, blank=True)
    is_active = models.BooleanField(_("may sign in"), default=True)
    date_joined = models.DateTimeField(_("since"), db_default=Now())
    last_login = models.DateTimeField(_("last sign-in"), null=True, blank=True)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_unique"),
            models.CheckConstraint(
                condition=Q(role=roles.SUPPLIER, supplier_id__isnull=False)
                | (~Q(role=roles.SUPPLIER) & Q(supplier_id__isnull=True)),
                name="user_supplier_iff_role",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email.partition("@")[0]

    @property
    def is_staff(self) -> bool:
        """True for those whom a console lets in."""
        return self.role in roles.STAFF

    def has_perm(self, permission: str, obj: object | None = None) -> bool:
        """True if this person's role carries ``app.action_model``."""
        return self.is_active and roles.allows(self.role, permission)

    def has_perms(self, permissions: list[str], obj: object | None = None) -> bool:
        """True if the role carries all of them."""
        return all(self.has_perm(permission, obj) for permission in permissions)

    def has_module_perms(self, app_label: str) -> bool:
        """True if the role may see anything of the app."""
        return self.is_active and self.is_staff


class Invitation(Uuid7Model):
    """A role offered to whoever reads the mail of an address: taken once, within days.

    Only the hash of the token in the mail's link is kept: the table alone lets nobody in.
    """

    email = models.EmailField(_("e-mail"))
    name = models.CharField(_("full name"), max_length=120, default="", blank=True)
    role = models.CharField(_("role"), max_length=24, choices=roles.CHOICES)
    # The supplier this person shall work for.
    supplier_id = models.UUIDField(_("supplier"), null=True, blank=True)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.CharField(_("invited by"), max_length=254)
    # Who invited, if it was a person: whoever gives a role is not judged by whom they gave it to.
    invited_by_id = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(_("invited"), db_default=Now())
    expires_at = models.DateTimeField(_("valid until"))
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                condition=Q(accepted_at=None, revoked_at=None),
                name="invitation_one_open",
            ),
            models.CheckConstraint(
                condition=Q(role=roles.SUPPLIER, supplier_id__isnull=False)
                | (~Q(role__in=[roles.SUPPLIER, roles.MEMBER]) & Q(supplier_id__isnull=True)),
                name="invitation_supplier_iff_role",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None) | Q(revoked_at=None), name="invitation_ends_once"
            ),
        ]

    def __str__(self) -> str:
        return self.email
