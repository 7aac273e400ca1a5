"""Members as others need them: for the rules engine, by name, counted."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from accounts.models import User
from kernel.money.amounts import exponent
from kernel.tenancy import in_tenant
from tenants.agents.members.models import Member
from tenants.agents.rules.document.compiling import minor_units
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


@dataclass(frozen=True, slots=True)
class JoinTerms:
    """What the page on which somebody joins has to say. ``deposit`` in minor units of ``currency``, 0: none.

    ``who`` is one of the rules document's ways to join; ``lowers_prices`` whether any rule lowers a price at
    the till, ``at_once`` whether one does so for whoever has just joined.
    """

    who: str
    deposit: int
    currency: str
    on_request: bool
    lowers_prices: bool
    at_once: bool


def join_terms() -> JoinTerms:
    """Return what joining asks and gives under the rules in force."""
    _version, rules = rules_version_selectors.active_rules()
    join, reductions = rules.document.join, rules.compiled.reductions
    roles = frozenset(join.granted_to("anyone"))
    deposit = join.deposit
    return JoinTerms(
        who=join.who,
        deposit=minor_units(deposit.amount, exponent(rules.document.currency)) if deposit else 0,
        currency=rules.document.currency,
        on_request=deposit is not None and deposit.returned_on_request,
        lowers_prices=bool(reductions),
        at_once=any(not entry.buyer_roles or entry.buyer_roles & roles for entry in reductions),
    )


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
