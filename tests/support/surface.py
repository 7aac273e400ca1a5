"""Every URL pattern of a urlconf as an address that can be called; the database's state as hashes."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.admindocs.views import simplify_regex
from django.db import connection
from django.urls import URLPattern, URLResolver, get_resolver, resolve
from django.urls.resolvers import RoutePattern

PARAMETER = re.compile(r"<(?:[^>:]+:)?([^>]+)>")
ALTERNATIVES = re.compile(r"\(\?P<app_label>([a-z_]+)")


@dataclass(frozen=True, slots=True)
class Address:
    """A path that can be called, and the pattern it stands for."""

    path: str
    route: str


def addresses(urlconf: str, sample: Callable[[str, str], str]) -> list[Address]:
    """Return an address for every pattern of ``urlconf``.

    ``sample(route, parameter)`` gives the text of a parameter and raises KeyError if it knows none; then a
    new URL has appeared that nobody has thought about yet.
    """
    surfaces = []
    for route in routes(get_resolver(urlconf)):
        path = "/" + PARAMETER.sub(lambda match, route=route: sample(route, match[1]), route)  # type: ignore[misc]
        resolve(path, urlconf)
        surfaces.append(Address(path, route))
    return surfaces


def routes(resolver: URLResolver, above: str = "") -> Iterator[str]:
    """Return the whole route of every pattern below ``resolver``, with its parameters as <name>."""
    for item in resolver.url_patterns:
        route = above + _route(item)
        if isinstance(item, URLPattern):
            yield route
        else:
            yield from routes(item, route)


def _route(item: URLPattern | URLResolver) -> str:
    if isinstance(item.pattern, RoutePattern):
        return str(item.pattern)
    expression = str(item.pattern)
    if choices := ALTERNATIVES.search(expression):  # the admin's page of one app: take the first it has
        return f"{choices[1]}/"
    return simplify_regex(expression).lstrip("/")


TABLES = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname IN ('public', %s) AND NOT c.relispartition ORDER BY 1, 2
"""


class State:
    """The contents of a shop's tables and of "public", except for what belongs to another shop."""

    def __init__(self, schema: str, *, others: tuple[str, ...]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(TABLES, [schema])
            tables = cursor.fetchall()
        # Rows that name the caller's own shop may change: that is the caller's business.
        self._values = [f"%{word}%" for word in others]
        unconcerned = " AND ".join(["row_to_json(t)::text NOT LIKE %s"] * len(others)) or "true"
        self._parts = [
            f"SELECT '{space}.{name}', count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) "
            f'FROM "{space}"."{name}" t WHERE {unconcerned}'
            for space, name in tables
        ]

    def read(self) -> dict[str, tuple[int, str | None]]:
        """Return table -> (rows, hash of their contents)."""
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(self._parts), self._values * len(self._parts))
            return {name: (rows, digest) for name, rows, digest in cursor.fetchall()}


def writes() -> int:
    """Return how many rows this transaction has inserted, changed or deleted so far, undone ones too."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) FROM pg_stat_xact_user_tables"
        )
        return int(cursor.fetchone()[0])


def body_of(response: Any) -> str:
    """Return everything an answer says: headers, cookies and body."""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    cookies = "\n".join(morsel.OutputString() for morsel in response.cookies.values())
    headers = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
    return f"{headers}\n{cookies}\n{content.decode('utf-8', errors='replace')}"
