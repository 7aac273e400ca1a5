"""Writes: people bound, roles granted, earnings recorded and taken back. ``activation`` switches rules on."""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from kernel import audit, clock
from kernel.errors import InvalidInput
from kernel.tenancy import current_schema
from kernel.unit_of_work import lock_name
from tenants.agents import selectors
from tenants.agents.bindings import invitations
from tenants.agents.models import Member
from tenants.agents.roles import services as role_services
from tenants.agents.rules.parsing import Rules

# No 0 O 1 I L U V: a code is read aloud and typed from posters.
CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTWXYZ"
CODE_LENGTH = 7


def ensure_member(user: User) -> Member:
    """Return the member behind ``user``, who joins now if they have not. Joins the caller's transaction.

    Joining grants the roles the rules say, unless these ask for more than coming: a deposit, an invitation,
    a purchase or an approval.
    """
    member = Member.objects.filter(pk=user.pk).first()
    if member is not None:
        return member
    _version, active = selectors.active_rules()
    roles = granted_by(active, "anyone")
    while member is None:
        # ON CONFLICT DO NOTHING covers both a code that is taken and somebody who joins twice at once.
        Member.objects.bulk_create(
            [
                Member(
                    user=user,
                    referral_code=new_code(),
                    joined_at=clock.now(),
                    roles=roles,
                    role_facts=dict.fromkeys(roles, role_services.fact(JOINED)),
                )
            ],
            ignore_conflicts=True,
        )
        member = Member.objects.filter(pk=user.pk).first()
    return member


JOINED = {"zh-hans": "加入时获得", "en": "granted by joining"}
INVITED = {"zh-hans": "受邀加入时获得", "en": "granted by an invitation"}


def granted_by(active: Rules, who: str) -> list[str]:
    join = active.document.join
    return list(join.grants) if join.who == who and join.deposit is None else []


def new_code() -> str:
    """Return a referral code nobody can guess from another."""
    return "".join(secrets.choice(CODE_ALPHABET) for _digit in range(CODE_LENGTH))


def bind(*, member: Member, code: str, how: str) -> bool:
    """Make ``member`` a fan of whoever shares ``code``; True if that happened now.

    The first visit wins: somebody bound stays bound, for good or until the rules' days have passed. Nobody
    is bound to themselves or to somebody of their own circle. Where the rules ration invitations, a code
    brings nobody beyond what its owner has earned. ``how`` is link, code, poster, operator or transfer.
    """
    _version, active = selectors.active_rules()
    wanted = active.document.bind
    sharer_id = Member.objects.filter(referral_code=code.strip().upper()).values_list("pk", flat=True).first()
    asked = how not in {Member.BoundBy.OPERATOR, Member.BoundBy.TRANSFER}
    if sharer_id is None or sharer_id == member.pk or (asked and how not in wanted.by):
        return False
    with transaction.atomic():
        if member.fans.exists():
            # Two bindings far apart can close one circle together, so those who have fans go one by one.
            lock_name(f"{current_schema()}:circle")
        locked = {
            row.pk: row
            for row in Member.objects.select_for_update().filter(pk__in=[member.pk, sharer_id]).order_by("pk")
        }
        fan, sharer = locked[member.pk], locked[sharer_id]
        now = clock.now()
        expired = fan.bound_until is not None and fan.bound_until <= now
        if fan.bound_to_id and not (expired and wanted.takeover == "after_expiry"):
            return False
        if fan.fans.exists() and fan.pk in _line_above(sharer):
            return False
        if how == "code" and (invites := invitations.invites_of(sharer, active)) and not invites.left:
            return False
        fan.bound_to, fan.bound_at, fan.bound_by = sharer, now, how
        fan.bound_until = now + timedelta(days=wanted.days) if wanted.days else None
        # What the fan agreed to was said to whoever brought them before.
        fan.consents, fan.consented_at = [], None
        fan.save(
            update_fields=["bound_to", "bound_at", "bound_by", "bound_until", "consents", "consented_at"]
        )
        for role in granted_by(active, "invited"):
            role_services.give(fan, role, INVITED)
        role_services.review(sharer, role_services.BINDING, active)
    member.refresh_from_db()
    return True


def _line_above(sharer: Member) -> set[UUID]:
    return {UUID(person.id) for person in selectors.chain_of(sharer.user).above}


def grant_role(*, member: Member, role: str, acting_user: User | None) -> Member:
    """Give a role by hand; again changes nothing. Raises InvalidInput: unknown role, or no company."""
    _version, active = selectors.active_rules()
    definition = active.document.role(role)
    if definition is None:
        raise InvalidInput(
            _("the rules know no such role"),
            field="role",
            value=role,
            remedy=_("choose one of: %(known)s") % {"known": ", ".join(r.id for r in active.document.roles)},
        )
    if definition.company and not member.is_company:
        raise InvalidInput(
            _("only a registered company can hold this role"),
            field="company_number",
            remedy=_("enter the company's registration number first"),
        )
    with transaction.atomic():
        member = Member.objects.select_for_update().get(pk=member.pk)
        if role not in member.roles:
            role_services.give(member, role, {"zh-hans": "由店铺授予", "en": "granted by the shop"})
            _audit("role.granted", member, acting_user, {"role": role})
            if member.bound_to:
                role_services.review(member.bound_to, role_services.BINDING, active)
    return member


def revoke_role(*, member: Member, role: str, acting_user: User | None, reason: str) -> Member:
    """Take a role away by hand; again changes nothing."""
    with transaction.atomic():
        member = Member.objects.select_for_update().get(pk=member.pk)
        if role in member.roles:
            role_services.take(member, role)
            _audit("role.revoked", member, acting_user, {"role": role}, reason)
    return member


def register_company(*, member: Member, name: str, number: str, acting_user: User | None) -> Member:
    """Note the registered company behind a member, who can hold roles for companies from now on."""
    if not name.strip() or not number.strip():
        raise InvalidInput(
            _("a company needs its name and registration number"),
            field="company_number",
            remedy=_("copy both from the business licence"),
        )
    with transaction.atomic():
        member = Member.objects.select_for_update().get(pk=member.pk)
        member.company_name, member.company_number = name.strip()[:200], number.strip()[:40]
        member.save(update_fields=["company_name", "company_number"])
        _audit("company.registered", member, acting_user, {"name": member.company_name})
        role_services.review(member, role_services.EVERYTHING, selectors.active_rules()[1])
    return member


def _audit(
    action: str, member: Member, actor: User | None, changes: Mapping[str, str], reason: str = ""
) -> None:
    audit.record(
        action,
        actor=actor or "system",
        object_type="member",
        object_id=member.pk,
        object_label=member.referral_code,
        changes=changes,
        reason=reason,
    )
