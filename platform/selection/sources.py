"""What the domains above know and selection needs: who sells how much, who could judge, what a shop lists.

They register their answers from ``AppConfig.ready``; nothing here imports them.
"""

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from kernel.models import NO_ONE


@dataclass(frozen=True, slots=True)
class Candidate:
    """A member who could judge. ``person`` is ``person_key`` of their address; sales in minor units."""

    tenant_id: UUID
    user_id: UUID
    name: str
    person: str
    completed_sales: int = 0


def person_key(email: str) -> str:
    """Return the SHA-256 of an address in lower case: the same person in all shops, without the address."""
    return hashlib.sha256(email.strip().lower().encode()).hexdigest()


def lot(seed: str, person: str) -> str:
    """Return somebody's lot in a draw; the lowest lots are drawn, and anybody can check their own."""
    return hashlib.sha256(f"{seed}|{person}".encode()).hexdigest()


type CandidatesOf = Callable[[UUID, str, int, Collection[str]], Sequence[Candidate]]
"""Takes a scope (NO_ONE: the network), a currency or seed, how many at most, and person keys to leave out."""


@dataclass(slots=True)
class _Sources:
    panel: CandidatesOf | None = None
    jury: CandidatesOf | None = None
    on_sale: Callable[[UUID], Collection[UUID]] | None = None
    shop_name: Callable[[UUID], str] = str
    schema: Callable[[UUID], str] | None = None
    shops: Callable[[], Sequence[tuple[UUID, str]]] | None = None


_registered = _Sources()


def register(
    *,
    panel: CandidatesOf,
    jury: CandidatesOf,
    on_sale: Callable[[UUID], Collection[UUID]],
    shop_name: Callable[[UUID], str],
    schema: Callable[[UUID], str],
    shops: Callable[[], Sequence[tuple[UUID, str]]],
) -> None:
    """Register the answers.

    ``panel`` returns the people with the highest completed sales of a scope, best first; for the whole
    network in tenants of the currency only, since nothing converts money. ``jury`` returns the members of a
    scope with the lowest ``lot`` for a seed, lowest first.
    """
    global _registered
    _registered = _Sources(panel, jury, on_sale, shop_name, schema, shops)


def panel(scope: UUID, currency: str, limit: int, excluded: Collection[str]) -> Sequence[Candidate]:
    """Return the best sellers of a scope; nobody where nothing is registered."""
    return _registered.panel(scope, currency, limit, excluded) if _registered.panel else ()


def jury(scope: UUID, seed: str, limit: int, excluded: Collection[str]) -> Sequence[Candidate]:
    """Return those members of a scope whom the seed draws."""
    return _registered.jury(scope, seed, limit, excluded) if _registered.jury else ()


def on_sale(tenant_id: UUID) -> Collection[UUID]:
    """Return the ids of the products that a shop lists now."""
    return _registered.on_sale(tenant_id) if _registered.on_sale else ()


def shop_name(tenant_id: UUID) -> str:
    """Return what a shop is called; empty for the whole network."""
    return "" if tenant_id == NO_ONE else _registered.shop_name(tenant_id)


def shops() -> Sequence[tuple[UUID, str]]:
    """Return the shops that are open, with their names."""
    return _registered.shops() if _registered.shops else ()


def schema_of(tenant_id: UUID) -> str:
    """Return the schema of a tenant."""
    return _registered.schema(tenant_id) if _registered.schema else "public"
