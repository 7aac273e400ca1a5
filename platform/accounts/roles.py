"""Roles, and what each may do. A role is data on the person; its rights are this file."""

from django.utils.translation import gettext_lazy as _

MEMBER = "member"
OWNER = "owner"
MANAGER = "manager"
FINANCE = "finance"
SUPPORT = "support"
SUPPLIER = "supplier"
CENTRAL_ADMIN = "central_admin"
CENTRAL_STAFF = "central_staff"

CHOICES = [
    (MEMBER, _("Member")),
    (OWNER, _("Owner")),
    (MANAGER, _("Manager")),
    (FINANCE, _("Finance")),
    (SUPPORT, _("Support")),
    (SUPPLIER, _("Supplier")),
    (CENTRAL_ADMIN, _("Central team, administrator")),
    (CENTRAL_STAFF, _("Central team")),
]
OPERATORS = frozenset({OWNER, MANAGER, FINANCE, SUPPORT})
CENTRAL = frozenset({CENTRAL_ADMIN, CENTRAL_STAFF})
STAFF = OPERATORS | CENTRAL

# What moves money has a right of its own: "change" alone gives none away.
_ALL = frozenset({"view", "add", "change", "delete", "refund"})
_LOOK = frozenset({"view"})
_DECIDE = frozenset({"view", "change"})
# role -> app label -> actions; "*" stands for every app not named. The guides show this table.
RIGHTS: dict[str, dict[str, frozenset[str]]] = {
    OWNER: {"*": _ALL},
    MANAGER: {"*": _ALL, "accounts": _LOOK, "api_keys": _LOOK, "plans": _LOOK},
    FINANCE: {"*": _LOOK, "payouts": _DECIDE},
    SUPPORT: {"shop": _LOOK, "agents": _LOOK, "accounts": _LOOK, "fulfilment": _DECIDE},
    CENTRAL_ADMIN: {"*": _ALL},
    CENTRAL_STAFF: {"*": _LOOK, "catalog": frozenset({"view", "add", "change"}), "fulfilment": _DECIDE},
}


def allows(role: str, permission: str) -> bool:
    """True if ``role`` carries ``permission``, written ``app_label.action_model``."""
    app_label, _dot, codename = permission.partition(".")
    rights = RIGHTS.get(role, {})
    return codename.partition("_")[0] in rights.get(app_label, rights.get("*", frozenset()))
