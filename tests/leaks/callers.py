"""Those whom Alice's things do not concern, and how they call an address."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.test import Client

from kernel.ids import new_id
from kernel.tenancy import in_public, in_tenant
from tests.leaks.marked import MarkedShop
from tests.leaks.samples import PLATFORM_URLS, TENANT_URLS
from tests.support.surface import Address, body_of
from tests.support.world import CHARLIES_HOST as CHARLIE
from tests.support.world import HOST as ALICE
from tests.support.world import PLATFORM

BACKEND = "accounts.backends.RoleBackend"
# Sent with every unsafe request: whatever a missing check would let through finds what it needs.
CONTENT = {
    "reason": "leak test", "carrier": "SF", "tracking_number": "LEAK1", "quantity": "2", "role": "provider",
    "name": "Mallory", "number": "666", "email": "mallory@example.test", "password": "mallory-pass-1",
    "document": "name: leak", "amount": "10", "post": "yes", "action": "delete_selected", "state": "paid",
    "card": "4242424242424242", "save": "1", "publish": "1", "activate": "1", "host": ALICE,
    "is_active": "on", "language": "en", "phone": "13800138000", "country": "CN",
    "division_1": "310000", "division_2": "310104", "region": "x", "address": "1 Leak Road", "featured": "9",
    "is_hidden": "on", "available": "666", "wish": "refund", "text": "leak", "do": "refund", "uses": "1",
    "approve": "1", "refuse": "1", "which": "take", "wallet": "commission_payable", "lift": "1",
    "scopes": "orders:write", "per_minute": "10", "theme": "night", "idempotency_key": "leak",
}  # fmt: skip


@dataclass(frozen=True)
class Caller:
    """Somebody who calls: on which host, and from which schema their session is."""

    host: str
    person: str = ""
    home: str = ""
    key: bool = False

    @property
    def urlconf(self) -> str:
        """The urlconf of the host."""
        return PLATFORM_URLS if self.host == PLATFORM else TENANT_URLS


CALLERS = {
    "nobody on Charlie's host": Caller(CHARLIE),
    "Charlie, an owner, on his own host": Caller(CHARLIE, "charlie", "charlie"),
    "Carl, a member, on his own host": Caller(CHARLIE, "carl", "charlie"),
    "nobody on Alice's host": Caller(ALICE),
    "Charlie with his cookie on Alice's host": Caller(ALICE, "charlie", "charlie"),
    "a supplier with their cookie on Alice's host": Caller(ALICE, "forge", "public"),
    "Mallory, another member of Alice's shop": Caller(ALICE, "mallory", "alice"),
    "Charlie's key on his own host": Caller(CHARLIE, key=True),
    "Charlie's key on Alice's host": Caller(ALICE, key=True),
    "nobody on the platform's host": Caller(PLATFORM),
    "a supplier of other goods": Caller(PLATFORM, "forge", "public"),
    "Charlie with his cookie on the platform's host": Caller(PLATFORM, "charlie", "charlie"),
    "Alice with her cookie on the platform's host": Caller(PLATFORM, "alice", "alice"),
}


def client_of(marked: MarkedShop, caller: Caller, client: Client | None = None) -> Client:
    """Return a browser with a fresh session, or a program with a key; making a Client is slow."""
    client = client or Client()
    client.cookies.clear()
    client.defaults = {"HTTP_HOST": caller.host, "HTTP_ACCEPT_LANGUAGE": "en"}
    if caller.key:
        client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {marked.charlies_key}"
    if caller.person:
        person = marked.people[caller.person]
        place = {"alice": marked.alice, "charlie": marked.charlie}.get(caller.home)
        with in_tenant(place) if place else in_public():
            client.force_login(person, backend=BACKEND)
    return client


def call(client: Client, method: str, address: Address, marked: MarkedShop) -> str:
    """Call an address and return all that the answer says, without what was asked for itself."""
    headers: dict[str, Any] = {"idempotency-key": new_id().hex}
    with in_public():
        if method == "GET":
            response = client.get(address.path, headers=headers)
        elif address.path.startswith("/api/"):
            response = client.generic(
                method,
                address.path,
                json.dumps({"lines": []}),
                content_type="application/json",
                headers=headers,
            )
        else:
            content = {**CONTENT, "line_id": str(marked.line.pk), "_selected_action": str(marked.order.pk)}
            response = client.generic(
                method,
                address.path,
                "&".join(f"{name}={quote(value)}" for name, value in content.items()),
                content_type="application/x-www-form-urlencoded",
                headers=headers,
            )
    # Whoever asks whether all is up is told: in a test no worker runs.
    assert response.status_code < 500 or address.path == "/readyz", (
        f"{method} {address.path}: {response.status_code}"
    )
    said = body_of(response)
    for path in (address.path, quote(address.path), quote(address.path, safe="")):
        said = said.replace(path, "")
    return said
