"""The chain above a buyer, what sharing would earn, and how many people somebody may still bring by code."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Count, F, Sum
from django.db.models.functions import TruncDate

from accounts.models import User
from kernel import clock
from kernel.days import local_day
from kernel.money.amounts import share_of
from tenants.agents.earnings.models import Sale
from tenants.agents.members import selectors as member_selectors
from tenants.agents.members.models import Member
from tenants.agents.members.selectors import NOBODY
from tenants.agents.rules.document.parsing import Rules
from tenants.agents.rules.people.invitations import Quota, quota
from tenants.agents.rules.people.progress import DayTotal
from tenants.agents.rules.sale.values import NAMED, Chain, Person, SaleLine, SaleOrder
from tenants.agents.rules.splitting.split import split_order
from tenants.agents.rules_versions import selectors as rules_version_selectors
from tenants.registry.selectors import current_tenant

LINE_LIMIT = 64
"""How far up the line the chain reaches. Nobody is paid from so far above; it only bounds the query."""


class Purchases(NamedTuple):
    """What one buyer bought through one sharer: how many orders, and what they come to net of refunds."""

    orders: int = 0
    spent: int = 0


NO_PURCHASES = Purchases()


def purchases_through(sharer: Member, buyers: Collection[Member]) -> dict[UUID, Purchases]:
    """Return what each of these buyers bought through ``sharer``; what they bought before is theirs alone."""
    rows = (
        Sale.objects.filter(sharer=sharer, buyer__in=buyers)
        .values_list("buyer_id")
        .annotate(orders=Count("order_id"), spent=Sum(F("paid") - F("refunded")))
    )
    return {buyer_id: Purchases(orders, spent) for buyer_id, orders, spent in rows}


def invites_of(member: Member, active: Rules) -> Quota | None:
    """Return how many more people ``member`` may bring by code, and until when; None if unrationed.

    What was earned is read from what the member's own fans bought, net of refunds, day by day.
    """
    if active.document.invites is None:
        return None
    zone = current_tenant().zone
    sold = (
        Sale.objects.filter(sharer=member)
        .annotate(day=TruncDate("at", tzinfo=zone))
        .order_by("day")
        .values_list("day")
        .annotate(net=Sum(F("paid") - F("refunded")))
        if active.document.invites.one_per_own_sales
        else ()
    )
    used = member.fans.filter(bound_by=Member.BoundBy.CODE).values_list("bound_at", flat=True)
    return quota(
        joined=local_day(member.joined_at, zone),
        own_sales=[DayTotal(day, net) for day, net in sold],
        used=[local_day(moment, zone) for moment in used if moment],
        today=local_day(clock.now(), zone),
        rules=active,
    )


_LINE = """
WITH RECURSIVE line AS (
    SELECT user_id, bound_to_id, bound_until, roles, company_number, 0 AS depth
    FROM agents_member WHERE user_id = %(user)s
    UNION ALL
    SELECT above.user_id, above.bound_to_id, above.bound_until, above.roles, above.company_number, depth + 1
    FROM line JOIN agents_member above ON above.user_id = line.bound_to_id
    WHERE depth < %(limit)s AND (line.bound_until IS NULL OR line.bound_until > %(now)s)
)
SELECT user_id, roles, company_number,
       depth = 0 AND NOT EXISTS (SELECT FROM agents_sale WHERE buyer_id = user_id) AS is_first
FROM line ORDER BY depth
"""


def chain_of(user: User | None) -> Chain:
    """Return who brought ``user``, and who brought those, as things stand now. One query."""
    if user is None:
        return Chain(NOBODY)
    with connection.cursor() as cursor:
        cursor.execute(_LINE, {"user": user.pk, "limit": LINE_LIMIT, "now": clock.now()})
        rows = cursor.fetchall()
    line = [Person(str(key), frozenset(roles), bool(company)) for key, roles, company, _is_first in rows]
    buyer, above = (line[0], tuple(line[1:])) if line else (Person(str(user.pk)), ())
    sharer, second = (*above[:2], None, None)[:2]
    return Chain(buyer, sharer, second, above, first=not rows or rows[0][3])


def chain_to_json(chain: Chain) -> dict[str, Any]:
    """Return the chain as JSON, to be pinned to an order."""
    people = {
        name: _person_to_json(person)
        for name, person in chain._asdict().items()
        if isinstance(person, Person)
    }
    return {**people, "above": [_person_to_json(person) for person in chain.above], "first": chain.first}


def chain_from_json(data: Mapping[str, Any]) -> Chain:
    """Read back what ``chain_to_json`` wrote; an empty mapping is a sale without people."""
    people = {name: _person_from_json(data[name]) for name in NAMED if name in data}
    above = tuple(_person_from_json(person) for person in data.get("above", ()))
    first = bool(data.get("first"))
    return Chain(_person_from_json(data["buyer"]) if "buyer" in data else NOBODY)._replace(
        above=above, first=first, **people
    )


def _person_to_json(person: Person) -> dict[str, Any]:
    return {"id": person.id, "roles": sorted(person.roles), "company": person.company}


def _person_from_json(data: Mapping[str, Any]) -> Person:
    return Person(data["id"], frozenset(data["roles"]), data["company"])


def sharing_earns(user: User | None, lines: Sequence[SaleLine]) -> int:
    """Return what ``user`` would earn if somebody new bought ``lines`` through their link, minor units.

    Without a user it is what anybody who joins now would earn.
    """
    _version, rules = rules_version_selectors.active_rules()
    sharer = member_selectors.person_of(user) if user else member_selectors.newcomer()._replace(id="sharer")
    buyer = Person(id="buyer", roles=frozenset(rules.document.join.grants))
    tenant = current_tenant()
    fee = share_of(sum(line.paid for line in lines), tenant.platform_fee_bp)
    order = SaleOrder("preview", tenant.currency, tuple(lines), fee)
    earnings = split_order(order, Chain(buyer, sharer, None, (sharer,)), rules).earnings
    return sum(earning.amount for earning in earnings if earning.payee_id == sharer.id)
