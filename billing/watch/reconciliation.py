"""The provider's balance beside the ledger, both ways: every line is one posting, every posting one line.

A line is matched to a posting on ``psp_clearing`` of the same amount that bears one of its ids. What the
provider keeps for itself (fees) and what goes to our own bank is known from its lines alone, so it is booked
here. A refund, dispute or transfer that is not known here becomes an event, as if it had been reported by
webhook. Everything that is left on either side is a difference, named in the report. Each gateway has a
clearing account of its own and is held beside its own lines, as far as they are complete: WeChat Pay's come a
day later.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Min, Q

from billing.ledger import services as ledger_services
from billing.ledger.models import AccountKind, Entry
from billing.ledger.services import Leg
from billing.payments.clearing import OWNERS, clearing_leg
from billing.payments.gateway import GATEWAYS, BalanceMove, gateway
from billing.payments.models import Dispute, Payment, Refund
from billing.payouts.models import Payout
from billing.plans import selectors as plan_selectors
from billing.plans.models import Invoice
from billing.watch.checks import Difference
from billing.watch.models import BalanceLine, Sweep
from billing.watch.sweeping import note
from kernel import clock
from kernel.calls.errors import CallError
from kernel.database.unit_of_work import lock_name
from kernel.events import inbox
from kernel.models import NO_ONE

OVERLAP = timedelta(days=3)
"""Each run looks back this far behind the last one: lines come late, and a line seen twice is one line."""
GRACE = timedelta(hours=1)
"""So long a webhook or a sweeper may take before a line without posting is a difference."""
BATCH = 500
LINES, POSTINGS = "reconciliation.line_without_posting", "reconciliation.posting_without_line"
OURS = {
    "fee": ("psp.fee", AccountKind.PSP_FEE),
    "stripe_fee": ("psp.fee", AccountKind.PSP_FEE),
    "stripe_fx_fee": ("psp.fee", AccountKind.PSP_FEE),
    "payout": ("psp.to_bank", AccountKind.BANK),
    "payout_failure": ("psp.to_bank", AccountKind.BANK),
    "payout_cancel": ("psp.to_bank", AccountKind.BANK),
    "topup": ("psp.to_bank", AccountKind.BANK),
    "topup_reversal": ("psp.to_bank", AccountKind.BANK),
}
"""Lines that none of our commands causes: type -> (kind of the posting, the account beside clearing)."""
TOPICS = {
    "refund": "refund.updated",
    "payment_refund": "refund.updated",
    "adjustment": "charge.dispute.updated",
    "transfer": "transfer.updated",
}
"""Type of a line -> what its object is reported as where it is unknown: made on the provider's own pages."""
FEE_OF_SHOP = "adjustment"
"""The fee of a dispute is borne by the shop whose sale it was; payments book it."""
# What has no posting yet: the amount of a line, or the fee in it that is booked.
OPEN = (Q(transfer=None) & ~Q(amount=0)) | (Q(fee_transfer=None, type=FEE_OF_SHOP) & ~Q(fee=0))
UNMATCHED_POSTINGS = """
SELECT transfer.id, transfer.tenant_id, transfer.kind, transfer.idempotency_key, transfer.occurred_at,
       entry.amount, entry.currency
FROM public.ledger_entry entry
JOIN public.ledger_account account ON account.id = entry.account_id
  AND account.kind = 'psp_clearing' AND account.owner_id = %s
JOIN public.ledger_transfer transfer ON transfer.id = entry.transfer_id
WHERE transfer.occurred_at < %s
  AND NOT EXISTS (SELECT FROM public.watch_balanceline WHERE transfer_id = transfer.id)
  AND NOT EXISTS (SELECT FROM public.watch_balanceline WHERE fee_transfer_id = transfer.id)
  -- A posting and its reversal are nothing together.
  AND NOT EXISTS (SELECT FROM public.ledger_transfer undone WHERE undone.reverses_id = transfer.id)
  AND (transfer.reverses_id IS NULL
       OR EXISTS (SELECT FROM public.watch_balanceline WHERE transfer_id = transfer.reverses_id))
ORDER BY transfer.id
"""


