"""What higher floors know and selection needs: who sells how much, who could judge, what a shop lists.

The rooms above register their answers from ``AppConfig.ready``; nothing here imports them.
"""

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from kernel.models import NO_ONE


@dataclass(frozen=True, slots=True)
class Person:
    """A member who could judge. ``person`` is ``person_key`` of their address; sales in minor units."""

    tenant_id: UUID
    user_id: UUID
    name: str
    person: str
    settled_sales: int = 0


def person_key(email: str) -> str:
    """Return the SHA-256 of an address in lower case: the same person in all shops, without the address."""
    return hashlib.sha256(email.strip().lower().encode()).hexdigest()


def lot(seed: str, person: str) -> str:
    """Return somebody's lot in a draw; the lowest lots are drawn, and anybody can check their own."""
    return hashlib.sha256(f"{seed}|{person}".encode()).hexdigest()


class Panel:
    """Returns the ``limit`` people with the highest settled sales of a scope, best first.

    ``tenant_id`` NO_ONE asks for the whole network, in tenants of ``currency`` only: nothing converts money.
    Nobody of ``excluded`` (person keys) may be among them.
    """

    type Ask = Callable[[UUID, str, int, Collection[str]], Sequence[Person]]


class Jury:
    """Returns the ``limit`` members of a scope with the lowest ``lot`` for a seed, lowest first."""

    type Ask = Callable[[UUID, str, int, Collection[str]], Sequence[Person]]


_panel: Panel.Ask | None = None
_jury: Jury.Ask | None = None
_on_sale: Callable[[UUID], Collection[UUID]] | None = None
_shop_name: Callable[[UUID], str] = str
_schema: Callable[[UUID], str] | None = None
_shops: Callable[[], Sequence[tuple[UUID, str]]] | None = None


def register(
    *,
    panel: "Panel.Ask | None" = None,
    jury: "Jury.Ask | None" = None,
    on_sale: Callable[[UUID], Collection[UUID]] | None = None,
    shop_name: Callable[[UUID], str] | None = None,
    schema: Callable[[UUID], str] | None = None,
    shops: Callable[[], Sequence[tuple[UUID, str]]] | None = None,
) -> None:
    """Register one or more answers; the last one given for a question counts."""
    global _panel, _jury, _on_sale, _shop_name, _schema, _shops
    _panel, _jury, _on_sale = panel or _panel, jury or _jury, on_sale or _on_sale
    _shop_name, _schema, _shops = shop_name or _shop_name, schema or _schema, shops or _shops


def panel(scope: UUID, currency: str, limit: int, excluded: Collection[str]) -> Sequence[Person]:
    """Return the best sellers of a scope; nobody where no room has registered."""
    return _panel(scope, currency, limit, excluded) if _panel else ()


def jury(scope: UUID, seed: str, limit: int, excluded: Collection[str]) -> Sequence[Person]:
    """Return those members of a scope whom the seed draws."""
    return _jury(scope, seed, limit, excluded) if _jury else ()


def on_sale(tenant_id: UUID) -> Collection[UUID]:
    """Return the ids of the products that a shop lists now."""
    return _on_sale(tenant_id) if _on_sale else ()


def shop_name(tenant_id: UUID) -> str:
    """Return what a shop is called; empty for the whole network."""
    return "" if tenant_id == NO_ONE else _shop_name(tenant_id)


def shops() -> Sequence[tuple[UUID, str]]:
    """Return the shops that are open, with their names."""
    return _shops() if _shops else ()


def schema_of(tenant_id: UUID) -> str:
    """Return the schema of a tenant."""
    return _schema(tenant_id) if _schema else "public"
