"""Joining a shop: who signs up or is brought becomes a member with a referral code."""

import secrets
from collections.abc import Mapping
from typing import Any

from accounts.models import User
from kernel import clock
from tenants.agents.members.models import Member
from tenants.agents.rules_versions import selectors as rules_version_selectors

JOINED = {"zh-hans": "加入时获得", "en": "granted by joining"}

# No 0 O 1 I L U V: a code is read aloud and typed from posters.
CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTWXYZ"
CODE_LENGTH = 7


def ensure_member(*, user: User) -> Member:
    """Return the member behind ``user``, who joins now if they have not.

    Joining grants the roles the rules say, unless these ask for more than coming: a deposit, an invitation,
    a purchase or an approval.
    """
    member = Member.objects.filter(pk=user.pk).first()
    if member is not None:
        return member
    _version, active = rules_version_selectors.active_rules()
    roles = active.document.join.granted_to("anyone")
    while member is None:
        # ON CONFLICT DO NOTHING covers both a code that is taken and somebody who joins twice at once.
        Member.objects.bulk_create(
            [
                Member(
                    user=user,
                    referral_code=new_code(),
                    joined_at=clock.now(),
                    roles=roles,
                    role_facts=dict.fromkeys(roles, role_fact(JOINED)),
                )
            ],
            ignore_conflicts=True,
        )
        member = Member.objects.filter(pk=user.pk).first()
    return member


def new_code() -> str:
    """Return a referral code nobody can guess from another."""
    return "".join(secrets.choice(CODE_ALPHABET) for _digit in range(CODE_LENGTH))


def role_fact(why: Mapping[str, str]) -> dict[str, Any]:
    """Return what is kept of a role's cause."""
    return {"at": clock.now().isoformat(), "why": dict(why)}
