"""Who of a shop's own team stands behind a withdrawal: above the limit its colleagues do not approve it.

Whoever gives out roles could give a second person of theirs the right to approve. So what goes to the shop
itself, or to somebody tied to its team, is approved by the central team; and nobody, at any limit, approves
the withdrawal of whoever gave them their role. The trigger ``withdrawal_decider`` refuses both as well.
"""

from uuid import UUID

from accounts import roles
from accounts.models import User
from billing.payouts.accounts import payees, services
from billing.payouts.withdrawals.models import Withdrawal
from kernel.models import AuditEntry
from kernel.tenancy import PUBLIC, current_schema, in_public

Tie, OwnerKind = Withdrawal.Tie, Withdrawal.OwnerKind
PERSON = "accounts.user"


def tie_of(*, tenant_id: UUID, owner_kind: str, owner_id: UUID, asked_by: UUID) -> str:
    """Return what ties a withdrawal to the shop's team, "" if nothing does. In the tenant's schema."""
    if owner_kind == OwnerKind.TENANT:
        return Tie.SHOP
    people = {owner_id, asked_by}
    team = set(User.objects.filter(role__in=roles.OPERATORS).values_list("pk", flat=True))
    if people & team:
        return Tie.TEAM
    role_changes = AuditEntry.objects.filter(
        schema=current_schema(),
        object_type=PERSON,
        object_id__in=[str(person) for person in people],
        changes__has_key="role",
    )
    if role_changes.exists():
        return Tie.ONCE
    if services.shared_with(owner_id, tenant_id) & team or _paid_to_the_shop(owner_id, tenant_id):
        return Tie.ACCOUNT
    if current_schema() != PUBLIC and payees.sharing_device(owner_id) & team:
        return Tie.DEVICE
    return ""


def _paid_to_the_shop(owner_id: UUID, tenant_id: UUID) -> bool:
    own = services.account_of("member", owner_id, tenant_id)
    shop = services.account_of("tenant", tenant_id, tenant_id)
    return bool(own and shop and own.fingerprint and own.fingerprint == shop.fingerprint)


def appointed(decider: UUID, by: set[UUID]) -> bool:
    """True if one of ``by`` gave ``decider`` a role, ever."""
    return AuditEntry.objects.filter(
        object_type=PERSON, object_id=str(decider), actor_id__in=by, changes__has_key="role"
    ).exists()


def of_central_team(user: User) -> bool:
    """True if the person's account is one of the central team, wherever the page is."""
    with in_public():
        return User.objects.filter(pk=user.pk, is_active=True, role__in=roles.CENTRAL).exists()
