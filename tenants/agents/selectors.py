"""Reads: the rules in force, the chain above a buyer, and what a member's circle earned."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any
from uuid import UUID

from cachetools import LRUCache
from django.db import connection

from accounts.models import User
from kernel import clock
from kernel.amounts import share_of
from kernel.errors import NotFound
from kernel.memo import once_a_page
from tenants.agents.models import Earning, Member, RulesVersion
from tenants.agents.rules.parsing import Rules, parse
from tenants.agents.rules.sale import Chain, Person, SaleLine, SaleOrder
from tenants.agents.rules.split import split_order
from tenants.registry.selectors import current_tenant

LINE_LIMIT = 64
"""How far up the line the chain reaches. Nobody is paid from so far above; it only bounds the query."""
NOBODY = Person(id="")
NO_RULES = parse({"name": {"zh-hans": "没有规则", "en": "No rules"}})

# Keyed by what the document says, not by tenant: a thousand shops on one preset share one plan.
_parsed: LRUCache[tuple[str, int], Rules] = LRUCache(maxsize=2_000)
_lock = Lock()


@once_a_page
def active_rules() -> tuple[int, Rules]:
    """Return the version in force and its rules; (0, rules that pay nothing) before the first."""
    return _in_force(clock.now())


def rules_at(moment: datetime) -> Rules:
    """Return the rules that were in force at ``moment``."""
    return _in_force(moment)[1]


IN_FORCE = """
SELECT jsonb_build_array(number, digest) FROM agents_rulesversion WHERE effective_from <= %s
ORDER BY number DESC LIMIT 1
"""
"""Which rules are in force at a moment, for who reads them in a statement of their own."""


def rules_found(row: Sequence[Any] | None) -> tuple[int, Rules]:
    """Return the version and the rules that ``IN_FORCE`` found; (0, rules that pay nothing) for None."""
    return (row[0], _rules(row[0], row[1])) if row else (0, NO_RULES)


def _in_force(moment: datetime) -> tuple[int, Rules]:
    row = (
        RulesVersion.objects.filter(effective_from__lte=moment)
        .order_by("-number")
        .values_list("number", "digest")
        .first()
    )
    return rules_found(row)


def rules_of(version: int) -> Rules:
    """Return the rules of one version, 0 meaning none. Raises NotFound."""
    if version == 0:
        return NO_RULES
    digest = RulesVersion.objects.filter(number=version).values_list("digest", flat=True).first()
    if digest is None:
        raise NotFound("there is no such version of the rules", field="version", value=version)
    return _rules(version, digest)


def _rules(number: int, digest: str) -> Rules:
    with _lock:
        rules = _parsed.get((digest, number))
    if rules is None:
        document = RulesVersion.objects.values_list("document", flat=True).get(number=number)
        rules = parse(document).at_version(number)
        with _lock:
            _parsed[digest, number] = rules
    return rules


def newcomer() -> Person:
    """Return somebody who would join now, with the roles that joining grants: for prices visitors see."""
    _version, rules = active_rules()
    return Person(id="", roles=frozenset(rules.document.join.grants))


def person_of(user: User | None) -> Person:
    """Return the person behind ``user`` with the roles held now; without a user somebody without roles."""
    if user is None:
        return NOBODY
    row = Member.objects.filter(pk=user.pk).values_list("roles", "company_number").first()
    return Person(str(user.pk), frozenset(row[0]), bool(row[1])) if row else Person(id=str(user.pk))


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
    people = {name: _person_from_json(data[name]) for name in _PEOPLE if name in data}
    above = tuple(_person_from_json(person) for person in data.get("above", ()))
    first = bool(data.get("first"))
    return Chain(_person_from_json(data["buyer"]) if "buyer" in data else NOBODY)._replace(
        above=above, first=first, **people
    )


_PEOPLE = ("sharer", "second", "streamer", "bringer", "author", "leader")


def _person_to_json(person: Person) -> dict[str, Any]:
    return {"id": person.id, "roles": sorted(person.roles), "company": person.company}


def _person_from_json(data: Mapping[str, Any]) -> Person:
    return Person(data["id"], frozenset(data["roles"]), data["company"])


def sharing_earns(user: User | None, lines: Sequence[SaleLine]) -> int:
    """Return what ``user`` would earn if somebody new bought ``lines`` through their link, minor units.

    Without a user it is what anybody who joins now would earn.
    """
    _version, rules = active_rules()
    sharer = person_of(user) if user else newcomer()._replace(id="sharer")
    buyer = Person(id="buyer", roles=frozenset(rules.document.join.grants))
    tenant = current_tenant()
    fee = share_of(sum(line.paid for line in lines), tenant.platform_fee_bp)
    order = SaleOrder("preview", tenant.currency, tuple(lines), fee)
    earnings = split_order(order, Chain(buyer, sharer, None, (sharer,)), rules).earnings
    return sum(earning.amount for earning in earnings if earning.payee_id == sharer.id)


@dataclass(frozen=True, slots=True)
class EarningView:
    """One earning of an order. ``payee_id`` is the member's id, or the tenant's own for the shop's margin."""

    payee_id: str
    payee_kind: str
    kind: str
    earn_id: str
    level: int
    amount: int
    clawed_back: int
    state: str
    why: dict[str, str]


def earnings_of(order_id: UUID) -> list[EarningView]:
    """Return the earnings of an order in the order in which they were made, the shop's margin last."""
    tenant = str(current_tenant().id)
    return [
        EarningView(
            payee_id=str(earning.payee_id or tenant),
            payee_kind=earning.payee_kind,
            kind=earning.kind,
            earn_id=earning.earn_id,
            level=earning.level,
            amount=earning.amount,
            clawed_back=earning.clawed_back,
            state=earning.state,
            why=earning.why,
        )
        for earning in Earning.objects.filter(sale_id=order_id).order_by("position")
    ]


def member_names(payee_ids: Iterable[UUID | str]) -> dict[UUID, str]:
    """Return what to call each of these members; ids of nobody are left out."""
    return {
        user.pk: str(user)
        for user in User.objects.filter(pk__in={UUID(str(key)) for key in payee_ids if key})
    }