def reconcile(*, asked_by: str = "clock", whole: bool = False, grace: timedelta = GRACE) -> Sweep:
    """Fetch the provider's lines since the last run (all with ``whole``), match them, report differences.

    Must run outside any transaction, for it calls the providers. Raises what a provider's port raises; then
    nothing new is concluded about that one, the others are looked at nevertheless, and the next run begins
    where the last good one ended.
    """
    until = clock.now()
    last = Sweep.objects.filter(kind=Sweep.Kind.RECONCILIATION, finished_at__isnull=False).order_by("-until")
    before = last.first()
    since = None if whole or before is None else before.until - OVERLAP
    first = since or until - timedelta(days=3650)
    moves: dict[str, list[BalanceMove]] = {}
    # Gateway -> until when its lines were asked for, by this run or by the last good one.
    looked: dict[str, datetime] = {}
    failure: CallError | None = None
    for name, begun in _in_use(first).items():
        try:
            # A second is the provider's smallest unit of time: what happened in this very one is seen too.
            window = (max(first, begun), until + timedelta(seconds=1))
            moves[name] = list(gateway(name).balance_transactions(*window))
            looked[name] = until
        except CallError as error:
            failure = failure or error
            if before is not None:
                looked[name] = before.until
    for name, provider_lines in moves.items():
        _keep(name, provider_lines)
    _book_the_providers_own()
    for name in moves:
        _match(name)
        if _report_unknown(name):
            inbox.handle_waiting()
            _match(name)
    with transaction.atomic(durable=True):
        findings = _lines_left(until - grace)
        for name, moment in looked.items():
            # What was booked around the end of the complete lines may be one of the next.
            findings += _postings_left(name, gateway(name).complete_until(moment) - grace)
        for name in (LINES, POSTINGS):
            note(
                name,
                [finding for finding in findings if (finding.line_id is not None) == (name == LINES)],
                is_whole=True,
                found_by="reconciliation",
            )
        if failure is None:
            return Sweep.objects.create(
                kind=Sweep.Kind.RECONCILIATION,
                asked_by=asked_by,
                since=since,
                until=until,
                finished_at=clock.now(),
                looked_at=sum(len(provider_lines) for provider_lines in moves.values()),
                differences=len(findings),
            )
    raise failure


def _in_use(first: datetime) -> dict[str, datetime]:
    """Return the gateways whose balance may have lines, each with the moment since which it can."""
    begun = dict(Payment.objects.values_list("gateway").annotate(Min("created_at")))
    return {
        name: first if name == settings.PAYMENT_GATEWAY else begun[name] - timedelta(days=1)
        for name in GATEWAYS
        if name in begun or name == settings.PAYMENT_GATEWAY
    }


def _keep(name: str, moves: Iterable[BalanceMove]) -> None:
    BalanceLine.objects.bulk_create(
        [
            BalanceLine(
                source=name,
                external_id=move.id,
                type=move.type[:40],
                amount=move.amount,
                fee=move.fee,
                currency=move.currency,
                object_id=move.source[:80],
                reference=move.reference[:80],
                created=move.created,
            )
            for move in moves
        ],
        ignore_conflicts=True,
        batch_size=BATCH,
    )


def _book_the_providers_own() -> None:
    """Book fees, each with the shop that it was kept of, and what went to our own bank, once a line."""
    of_lines = Q(type__in=OURS, transfer=None)
    of_fees = ~Q(fee=0) & Q(fee_transfer=None) & ~Q(type=FEE_OF_SHOP)
    lines = list(BalanceLine.objects.filter(of_lines | of_fees).order_by("id"))
    shops = _shops_of(lines)
    charges = Payment.objects.filter(charge_id__in={line.object_id for line in lines if line.object_id})
    paid_for = dict(charges.values_list("charge_id", "reference_id"))
    for line in lines:
        tenant_id, subject_id = shops.get(line.id, NO_ONE), paid_for.get(line.object_id)
        with transaction.atomic(durable=True):
            if line.fee and line.fee_transfer_id is None and line.type != FEE_OF_SHOP:
                line.fee_transfer_id = _post(
                    line, "psp.fee", AccountKind.PSP_FEE, -line.fee, tenant_id, subject_id
                )
            if line.type in OURS and line.transfer_id is None and line.amount:
                kind, account = OURS[line.type]
                line.transfer_id = _post(line, f"{kind}.line", account, line.amount, tenant_id, subject_id)
            line.save(update_fields=["transfer", "fee_transfer"])


