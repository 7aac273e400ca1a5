"""What selection asks of a shop: its best sellers, its members, what it lists.

A sale counts once its order has been received; what was refunded of it does not count.
"""

import heapq
from collections.abc import Collection, Iterable, Iterator, Sequence
from uuid import UUID

from django.db import connection

from kernel.models import NO_ONE
from kernel.tenancy import in_tenant
from kernel.texts.translated import pick
from selection import sources
from selection.sources import Candidate
from tenants.agents.rules_versions import selectors as rules_version_selectors
from tenants.registry.models import Tenant
from tenants.registry.selectors import active_tenants, get_tenant
from tenants.shop.listings import selectors as listing_selectors
from tenants.shop.listings.overlay import overlay

KEY = "encode(sha256(convert_to(lower(btrim(u.email)), 'UTF8')), 'hex')"
SELLERS = f"""
SELECT u.id, u.name, left(u.email, 2), {KEY} AS person, sum(s.paid - s.refunded)::bigint AS sold
FROM agents_sale s JOIN shop_order o ON o.id = s.order_id AND o.state = 'received'
JOIN agents_member m ON m.user_id = s.sharer_id JOIN accounts_user u ON u.id = m.user_id
WHERE u.is_active AND (%(roles)s = '{{}}' OR m.roles && %(roles)s) AND {KEY} <> ALL(%(excluded)s)
GROUP BY u.id HAVING sum(s.paid - s.refunded) > 0 ORDER BY sold DESC, u.id LIMIT %(limit)s
"""  # noqa: S608 - one constant
MEMBERS = f"""
SELECT id, name, hint, person FROM (
    SELECT u.id, u.name, left(u.email, 2) AS hint, {KEY} AS person
    FROM agents_member m JOIN accounts_user u ON u.id = m.user_id WHERE u.is_active AND u.role = 'member'
) AS u WHERE person <> ALL(%(excluded)s)
ORDER BY encode(sha256(convert_to(%(seed)s || '|' || person, 'UTF8')), 'hex') LIMIT %(limit)s
"""  # noqa: S608 - one constant


def best_sellers(scope: UUID, currency: str, limit: int, excluded: Collection[str]) -> Sequence[Candidate]:
    """Return the people with the highest completed sales, best first (see ``selection.sources.register``).

    Where a shop's rules have roles for companies, only their holders count: they are its providers.
    """
    sellers: list[Candidate] = []
    for tenant in _tenants(scope):
        if tenant.currency == currency:
            sellers += _sellers(tenant, limit, excluded)
    best = sorted(sellers, key=lambda person: (-person.completed_sales, person.user_id))
    return _once_each(best, limit)


def drawn_members(scope: UUID, seed: str, limit: int, excluded: Collection[str]) -> Sequence[Candidate]:
    """Return the members with the lowest lots, lowest first (see ``selection.sources.register``)."""
    draws = [list(_members(tenant, seed, limit, excluded)) for tenant in _tenants(scope)]
    return _once_each(heapq.merge(*draws, key=lambda person: sources.lot(seed, person.person)), limit)


def listed_now(tenant_id: UUID) -> Collection[UUID]:
    """Return the ids of what a shop lists at this moment."""
    with in_tenant(get_tenant(tenant_id)):
        return set(listing_selectors.listed_products(overlay()).values_list("id", flat=True))


def shop_name(tenant_id: UUID) -> str:
    """Return the name of a shop in the reader's language."""
    return pick(get_tenant(tenant_id).name)


def shops() -> list[tuple[UUID, str]]:
    """Return the shops that are open, with their names."""
    return [(tenant.id, pick(tenant.name)) for tenant in _tenants(NO_ONE)]


def schema_of(tenant_id: UUID) -> str:
    """Return a shop's schema."""
    return str(get_tenant(tenant_id).schema_name)


def _sellers(tenant: Tenant, limit: int, excluded: Collection[str]) -> Iterator[Candidate]:
    with in_tenant(tenant), connection.cursor() as cursor:
        providers = [
            role.id for role in rules_version_selectors.active_rules()[1].document.roles if role.company
        ]
        cursor.execute(SELLERS, {"roles": providers, "excluded": list(excluded), "limit": limit})
        for key, name, hint, person, sold in cursor.fetchall():
            yield Candidate(tenant.id, key, name or f"{hint}***", person, sold)


def _members(tenant: Tenant, seed: str, limit: int, excluded: Collection[str]) -> Iterator[Candidate]:
    with in_tenant(tenant), connection.cursor() as cursor:
        cursor.execute(MEMBERS, {"seed": seed, "excluded": list(excluded), "limit": limit})
        for key, name, hint, person in cursor.fetchall():
            yield Candidate(tenant.id, key, name or f"{hint}***", person)


def _tenants(scope: UUID) -> list[Tenant]:
    return list(active_tenants().exclude(schema_name="public")) if scope == NO_ONE else [get_tenant(scope)]


def _once_each(people: Iterable[Candidate], limit: int) -> list[Candidate]:
    """One seat for somebody who is a member of several shops: the best of theirs."""
    seen: dict[str, Candidate] = {}
    for person in people:
        if len(seen) == limit:
            break
        seen.setdefault(person.person, person)
    return list(seen.values())
