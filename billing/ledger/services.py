"""Posting. The only way money moves; every call may be repeated with the same key."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext_lazy as _

from billing.ledger.models import GUARDED, AccountKind, Entry, OwnerKind, Transfer
from kernel import audit
from kernel.database import unit_of_work
from kernel.database.unit_of_work import joins_transaction
from kernel.errors import Conflict, InvalidInput, NotFound
from kernel.money.amounts import MAX_AMOUNT

POST = "SELECT public.ledger_post(%s, %s, %s, %s, %s, %s, %s, %s)"
FIND = (
    "SELECT id, payload_hash = public.ledger_digest(%s, %s, %s, %s) FROM public.ledger_transfer"
    " WHERE tenant_id = %s AND kind = %s AND idempotency_key = %s"
)
OWNER_KINDS = frozenset(OwnerKind.values)
OPEN_ENDED = {kind: "f" if kind in GUARDED else "t" for kind in AccountKind}
CURRENCY = re.compile("[A-Z]{3}")
REVERSAL = "reversal"
CHECKPOINT_MARGIN = timedelta(minutes=1)


class Leg(NamedTuple):
    """One side of a transfer. ``amount`` in minor units: positive is owed to the owner, negative the reverse.

    ``tenant_id`` names the account's tenant; None takes the transfer's own.
    """

    owner_kind: str
    owner_id: UUID
    kind: AccountKind
    currency: str
    amount: int
    tenant_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Posted:
    """The transfer that is in the ledger now; ``replayed`` if an earlier call had put it there."""

    transfer_id: UUID
    replayed: bool


@joins_transaction
def post(
    *,
    tenant_id: UUID,
    kind: str,
    idempotency_key: str,
    legs: Sequence[Leg],
    subject_id: UUID | None = None,
    rule_version: int | None = None,
    occurred_at: datetime | None = None,
    reverses: UUID | None = None,
) -> Posted:
    """Move money: all legs or none. Must run inside a transaction.

    The same (tenant, kind, key) with the same content returns the first transfer; with another content it
    raises Conflict. Raises InsufficientBalance with ``details["missing"]`` where an account that may not go
    negative would, and InvalidInput for fewer than two legs, a zero or oversized amount or legs that do not
    sum to zero in each currency. After an error from the database the transaction can only be rolled back.
    """
    unit_of_work.flush()  # accounts of suppliers and of the platform are locked by all orders
    return _post(tenant_id, kind, idempotency_key, legs, subject_id, rule_version, occurred_at, reverses)


def post_alone(
    *,
    tenant_id: UUID,
    kind: str,
    idempotency_key: str,
    legs: Sequence[Leg],
    subject_id: UUID | None = None,
    rule_version: int | None = None,
    occurred_at: datetime | None = None,
) -> Posted:
    """Like ``post``, but with no transaction around it: one round trip, for what changes the ledger only."""
    return _post(tenant_id, kind, idempotency_key, legs, subject_id, rule_version, occurred_at, None)


def _post(
    tenant_id: UUID,
    kind: str,
    idempotency_key: str,
    legs: Sequence[Leg],
    subject_id: UUID | None,
    rule_version: int | None,
    occurred_at: datetime | None,
    reverses: UUID | None,
) -> Posted:
    rows = _rows(tenant_id, legs)
    key = [tenant_id.hex, kind, idempotency_key]
    about = [rows, subject_id and subject_id.hex, rule_version, reverses]
    with connection.cursor() as cursor:
        cursor.execute(POST, [*key, *about, occurred_at])
        (transfer_id,) = cursor.fetchone()
        if transfer_id:
            return Posted(transfer_id, replayed=False)
        cursor.execute(FIND, [*about, *key])
        transfer_id, is_same = cursor.fetchone()
    if not is_same:
        raise Conflict(
            _("this key was already used for another transfer"),
            field="idempotency_key",
            value=f"{kind} {idempotency_key}",
            remedy=_("use a new key for a new transfer"),
            code="idempotency_conflict",
        )
    return Posted(transfer_id, replayed=True)


def reverse(
    *, transfer_id: UUID, reason: str, acting_user: Any, occurred_at: datetime | None = None
) -> Posted:
    """Correct a transfer by posting its exact opposite, once; the correction of a correction is possible too.

    Must run inside a transaction. Raises NotFound, and InsufficientBalance if the money has moved on.
    """
    original = Transfer.objects.filter(id=transfer_id).first()
    if original is None:
        raise NotFound(_("there is no such transfer"), field="transfer", value=transfer_id)
    entries = Entry.objects.filter(transfer_id=transfer_id).select_related("account").order_by("seq")
    legs = [
        Leg(
            entry.account.owner_kind,
            entry.account.owner_id,
            AccountKind(entry.account.kind),
            entry.currency,
            -entry.amount,
            entry.account.tenant_id,
        )
        for entry in entries
    ]
    posted = post(
        tenant_id=original.tenant_id,
        kind=REVERSAL,
        idempotency_key=str(transfer_id),
        legs=legs,
        subject_id=original.subject_id,
        rule_version=original.rule_version,
        occurred_at=occurred_at,
        reverses=transfer_id,
    )
    if not posted.replayed:
        audit.record(
            "ledger.reverse",
            actor=acting_user,
            object_type="transfer",
            object_id=transfer_id,
            object_label=str(original),
            changes={"reversal": str(posted.transfer_id)},
            reason=reason,
        )
    return posted


def fold_entries(*, margin: timedelta = CHECKPOINT_MARGIN) -> int:
    """Fold entries of accounts without a balance row into checkpoints; return how many accounts moved on.

    Only entries older than ``margin`` and than every open transaction: their number is final.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT public.ledger_fold(make_interval(secs => %s))", [margin.total_seconds()])
        return int(cursor.fetchone()[0])


def _rows(tenant_id: UUID, legs: Sequence[Leg]) -> str:
    """Return the legs as PostgreSQL writes an array of rows, sorted: in another order they are the same.

    Ids, known words, three capital letters and numbers: nothing in it would need quotes of its own.
    """
    if len(legs) < 2:
        raise InvalidInput(_("a transfer needs at least two legs"), field="legs", value=len(legs))
    own = tenant_id.hex
    rest: dict[str, int] = {}
    rows = []
    for owner_kind, owner_id, kind, currency, amount, of_tenant in legs:
        if not isinstance(amount, int) or not 0 < abs(amount) <= MAX_AMOUNT:
            raise InvalidInput(
                _("an amount is zero, too large or no whole number of minor units"),
                field="amount",
                value=amount,
            )
        if owner_kind not in OWNER_KINDS or kind not in OPEN_ENDED:
            raise InvalidInput(_("there is no such account"), field="kind", value=f"{owner_kind} {kind}")
        if currency not in rest:
            if not CURRENCY.fullmatch(currency):
                raise InvalidInput(_("a currency is three capital letters"), field="currency", value=currency)
            rest[currency] = 0
        rest[currency] += amount
        tenant = of_tenant.hex if of_tenant else own
        rows.append(f"({tenant},{owner_kind},{owner_id.hex},{kind},{OPEN_ENDED[kind]},{currency},{amount})")
    for currency, amount in rest.items():
        if amount:
            raise InvalidInput(
                _("the legs do not sum to zero in %(currency)s") % {"currency": currency},
                field="legs",
                value=amount,
            )
    rows.sort()
    return '{"' + '","'.join(rows) + '"}'
