"""The circle in the operators' console: members with their roles. The rules are in tenants.console.rules."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import display
from django.db.models import Count, F, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.access import signed_in
from backoffice.forms import ConsoleForm, ReasonField
from backoffice.model_pages import ReadOnlyAdmin
from backoffice.screens import render
from kernel.errors import BanyanError
from kernel.models import AuditEntry
from kernel.tenancy import current_schema
from kernel.text import pick
from tenants.agents.bindings import selectors as binding_selectors
from tenants.agents.circles import selectors as circle_selectors
from tenants.agents.members import selectors as member_selectors
from tenants.agents.models import Earning, Member
from tenants.agents.roles import services as role_services
from tenants.agents.ruleset import selectors as ruleset_selectors
from tenants.registry.selectors import current_tenant, shop_url


class RoleFilter(admin.SimpleListFilter):
    """Members by a role of the rules in force."""

    title, parameter_name = gettext_lazy("role"), "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the roles that the rules know."""
        return role_choices()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the members who hold the chosen role."""
        return queryset.filter(roles__contains=[self.value()]) if self.value() else queryset


class MemberAdmin(ReadOnlyAdmin):
    """Who brought whom, and what roles they hold."""

    list_display = (
        "person",
        "referral_code",
        "roles_shown",
        "brought_by",
        "bound_by",
        "fans_shown",
        "joined_at",
    )
    list_filter = (RoleFilter, "bound_by")
    list_select_related = ("user", "bound_to__user")
    search_fields = ("referral_code", "user__email", "user__name", "company_name")
    ordering = ("-joined_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Member]:
        """Return members with the number of their fans."""
        found: QuerySet[Member] = super().get_queryset(request)
        return found.annotate(fan_count=Count("fans"))

    @display(description=gettext_lazy("person"), ordering="user__email")
    def person(self, member: Member) -> str:
        """Return the person's name and address."""
        return f"{member.user} <{member.user.email}>"

    @display(description=gettext_lazy("roles"))
    def roles_shown(self, member: Member) -> str:
        """Return the roles by name."""
        names = dict(role_choices())
        return "、".join(names.get(role, role) for role in member.roles) or "–"

    @display(description=gettext_lazy("brought by"))
    def brought_by(self, member: Member) -> str:
        """Return who brought this member."""
        return str(member.bound_to.user) if member.bound_to else "–"

    @display(description=gettext_lazy("fans"), ordering="fan_count")
    def fans_shown(self, member: Member) -> int:
        """Return how many people this member brought."""
        return int(member.fan_count)  # type: ignore[attr-defined]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show one member: the line above, roles with their reasons, fans and earnings."""
        member = self.get_object(request, object_id)
        if member is None:
            raise Http404
        names = dict(role_choices())
        circle = circle_selectors.circle_of(member.user, limit=50)
        context = {
            "title": str(member.user),
            "member": member,
            "above": member_selectors.member_names(
                [person.id for person in binding_selectors.chain_of(member.user).above]
            ),
            "circle": circle,
            "link": shop_url(current_tenant(), circle.link_path),
            "roles": [
                {"id": role, "name": names.get(role, role), **member.role_facts.get(role, {})}
                for role in member.roles
            ],
            "earned": Earning.objects.filter(payee=member).aggregate(
                amount=Coalesce(Sum(F("amount") - F("clawed_back")), 0)
            )["amount"],
            "grant": GrantForm(),
            "company": CompanyForm(initial={"name": member.company_name, "number": member.company_number}),
            "may_change": request.user.has_perm("agents.change_member"),
            "entries": AuditEntry.objects.filter(
                schema=current_schema(), object_type="member", object_id=str(member.pk)
            ).order_by("-at")[:30],
        }
        return render(request, "operators/member.html", context)


def role_choices() -> list[tuple[str, str]]:
    """Return (id, name) of every role that the rules in force know."""
    _version, rules = ruleset_selectors.active_rules()
    return [
        (role.id, pick(role.name) if not isinstance(role.name, str) else role.name)
        for role in rules.document.roles
    ]


class GrantForm(ConsoleForm):
    """A role to be given by hand."""

    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=role_choices)


class RevokeForm(ConsoleForm):
    """A role to be taken away, and why."""

    role = forms.CharField(max_length=40)
    reason = ReasonField()


class CompanyForm(ConsoleForm):
    """The registered company behind a member."""

    name = forms.CharField(label=gettext_lazy("Company"), max_length=200)
    number = forms.CharField(label=gettext_lazy("Registration number"), max_length=40)


def _act(request: HttpRequest, member_id: UUID, form: ConsoleForm, act: Any, said: str) -> HttpResponse:
    member = Member.objects.filter(pk=member_id).first()
    if member is None:
        raise Http404
    if not form.is_valid():
        messages.error(request, " ".join(str(text) for texts in form.errors.values() for text in texts))
    else:
        try:
            act(member=member, acting_user=signed_in(request), **form.cleaned_data)
        except BanyanError as error:
            messages.error(request, error.text)
        else:
            messages.success(request, said)
    return redirect("console:agents_member_change", member.pk)


@require_POST
def grant(request: HttpRequest, member_id: UUID) -> HttpResponse:
    """Give a role by hand; it is written to the audit log."""
    return _act(
        request, member_id, GrantForm(request.POST), role_services.grant_role, _("The role is given.")
    )


@require_POST
def revoke(request: HttpRequest, member_id: UUID) -> HttpResponse:
    """Take a role away, for a reason."""
    return _act(
        request, member_id, RevokeForm(request.POST), role_services.revoke_role, _("The role is taken away.")
    )


@require_POST
def company(request: HttpRequest, member_id: UUID) -> HttpResponse:
    """Note the registered company behind a member."""
    return _act(request, member_id, CompanyForm(request.POST), role_services.register_company, _("Saved."))
