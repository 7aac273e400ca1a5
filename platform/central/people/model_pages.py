"""The platform's own people and the audit log of all shops."""

from accounts import roles
from components.people.model_pages import ActionFilter, AuditAdmin, PersonAdmin


class StaffAdmin(PersonAdmin):
    """The central team and the suppliers' people."""

    grantable = roles.CENTRAL
    list_display = ("email", "name", "role", "supplier_id", "is_active", "date_joined")


class CentralAuditAdmin(AuditAdmin):
    """What was done by hand anywhere."""

    list_display = ("at", "schema", "actor_label", "what", "object_label", "about", "reason")
    list_filter = (ActionFilter, "object_type", "schema")
