"""Every URL of every surface, called by people whom it does not concern: nothing is shown, nothing changes.

Alice's shop holds things that bear marks. Others call every address with the ids of her things: the owner,
a member and a key of Charlie's shop, a supplier of other goods, another member of Alice's own shop, and
nobody at all. A pattern whose parameters have no sample fails, so that no new URL is forgotten.
"""

from typing import Any

import pytest
from django.conf import settings
from django.db import transaction

from tests.leaks.callers import ALICE, CALLERS, CHARLIE, PLATFORM, Caller, call, client_of
from tests.leaks.marked import SHOWN_TO_ALL, MarkedShop, mark_everything
from tests.leaks.samples import PLATFORM_URLS, TENANT_URLS, walk
from tests.support.surface import Address, State, addresses, writes
from tests.support.world import World

pytestmark = pytest.mark.slow


@pytest.fixture
def marked(world: World) -> MarkedShop:
    """Everything in place and marked."""
    return mark_everything(world)


# What any visitor of a shop may do there: fill a cart, and sign up.
OPEN_TO_ALL = {
    "cart/add/": {"shop_cart", "shop_cartline"},
    "account/signup/": {"accounts_user", "account_emailaddress", "agents_member", "shop_cart"},
}


# A supplier chooses whose judges taste its product: the names of shops, which anybody may know.
NAMES_SHOPS = {"/portal/proposals/new/"}


def shown(address: Address, marks: tuple[str, ...], said: str) -> list[str]:
    """Return the marks that an answer shows although they do not concern who asked."""
    leaked = [word for word in marks if word in said]
    return [word for word in leaked if word != "zq-shop"] if address.path in NAMES_SHOPS else leaked


@pytest.mark.parametrize("name", CALLERS)
def test_nothing_is_shown_and_nothing_changes(marked: MarkedShop, name: str) -> None:
    caller = CALLERS[name]
    marks = marked.marks if caller.host == ALICE else (*marked.marks, *SHOWN_TO_ALL)
    own = [str(marked.people[caller.person].pk)] if caller.person else []
    if caller.person and (supplier := marked.people[caller.person].supplier_id):
        own.append(str(supplier))  # a supplier may open an account of its own
    if caller.host == CHARLIE:
        own += [str(marked.charlie.pk), marked.charlie.schema_name]
    state = State(marked.alice.schema_name, others=tuple(own))
    before = state.read()
    walked = walk(marked, caller.urlconf)
    assert len(walked) >= (60 if caller.urlconf == TENANT_URLS else 40)
    client = client_of(marked, caller)
    for address in walked:
        said = call(client, "GET", address, marked)
        assert not shown(address, marks, said), f"GET {address.path} shows it"
    assert changes(before, state.read()) == set(), "a GET changed something"
    for address in walked:
        for method in ("POST", "PUT", "DELETE") if address.path.startswith("/api/") else ("POST",):
            client_of(marked, caller, client)
            mark, written = transaction.savepoint_create(), writes()
            said = call(client, method, address, marked)
            assert not shown(address, marks, said), f"{method} {address.path} shows it"
            # Comparing all contents is slow; it is needed only where anything was written at all.
            if writes() != written:
                changed = changes(before, state.read()) - OPEN_TO_ALL.get(address.route, set())
                assert changed == set(), f"{method} {address.path} changed it"
            transaction.savepoint_rollback(mark)


def changes(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    """Return the names of the tables whose contents differ."""
    return {table.partition(".")[2] for table in after if after[table] != before[table]}


def test_the_walk_would_find_a_leak(marked: MarkedShop) -> None:
    """The same walk by those whom it concerns does find the marks and the changes."""
    seen: set[str] = set()
    for person, host, home in (
        ("alice", ALICE, "alice"),
        ("carol", ALICE, "alice"),
        ("farm", PLATFORM, "public"),
    ):
        caller = Caller(host, person, home)
        client = client_of(marked, caller)
        for address in walk(marked, caller.urlconf):
            said = call(client, "GET", address, marked)
            seen |= {mark for mark in (*marked.marks, *SHOWN_TO_ALL) if mark in said}
    assert {"zq-carol", "zq-receiver", "zq-address", "zq-draft", "zq-key", "zq-actor", "zq-rules"} <= seen
    assert set(SHOWN_TO_ALL) <= seen
    state = State(marked.alice.schema_name, others=())
    carol = client_of(marked, Caller(ALICE, "carol", "alice"))
    before = state.read()
    address = next(item for item in walk(marked, TENANT_URLS) if str(marked.line.pk) in item.path)
    call(carol, "POST", address, marked)
    assert changes(before, state.read()) == {"shop_cartline"}


def test_a_new_url_without_a_sample_fails() -> None:
    def none_known(route: str, parameter: str) -> str:
        raise KeyError(parameter)

    for urlconf in (TENANT_URLS, PLATFORM_URLS):
        with pytest.raises(KeyError):
            addresses(urlconf, none_known)
    assert settings.ROOT_URLCONF == TENANT_URLS
    assert settings.PUBLIC_SCHEMA_URLCONF == PLATFORM_URLS
