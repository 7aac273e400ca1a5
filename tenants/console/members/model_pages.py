"""Who brought whom, and what roles they hold."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import Count, F, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from backoffice.model_pages import ReadOnlyAdmin
from kernel.models import AuditEntry
from kernel.tenancy import current_schema
from tenants.agents.bindings import selectors as binding_selectors
from tenants.agents.circles import selectors as circle_selectors
from tenants.agents.members import selectors as member_selectors
from tenants.agents.models import Earning, Member
from tenants.console.members.forms import CompanyForm, GrantForm, role_choices
from tenants.registry.selectors import current_tenant, shop_url


class RoleFilter(admin.SimpleListFilter):
    """Members by a role of the rules in force."""

    title, parameter_name = _("role"), "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the roles that the rules know."""
        return role_choices()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the members who hold the chosen role."""
        return queryset.filter(roles__contains=[self.value()]) if self.value() else queryset


class MemberAdmin(ReadOnlyAdmin):
    """Every member; a member's page shows the line above, roles with their reasons, fans and earnings."""

    list_display = (
        "person", "referral_code", "role_names", "brought_by", "bound_by", "fan_count", "joined_at",
    )  # fmt: skip
    list_filter = (RoleFilter, "bound_by")
    list_select_related = ("user", "bound_to__user")
    search_fields = ("referral_code", "user__email", "user__name__search_text", "company_name__search_text")
    ordering = ("-joined_at",)
    row_template = "console/members/member.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Member]:
        """Return members with the number of their fans."""
        members: QuerySet[Member] = super().get_queryset(request)
        return members.annotate(fan_count=Count("fans"))

    @display(description=_("person"), ordering="user__email")
    def person(self, member: Member) -> str:
        """Return the person's name and address."""
        return f"{member.user} <{member.user.email}>"

    @display(description=_("roles"))
    def role_names(self, member: Member) -> str:
        """Return the roles by name."""
        names = dict(role_choices())
        return "、".join(names.get(role, role) for role in member.roles) or "–"

    @display(description=_("brought by"))
    def brought_by(self, member: Member) -> str:
        """Return who brought this member."""
        return str(member.bound_to.user) if member.bound_to else "–"

    @display(description=_("fans"), ordering="fan_count")
    def fan_count(self, member: Member) -> int:
        """Return how many people this member brought."""
        return int(member.fan_count)  # type: ignore[attr-defined]

    def row_context(self, request: HttpRequest, member: Member, /) -> dict[str, Any]:
        """Return one member: the line above, roles with their reasons, fans and earnings."""
        names = dict(role_choices())
        above = binding_selectors.chain_of(member.user).above
        circle = circle_selectors.circle_of(member.user, limit=50)
        earned = Coalesce(Sum(F("amount") - F("clawed_back")), 0)
        return {
            "title": str(member.user),
            "member": member,
            "above": member_selectors.member_names([person.id for person in above]),
            "circle": circle,
            "link": shop_url(current_tenant(), circle.link_path),
            "roles": [
                {"id": role, "name": names.get(role, role), **member.role_facts.get(role, {})}
                for role in member.roles
            ],
            "earned": Earning.objects.filter(payee=member).aggregate(amount=earned)["amount"],
            "grant": GrantForm(),
            "company": CompanyForm(initial={"name": member.company_name, "number": member.company_number}),
            "may_change": request.user.has_perm("agents.change_member"),
            "entries": AuditEntry.objects.filter(
                schema=current_schema(), object_type="member", object_id=str(member.pk)
            ).order_by("-at")[:30],
        }
