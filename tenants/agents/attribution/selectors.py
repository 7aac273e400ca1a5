"""Through whom a sale comes: pinned to the order when it is placed, from rows and never from an address.

A link may name a live room, a note or a group (``?s=CODE&via=note:ORIGIN``). What it names is looked up when
the order is placed; whose it is stands in the row alone. Earnings that look like the buyer's own are barred,
put under review or noted as the rules say, and that is pinned as well.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.models import User
from billing.payouts.accounts import services as payout_account_services
from kernel import clock
from tenants.agents.bindings import selectors as binding_selectors
from tenants.agents.earnings.models import Sale
from tenants.agents.members import selectors as member_selectors
from tenants.agents.members.models import Member
from tenants.agents.origins.models import Origin
from tenants.agents.rules.document.parsing import Rules
from tenants.agents.rules.sale.values import NAMED, Chain, Person
from tenants.registry.selectors import current_tenant

SHARED_FOR = timedelta(days=180)
"""How long two members count as sharing a device after both were last seen on it."""
SUSPICIONS = "suspicions"


@dataclass(frozen=True, slots=True)
class Visit:
    """What a browser says about how it came: an origin's code, a referral code, a device. To be checked."""

    origin: str = ""
    bringer: str = ""
    device: str = ""


NO_VISIT = Visit()


def pin(
    chain: Chain, *, user: User, visit: Visit, rules: Rules, is_first: bool | None = None
) -> dict[str, Any]:
    """Return the chain of a sale to ``user`` as JSON, with what looks like an earning of the buyer's own.

    ``chain`` is that of the moment (``bindings.selectors.chain_of``); the visit adds to it. Whom rules bar
    for such a look is left out of the chain; whom they hold or note is named beside it. ``is_first`` is what
    the quote took the order for, where the rules ask.
    """
    chain = through(chain, visit)
    if is_first is not None:
        chain = chain._replace(first=is_first)
    suspicions = _suspicions(chain, user, visit.device, rules)
    barred = {suspicion["member"] for suspicion in suspicions if suspicion["action"] == "refuse"}
    data = binding_selectors.chain_to_json(_without(chain, barred) if barred else chain)
    return {**data, SUSPICIONS: suspicions} if suspicions else data


def through(chain: Chain, visit: Visit) -> Chain:
    """Return the chain with the people of the live room, note or group, and who brought the viewer there."""
    if not visit.origin:
        return chain
    origin = Origin.objects.filter(code=visit.origin, is_open=True).select_related("owner").first()
    if origin is None:
        return chain
    owner = member_selectors.person_of_member(origin.owner)
    if origin.kind == Origin.Kind.NOTE:
        return chain._replace(author=owner)
    if origin.kind == Origin.Kind.GROUP:
        return chain._replace(leader=owner)
    bringer = Member.objects.filter(referral_code=visit.bringer).first() if visit.bringer else None
    is_other = bringer is not None and bringer.pk != origin.owner_id
    return chain._replace(
        streamer=owner, bringer=member_selectors.person_of_member(bringer) if bringer and is_other else None
    )


def _suspicions(chain: Chain, user: User, device: str, rules: Rules) -> list[dict[str, str]]:
    fraud = rules.document.fraud
    payees = {payee.id for payee in (*_named(chain), *chain.above)} - {str(user.pk)}
    if not payees:
        return []
    looks = {
        "shared_device": (fraud.shared_device, sharing_device(user.pk, device)),
        "shared_payout_account": (fraud.shared_payout_account, _sharing_account(user.pk)),
    }
    return [
        {"member": key, "kind": kind, "action": action}
        for kind, (action, members) in looks.items()
        for key in sorted(payees & {str(member) for member in members})
    ]


def _sharing_account(member_id: UUID) -> set[UUID]:
    return payout_account_services.shared_with(member_id, current_tenant().id)


def _named(chain: Chain) -> list[Person]:
    return [person for name in NAMED if (person := getattr(chain, name)) is not None]


def _without(chain: Chain, barred: set[str]) -> Chain:
    """Return the chain in which nobody of ``barred`` is paid; the others keep their places."""
    named: dict[str, Any] = {
        name: None for name in NAMED if (person := getattr(chain, name)) is not None and person.id in barred
    }
    above = tuple(Person(person.id) if person.id in barred else person for person in chain.above)
    return chain._replace(above=above, **named)


_SHARING = """
SELECT DISTINCT theirs.member_id FROM agents_deviceseen theirs
WHERE theirs.last_at >= %(since)s AND theirs.member_id <> %(member)s AND (theirs.device = %(device)s
    OR theirs.device IN (
        SELECT device FROM agents_deviceseen WHERE member_id = %(member)s AND last_at >= %(since)s))
"""


def sharing_device(member_id: UUID, device: str = "") -> set[UUID]:
    """Return the members seen lately on ``device`` or on a device that this member was seen on."""
    with connection.cursor() as cursor:
        cursor.execute(_SHARING, {"member": member_id, "device": device, "since": clock.now() - SHARED_FOR})
        return {row[0] for row in cursor.fetchall()}


def asks_first_order(rules: Rules) -> bool:
    """Whether anything in the rules depends on an order being the buyer's first."""
    entries = (*rules.compiled.reductions, *rules.compiled.earnings)
    return any(entry.first_order is not None for entry in entries)


def is_first_order(user: User | None) -> bool:
    """True if an order placed now would be this person's first: none paid, and none open that counts so."""
    if user is None:
        return False
    claimed = Member.objects.filter(pk=user.pk, first_order_id__isnull=False)
    return not claimed.exists() and not Sale.objects.filter(buyer_id=user.pk).exists()
