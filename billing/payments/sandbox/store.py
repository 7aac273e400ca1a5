"""What the sandbox remembers: objects, keys, events and their deliveries, in one SQLite file."""

import json
import secrets
import sqlite3
import string
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Thing = dict[str, Any]
SCHEMA = """
CREATE TABLE IF NOT EXISTS object (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, account TEXT NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS object_kind ON object (kind, account, seq);
CREATE TABLE IF NOT EXISTS answer (
    account TEXT, key TEXT, request TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL,
    at REAL NOT NULL, PRIMARY KEY (account, key));
CREATE TABLE IF NOT EXISTS delivery (
    event TEXT PRIMARY KEY, due REAL NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, done REAL, error TEXT);
CREATE INDEX IF NOT EXISTS delivery_due ON delivery (due) WHERE done IS NULL;
CREATE TABLE IF NOT EXISTS request (
    id TEXT PRIMARY KEY, at REAL NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL, account TEXT NOT NULL,
    key TEXT, status INTEGER NOT NULL, sent TEXT NOT NULL, answered TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS request_at ON request (at);
CREATE TABLE IF NOT EXISTS clock (seconds INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS fault (path TEXT NOT NULL, moment TEXT NOT NULL, times INTEGER NOT NULL);
"""
ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
KEY_LIFE = 24 * 3600


def random_id(prefix: str, length: int = 24) -> str:
    """Return an id as Stripe makes them: pi_3Mtw…"""
    return f"{prefix}_{''.join(secrets.choice(ALPHABET) for _character in range(length))}"