def _post(
    line: BalanceLine,
    kind: str,
    beside: AccountKind,
    came_in: int,
    tenant_id: UUID,
    subject_id: UUID | None,
) -> UUID:
    other = Leg("platform", NO_ONE, beside, line.currency, came_in, NO_ONE)
    if beside == AccountKind.PSP_FEE and plan_selectors.bears_card_fees(tenant_id):
        other = Leg("tenant", tenant_id, AccountKind.TENANT_MARGIN, line.currency, came_in)
    return ledger_services.post(
        tenant_id=tenant_id,
        kind=kind,
        idempotency_key=f"{line.source}:{line.external_id}",
        legs=[
            clearing_leg(line.source, line.currency, -came_in),
            other,
        ],
        subject_id=subject_id,
        occurred_at=line.created,
    ).transfer_id


def _match(name: str) -> None:
    """Give each line of a gateway without posting one that bears its ids and its amount, if there is one."""
    with transaction.atomic(durable=True):
        lock_name("reconciliation")
        lines = list(BalanceLine.objects.filter(OPEN, source=name).order_by("created", "id"))
        for start in range(0, len(lines), BATCH):
            _match_batch(name, lines[start : start + BATCH])


def _match_batch(name: str, lines: Collection[BalanceLine]) -> None:
    ids = ids_of(lines)
    subject_ids = {subject_id for known in ids.values() for subject_id in known}
    postings: dict[tuple[UUID, str, int], list[Entry]] = defaultdict(list)
    for entry in (
        Entry.objects.filter(account__kind=AccountKind.PSP_CLEARING, account__owner_id=OWNERS[name])
        .filter(
            Q(transfer__subject_id__in=subject_ids)
            | Q(transfer__idempotency_key__in=[str(subject_id) for subject_id in subject_ids])
        )
        .filter(transfer__balance_line=None, transfer__fee_line=None)
        .select_related("transfer")
        .order_by("transfer_id", "seq")
    ):
        for bears in _bears(entry):
            postings[bears, entry.currency, entry.amount].append(entry)
    matched = set[UUID]()

    def free(line: BalanceLine, came_in: int) -> UUID | None:
        for own in ids[line.id]:
            for entry in postings[own, line.currency, -came_in]:
                if entry.transfer_id not in matched:
                    matched.add(entry.transfer_id)
                    return entry.transfer_id
        return None

    for line in lines:
        if line.transfer_id is None and line.amount:
            line.transfer_id = free(line, line.amount)
        if line.fee_transfer_id is None and line.fee and line.type == FEE_OF_SHOP:
            line.fee_transfer_id = free(line, -line.fee)
    BalanceLine.objects.bulk_update(lines, ["transfer", "fee_transfer"])


def _report_unknown(name: str) -> int:
    """Put lines about objects that are not here into the inbox, once each; return how many were new."""
    lines = list(BalanceLine.objects.filter(OPEN, source=name, type__in=TOPICS))
    known = ids_of(lines)
    return sum(
        inbox.receive(
            source=name,
            external_id=f"line:{line.external_id}",
            topic=TOPICS[line.type],
            payload={"object_id": line.object_id, "account": ""},
        )
        for line in lines
        if not known[line.id]
    )


def _bears(entry: Entry) -> set[UUID]:
    """What a posting is about, and what its key names."""
    subjects = {entry.transfer.subject_id} if entry.transfer.subject_id else set[UUID]()
    with suppress(ValueError):
        subjects.add(UUID(entry.transfer.idempotency_key))
    return subjects


