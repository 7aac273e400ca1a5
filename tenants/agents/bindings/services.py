"""Binding a fan to whoever brought them."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction

from kernel import clock
from kernel.database.unit_of_work import joins_transaction, lock_name
from kernel.tenancy import current_schema
from tenants.agents.bindings import selectors
from tenants.agents.members.models import Member
from tenants.agents.roles import services as role_services
from tenants.agents.rules_versions import selectors as rules_version_selectors

INVITED = {"zh-hans": "受邀加入时获得", "en": "granted by an invitation"}


def bind(*, member: Member, code: str, how: str) -> bool:
    """Make ``member`` a fan of the owner of ``code``; True if that happened now (see ``join_circle``)."""
    with transaction.atomic(durable=True):
        return join_circle(member=member, code=code, how=how)


@joins_transaction
def join_circle(*, member: Member, code: str, how: str) -> bool:
    """Make ``member`` a fan of the owner of ``code``; True if that happened now.

    The first visit wins: somebody bound stays bound, for good or until the rules' days have passed. Nobody
    is bound to themselves or to somebody of their own circle. Where the rules ration invitations, a code
    brings nobody beyond what its owner has earned. ``how`` is link, code, poster, operator or transfer.
    """
    _version, rules = rules_version_selectors.active_rules()
    bind_rules = rules.document.bind
    sharer_id = Member.objects.filter(referral_code=code.strip().upper()).values_list("pk", flat=True).first()
    is_by_rules = how not in {Member.BoundBy.OPERATOR, Member.BoundBy.TRANSFER}
    if sharer_id is None or sharer_id == member.pk or (is_by_rules and how not in bind_rules.by):
        return False
    if member.fans.exists():
        # Two bindings far apart can close one circle together, so those who have fans go one by one.
        lock_name(f"{current_schema()}:circle")
    locked = {
        row.pk: row
        for row in Member.objects.select_for_update().filter(pk__in=[member.pk, sharer_id]).order_by("pk")
    }
    fan, sharer = locked[member.pk], locked[sharer_id]
    now = clock.now()
    is_expired = fan.bound_until is not None and fan.bound_until <= now
    if fan.bound_to_id and not (is_expired and bind_rules.takeover == "after_expiry"):
        return False
    if fan.fans.exists() and fan.pk in _line_above(sharer):
        return False
    if how == "code" and (invites := selectors.invites_of(sharer, rules)) and not invites.left:
        return False
    fan.bound_to, fan.bound_at, fan.bound_by = sharer, now, how
    fan.bound_until = now + timedelta(days=bind_rules.days) if bind_rules.days else None
    # What the fan agreed to was said to whoever brought them before.
    fan.consents, fan.consented_at = [], None
    fan.save(update_fields=["bound_to", "bound_at", "bound_by", "bound_until", "consents", "consented_at"])
    for role in rules.document.join.granted_to("invited"):
        role_services.add_role(member=fan, role=role, why=INVITED)
    role_services.review_member(member=sharer, metrics=role_services.BINDING, rules=rules)
    member.refresh_from_db()
    return True


def _line_above(sharer: Member) -> set[UUID]:
    return {UUID(person.id) for person in selectors.chain_of(sharer.user).above}