class Store:
    """One file, safe after ``kill -9``. Every request is one transaction; the others wait for it."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.clock = clock
        self.base = ""
        """Where people reach the sandbox's pages; known from the first request."""
        self._lock = threading.RLock()
        self._link = sqlite3.connect(
            folder / "stripe.sqlite3", timeout=30, isolation_level=None, check_same_thread=False
        )
        self._link.row_factory = sqlite3.Row
        self._run("PRAGMA journal_mode = WAL")
        self._run("PRAGMA synchronous = NORMAL")
        with self.transaction():
            for statement in SCHEMA.split(";\n"):
                self._run(statement)

    def close(self) -> None:
        """Let go of the file."""
        self._link.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what the block wrote, or nothing of it."""
        with self._lock:
            self._run("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._run("ROLLBACK")
                raise
            self._run("COMMIT")

    def _run(self, query: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        with self._lock:
            return self._link.execute(query, values).fetchall()

    def now(self) -> int:
        """Return seconds since 1970, as all of Stripe's times are, by the sandbox's own clock."""
        (row,) = self._run("SELECT coalesce(sum(seconds), 0) AS ahead FROM clock")
        return int(self.clock()) + int(row["ahead"])

    def advance(self, seconds: int) -> None:
        """Set the sandbox's clock forward. Keys and deliveries go by the real one."""
        self._run("INSERT INTO clock VALUES (?)", (seconds,))

    def save(self, thing: Thing, account: str = "") -> Thing:
        """Insert or replace an object."""
        self._run(
            "INSERT INTO object (id, kind, account, seq, body)"
            " VALUES (?, ?, ?, (SELECT coalesce(max(seq), 0) + 1 FROM object), ?)"
            " ON CONFLICT (id) DO UPDATE SET body = excluded.body",
            (thing["id"], thing["object"], account, json.dumps(thing)),
        )
        return thing

    def get(self, thing_id: str, kind: str = "", account: str | None = None) -> Thing | None:
        """Return an object of that kind and account, or None."""
        rows = self._run("SELECT kind, account, body FROM object WHERE id = ?", (thing_id,))
        if not rows or kind not in ("", rows[0]["kind"]) or account not in (None, rows[0]["account"]):
            return None
        thing: Thing = json.loads(rows[0]["body"])
        return thing

    def account_of(self, thing_id: str) -> str:
        """Return the account an object belongs to, empty for the platform."""
        rows = self._run("SELECT account FROM object WHERE id = ?", (thing_id,))
        return str(rows[0]["account"]) if rows else ""

    def all(self, kind: str, account: str | None = "") -> list[Thing]:
        """Return objects of a kind, newest first; of every account with None."""
        query, values = "SELECT body FROM object WHERE kind = ?", [kind]
        if account is not None:
            query, values = f"{query} AND account = ?", [kind, account]
        return [json.loads(row["body"]) for row in self._run(f"{query} ORDER BY seq DESC", values)]

    def where(self, kind: str, field: str, value: str) -> list[Thing]:
        """Return objects of a kind whose ``field`` has a value, newest first, of every account."""
        rows = self._run(
            "SELECT body FROM object WHERE kind = ? AND json_extract(body, ?) = ? ORDER BY seq DESC",
            (kind, f"$.{field}", value),
        )
        return [json.loads(row["body"]) for row in rows]

    def balance_sums(self, account: str) -> list[tuple[str, bool, int]]:
        """Return (currency, whether available by now, sum of net) of an account's balance transactions."""
        rows = self._run(
            "SELECT json_extract(body, '$.currency') AS currency,"
            " json_extract(body, '$.available_on') <= ? AS is_available,"
            " sum(json_extract(body, '$.net')) AS net"
            " FROM object WHERE kind = 'balance_transaction' AND account = ? GROUP BY 1, 2",
            (self.now(), account),
        )
        return [(row["currency"], bool(row["is_available"]), int(row["net"])) for row in rows]

    def remembered(self, account: str, key: str) -> sqlite3.Row | None:
        """Return the answer given for an idempotency key within the last 24 hours."""
        rows = self._run(
            "SELECT request, status, body FROM answer WHERE account = ? AND key = ? AND at > ?",
            (account, key, self.clock() - KEY_LIFE),
        )
        return rows[0] if rows else None

    def remember(self, account: str, key: str, request: str, status: int, body: str) -> None:
        """Keep the answer for an idempotency key."""
        self._run(
            "INSERT OR REPLACE INTO answer VALUES (?, ?, ?, ?, ?, ?)",
            (account, key, request, status, body, self.clock()),
        )

    def schedule(self, event_id: str) -> None:
        """Have an event delivered."""
        self._run("INSERT INTO delivery (event, due) VALUES (?, ?)", (event_id, self.clock()))

    def due(self, limit: int = 20) -> list[tuple[Thing, int]]:
        """Return events to be delivered now, oldest first, with how often each was tried."""
        rows = self._run(
            "SELECT object.body, delivery.attempts FROM delivery JOIN object ON object.id = delivery.event"
            " WHERE delivery.done IS NULL AND delivery.due <= ? ORDER BY object.seq LIMIT ?",
            (self.clock(), limit),
        )
        return [(json.loads(row["body"]), row["attempts"]) for row in rows]

    def delivered(self, event_id: str) -> None:
        """The event was taken."""
        self._run(
            "UPDATE delivery SET done = ?, attempts = attempts + 1, error = NULL WHERE event = ?",
            (self.clock(), event_id),
        )

    def delay(self, event_id: str, seconds: float, error: str) -> None:
        """The event was not taken; try again in ``seconds``."""
        self._run(
            "UPDATE delivery SET due = ?, attempts = attempts + 1, error = ? WHERE event = ?",
            (self.clock() + seconds, error[:500], event_id),
        )

    def deliveries(self) -> dict[str, sqlite3.Row]:
        """Return every delivery by its event."""
        return {row["event"]: row for row in self._run("SELECT * FROM delivery")}

    def note_request(
        self,
        request_id: str,
        method: str,
        path: str,
        account: str,
        key: str | None,
        status: int,
        **bodies: str,
    ) -> None:
        """Keep what was asked (``sent``) and ``answered`` for people to look at; the newest thousand."""
        self._run(
            "INSERT INTO request VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                request_id,
                self.clock(),
                method,
                path,
                account,
                key,
                status,
                bodies["sent"],
                bodies["answered"],
            ),
        )
        self._run(
            "DELETE FROM request WHERE at < (SELECT at FROM request ORDER BY at DESC LIMIT 1 OFFSET 1000)"
        )

    def requests(self, limit: int) -> list[sqlite3.Row]:
        """Return the newest requests."""
        return self._run("SELECT * FROM request ORDER BY at DESC LIMIT ?", (limit,))

    def request(self, request_id: str) -> sqlite3.Row | None:
        """Return one request, or None."""
        rows = self._run("SELECT * FROM request WHERE id = ?", (request_id,))
        return rows[0] if rows else None

    def add_fault(self, path: str, moment: str, times: int) -> None:
        """Break the next writes to a ``path``, ``before`` or ``after`` they work, or reads (``refused``)."""
        self._run("INSERT INTO fault VALUES (?, ?, ?)", (path, moment, times))

    def take_fault(self, path: str, *, reads: bool = False) -> str:
        """Return "before", "after" or (of reads) "refused" if this request is to be broken, and count it."""
        rows = self._run(
            "SELECT rowid, moment FROM fault WHERE times > 0 AND ? LIKE path || '%'"
            " AND (moment = 'refused') = ? ORDER BY rowid LIMIT 1",
            (path, reads),
        )
        if not rows:
            return ""
        self._run("UPDATE fault SET times = times - 1 WHERE rowid = ?", (rows[0]["rowid"],))
        return str(rows[0]["moment"])