def ids_of(lines: Collection[BalanceLine]) -> dict[UUID, list[UUID]]:
    """Return for each line the ids of ours that its posting may bear, the most telling first."""
    objects = {line.object_id for line in lines if line.object_id}
    references = {line.id: _uuid(line.reference) for line in lines}
    own = {reference for reference in references.values() if reference}
    known: dict[object, list[UUID]] = defaultdict(list)
    for refund in Refund.objects.filter(Q(external_id__in=objects) | Q(id__in=own)).select_related("payment"):
        for key in (refund.external_id, refund.id):
            known[key] += [refund.id, refund.payment_id, refund.payment.reference_id]
    for payment in Payment.objects.filter(Q(charge_id__in=objects) | Q(id__in=own)):
        for key in (payment.charge_id, payment.id):
            known[key] += [payment.id, payment.reference_id]
    for dispute in Dispute.objects.filter(Q(external_id__in=objects) | Q(id__in=own)).select_related(
        "payment"
    ):
        for key in (dispute.external_id, dispute.id):
            known[key] += [dispute.id, dispute.payment_id, dispute.payment.reference_id]
    for payout in Payout.objects.filter(Q(external_id__in=objects) | Q(id__in=own)):
        for key in (payout.external_id, payout.id):
            known[key] += [payout.id, *([payout.withdrawal_id] if payout.withdrawal_id else [])]
    # What a shop paid for its plan came in by a charge that is no payment of ours.
    for charge_id, invoice_id in Invoice.objects.filter(charge_id__in=objects).values_list("charge_id", "id"):
        known[charge_id].append(invoice_id)
    ids = {}
    for line in lines:
        reference = references[line.id]
        first = [reference] if reference else []
        ids[line.id] = list(dict.fromkeys([*first, *known[line.object_id], *known[reference]]))
    return ids


def _uuid(text: str) -> UUID | None:
    with suppress(ValueError):
        return UUID(text)
    return None


def _lines_left(before: datetime) -> list[Difference]:
    left = list(BalanceLine.objects.filter(OPEN, created__lt=before).order_by("created"))
    shops = _shops_of(left)
    return [
        Difference(
            line.external_id,
            {
                "gateway": line.source,
                "type": line.type,
                "amount": line.amount,
                "fee": line.fee,
                "currency": line.currency,
                "object": line.object_id,
                "reference": line.reference,
                "created": line.created.isoformat(),
                **({"tenant_id": str(shops[line.id])} if line.id in shops else {}),
            },
            line_id=line.id,
        )
        for line in left
    ]


def _shops_of(lines: Collection[BalanceLine]) -> dict[UUID, UUID]:
    """Return the shops whose payments, refunds, disputes or plans lines are about: line -> shop."""
    objects = {line.object_id for line in lines if line.object_id}
    own = {reference for line in lines if (reference := _uuid(line.reference))}
    shops: dict[object, UUID] = dict(
        Invoice.objects.filter(charge_id__in=objects).values_list("charge_id", "subscription__tenant_id")
    )
    payments = Payment.objects.filter(Q(charge_id__in=objects) | Q(id__in=own))
    for payment_id, charge_id, tenant_id in payments.values_list("id", "charge_id", "tenant_id"):
        shops |= {payment_id: tenant_id, charge_id: tenant_id}
    for rows in (Refund, Dispute):
        about = rows.objects.filter(Q(external_id__in=objects) | Q(id__in=own)).values_list(
            "id", "external_id", "payment__tenant_id"
        )
        for row_id, external_id, tenant_id in about:
            shops |= {row_id: tenant_id, external_id: tenant_id}
    shops.pop("", None)
    named = {line.id: shops.get(line.object_id) or shops.get(_uuid(line.reference)) for line in lines}
    return {line_id: tenant_id for line_id, tenant_id in named.items() if tenant_id}


def _postings_left(name: str, before: datetime) -> list[Difference]:
    with connection.cursor() as cursor:
        cursor.execute(UNMATCHED_POSTINGS, [OWNERS[name], before])
        return [
            Difference(
                str(transfer_id),
                {
                    "gateway": name,
                    "tenant_id": str(tenant_id),
                    "kind": kind,
                    "key": key,
                    "amount": -amount,
                    "currency": currency,
                    "occurred": occurred_at.isoformat(),
                },
                transfer_id=transfer_id,
            )
            for transfer_id, tenant_id, kind, key, occurred_at, amount, currency in cursor.fetchall()
        ]
