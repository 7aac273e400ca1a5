"""Members as others need them: for the rules engine, by name, counted."""

from collections.abc import Iterable
from uuid import UUID

from accounts.models import User
from kernel.tenancy import in_tenant
from tenants.agents.members.models import Member
from tenants.agents.rules.sale.values import Person
from tenants.agents.rules_versions import selectors as rules_version_selectors
from tenants.registry.selectors import get_tenant

NOBODY = Person(id="")


def person_of_member(member: Member) -> Person:
    """Return a member as the rules engine takes them."""
    return Person(str(member.pk), frozenset(member.roles), member.is_company)


def count_members(tenant_id: UUID) -> int:
    """Return how many people belong to a shop."""
    with in_tenant(get_tenant(tenant_id)):
        return Member.objects.count()


def masked_name(user: User) -> str:
    """The name somebody chose, or the beginning of their address: a fan's address is theirs to give."""
    return user.name or f"{user.email[:2]}***"


def newcomer() -> Person:
    """Return somebody who would join now, with the roles that joining grants: for prices visitors see."""
    _version, rules = rules_version_selectors.active_rules()
    return Person(id="", roles=frozenset(rules.document.join.grants))


def person_of(user: User | None) -> Person:
    """Return the person behind ``user`` with the roles held now; without a user somebody without roles."""
    if user is None:
        return NOBODY
    row = Member.objects.filter(pk=user.pk).values_list("roles", "company_number").first()
    return Person(str(user.pk), frozenset(row[0]), bool(row[1])) if row else Person(id=str(user.pk))


def member_names(payee_ids: Iterable[UUID | str]) -> dict[UUID, str]:
    """Return what to call each of these members; ids of nobody are left out."""
    return {
        user.pk: str(user)
        for user in User.objects.filter(pk__in={UUID(str(key)) for key in payee_ids if key})
    }
