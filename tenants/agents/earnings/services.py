"""The life of what people earn: pending, held after receipt, payable; blocked by doubt, taken back.

Every step that moves money posts it: ``commission_pending`` from payment on, ``commission_payable`` (for a
company's fee ``service_fee_payable``) once the days of the rules are over. What is taken back after it was
withdrawn goes to ``clawback_receivable`` and is netted from what becomes payable next. Whoever reads or
changes a member's wallet holds the lock ``wallet <tenant> <member>``.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from billing.ledger import selectors as ledger_selectors
from billing.ledger import services as ledger
from billing.ledger.models import AccountKind
from billing.ledger.services import Leg
from kernel import audit, clock, outbox, writes
from kernel.errors import Conflict, NotFound
from kernel.locks import lock_name
from tenants.agents import selectors, services
from tenants.agents.deposits import services as deposit_services
from tenants.agents.earnings import limits
from tenants.agents.models import Member, Sale, Share
from tenants.agents.roles import services as role_services
from tenants.agents.rules import NOTHING_SPENT, Settlement, Spent
from tenants.agents.rules.sale import MARGIN
from tenants.registry.models import Tenant
from tenants.registry.selectors import current_tenant

DUE = "share.due"
BOUGHT = {"zh-hans": "购买后获得", "en": "granted by a purchase"}
WALLETS = {"commission": AccountKind.COMMISSION_PAYABLE, "service_fee": AccountKind.SERVICE_FEE_PAYABLE}
State = Share.State
WAITING = frozenset({State.PENDING, State.HELD})


def record(
    *,
    order_id: UUID,
    order_number: str,
    currency: str,
    settlement: Settlement,
    portions: Sequence[Sequence[int]],
    spent: Spent = NOTHING_SPENT,
    suspicions: Sequence[Mapping[str, str]] = (),
    is_new: bool = False,
) -> list[Share]:
    """Write down what a paid order gives to whom. Must run inside the transaction that books the order.

    ``portions`` says for each share what each line gave to it; ``spent`` is what the limits were told,
    ``suspicions`` what the order's chain says of shares that look like the buyer's own; those to be held are
    blocked. The same order again changes nothing; who holds the order's lock and knows that it was not
    recorded says ``is_new``, and saves asking. Then the roles of those concerned are looked at anew, so
    that the order that reaches a threshold is the one that makes the role.
    """
    _inside_a_transaction()
    if not is_new and Sale.objects.filter(pk=order_id).exists():
        return list(Share.objects.filter(sale_id=order_id).order_by("position"))
    people = _members({settlement.buyer_id, settlement.sharer_id, *(s.payee_id for s in settlement.shares)})
    held = {found["member"]: found["kind"] for found in suspicions if found["action"] == "hold"}
    sale = Sale(
        order_id=order_id,
        order_number=order_number,
        currency=currency,
        buyer=people.get(settlement.buyer_id),
        sharer=people.get(settlement.sharer_id),
        paid=settlement.paid,
        rules_version=settlement.version,
        facts=limits.to_json(spent),
        suspicions=list(suspicions),
        at=clock.now(),
    )
    shares = [
        Share(
            sale=sale,
            position=position,
            payee=people.get(share.payee_id),
            payee_kind=share.payee_kind,
            kind=share.kind,
            earn_id=share.earn_id,
            level=share.level,
            amount=share.amount,
            portions=list(parts),
            why=share.why,
            blocked_by=[held[share.payee_id]] if share.payee_id in held else [],
        )
        for position, (share, parts) in enumerate(zip(settlement.shares, portions, strict=True))
    ]
    writes.insert([sale])
    writes.insert(shares)
    _version, active = selectors.active_rules()
    if sale.buyer:
        # The deposit's payment is locked before the member, whom a new role would lock.
        deposit_services.return_if_reached(sale.buyer, active)
        for role in services.granted_by(active, "buyers"):
            role_services.give(sale.buyer, role, BOUGHT, by=role_services.PURCHASE)
    role_services.review_sale(sale, active)
    return shares


def _members(ids: set[str]) -> dict[str, Member]:
    """The members with these user ids; somebody who bought before joining the circle joins now."""
    wanted = {UUID(key) for key in ids if key}
    found = {str(member.pk): member for member in Member.objects.filter(pk__in=wanted)}
    for user in User.objects.filter(pk__in=wanted - {UUID(key) for key in found}):
        found[str(user.pk)] = services.ensure_member(user)
    return found


def portions_of(order_id: UUID) -> list[list[int]]:
    """Return, for each share of an order, what each line gave to it; the tenant's margin is the last."""
    return list(
        Share.objects.filter(sale_id=order_id).order_by("position").values_list("portions", flat=True)
    )


def hold(*, order_id: UUID) -> None:
    """The whole order arrived: its shares wait the days of the rules from now. Again: no change.

    Must run inside a transaction. Each share's own day is an event that comes due then (``DUE``).
    """
    sale, shares = _locked(order_id)
    waiting = [share for share in shares if share.state == State.PENDING and share.kind != MARGIN]
    if sale is None or not waiting:
        return
    document = selectors.rules_of(sale.rules_version).document
    days = {earn.id: earn.hold_days for earn in document.earn}
    now = clock.now()
    for share in waiting:
        share.state = State.HELD
        share.held_until = now + timedelta(days=days.get(share.earn_id, 0))
    Share.objects.bulk_update(waiting, ["state", "held_until"])
    for wait in sorted({days.get(share.earn_id, 0) for share in waiting} - {0}):
        outbox.emit(DUE, {"order_id": str(order_id)}, delay=timedelta(days=wait))
    _release(current_tenant(), sale, waiting)


def release_due(*, order_id: UUID) -> int:
    """Make payable what has waited long enough and is not blocked. Must run inside a transaction.

    Returns how many shares became payable now.
    """
    sale, shares = _locked(order_id)
    return _release(current_tenant(), sale, shares) if sale else 0


def _release(tenant: Tenant, sale: Sale, shares: Iterable[Share]) -> int:
    now = clock.now()
    due = [
        share
        for share in shares
        if share.state == State.HELD and not share.blocked_by and share.held_until and share.held_until <= now
    ]
    _lock_wallets(tenant, due)
    for share in due:
        assert share.payee_id is not None
        left, debt = share.left, -_balance(tenant, share, AccountKind.CLAWBACK_RECEIVABLE, sale.currency)
        netted = max(0, min(debt, left))
        _post(
            tenant,
            sale,
            "share.payable",
            share,
            [
                _leg(tenant, share, AccountKind.COMMISSION_PENDING, sale.currency, -left),
                _leg(tenant, share, AccountKind.CLAWBACK_RECEIVABLE, sale.currency, netted),
                _leg(tenant, share, WALLETS[share.kind], sale.currency, left - netted),
            ],
        )
        share.state, share.payable_at = State.PAYABLE, now
        share.save(update_fields=["state", "payable_at"])
    return len(due)


def reverse(*, order_id: UUID, taken: Sequence[int], goods: int, is_whole: bool) -> list[Leg]:
    """Take back ``taken`` of each share, by position; return the legs, which sum to what was taken, negative.

    Must run inside the transaction that books the refund; the caller posts the legs. ``goods`` is how much of
    the goods paid goes back (nothing where ``taken`` is empty: freight), ``is_whole`` that nothing of the
    order is left. What waits is taken from what is
    pending; what is payable from the wallet, and what that cannot give becomes the member's debt.
    """
    sale, shares = _locked(order_id)
    if sale is None:
        raise NotFound("the order has no shares", field="order", value=order_id)
    tenant = current_tenant()
    _lock_wallets(tenant, [share for share in shares if share.state == State.PAYABLE])
    legs: list[Leg] = []
    wallets: dict[tuple[UUID | None, AccountKind], int] = {}
    for share, amount in zip(shares, taken or [0] * len(shares), strict=True):
        if share.kind == MARGIN or share.state == State.REFUSED:
            legs.append(Leg("tenant", tenant.id, AccountKind.TENANT_MARGIN, sale.currency, -amount))
        elif share.state in WAITING:
            legs.append(_leg(tenant, share, AccountKind.COMMISSION_PENDING, sale.currency, -amount))
        else:
            wallet = WALLETS[share.kind]
            key = (share.payee_id, wallet)
            if key not in wallets:
                wallets[key] = _balance(tenant, share, wallet, sale.currency)
            given = min(amount, max(0, wallets[key]))
            wallets[key] -= given
            legs += [
                _leg(tenant, share, wallet, sale.currency, -given),
                _leg(tenant, share, AccountKind.CLAWBACK_RECEIVABLE, sale.currency, given - amount),
            ]
        share.taken_back += amount
        if share.state != State.REFUSED and (is_whole or (share.kind != MARGIN and not share.left)):
            share.state, share.blocked_by = State.REVERSED, []
    Share.objects.bulk_update(shares, ["taken_back", "state", "blocked_by"])
    sale.refunded += goods
    sale.save(update_fields=["refunded"])
    if goods:
        role_services.review_refund(sale)
    return legs


def block(*, share_ids: Collection[UUID], reason: str, acting_user: User | str) -> int:
    """Keep shares that wait from becoming payable until a person decides; return how many it concerns now.

    ``reason`` is a short word, such as "shared_device"; one share may be blocked for several. A share that is
    payable or ended already stays as it is.
    """
    with transaction.atomic():
        changed = [
            share
            for share in _by_ids(share_ids)
            if share.state in WAITING and share.kind != MARGIN and reason not in share.blocked_by
        ]
        for share in changed:
            share.blocked_by = [*share.blocked_by, reason]
            share.save(update_fields=["blocked_by"])
            _audit("share.blocked", share, acting_user, reason)
    return len(changed)


def unblock(*, share_ids: Collection[UUID], reason: str, acting_user: User | str, note: str = "") -> int:
    """Take one reason to wait away; what has waited long enough and has no other becomes payable at once."""
    with transaction.atomic():
        changed = [share for share in _by_ids(share_ids) if reason in share.blocked_by]
        for share in changed:
            share.blocked_by = [word for word in share.blocked_by if word != reason]
            share.save(update_fields=["blocked_by"])
            _audit("share.unblocked", share, acting_user, note or reason)
        for order_id in sorted({share.sale_id for share in changed}):
            release_due(order_id=order_id)
    return len(changed)


def refuse(*, share_id: UUID, reason: str, acting_user: User) -> Share:
    """Decide that a share was not earned: what is left of it stays with the shop. Again: no change.

    Raises Conflict for one that is payable already: only a refund takes that back.
    """
    with transaction.atomic():
        share = _by_ids([share_id])[0]
        if share.state == State.REFUSED:
            return share
        if share.state not in WAITING or share.kind == MARGIN:
            raise Conflict(_("only a share that waits can be refused"), field="state", value=share.state)
        tenant = current_tenant()
        _lock_wallets(tenant, [share])
        _post(
            tenant,
            share.sale,
            "share.refused",
            share,
            [
                _leg(tenant, share, AccountKind.COMMISSION_PENDING, share.sale.currency, -share.left),
                Leg("tenant", tenant.id, AccountKind.TENANT_MARGIN, share.sale.currency, share.left),
            ],
        )
        share.state, share.blocked_by = State.REFUSED, []
        share.save(update_fields=["state", "blocked_by"])
        _audit("share.refused", share, acting_user, reason)
    return share


def paid_legs(shares: Iterable[Share], tenant: Tenant, currency: str) -> list[Leg]:
    """Return what the shares of an order that is paid now add to the ledger, a leg for each account."""
    amounts: dict[tuple[str, UUID, AccountKind], int] = {}
    for share in shares:
        key = (
            ("tenant", tenant.id, AccountKind.TENANT_MARGIN)
            if share.payee_id is None
            else ("member", share.payee_id, AccountKind.COMMISSION_PENDING)
        )
        amounts[key] = amounts.get(key, 0) + share.amount
    return [
        Leg(owner_kind, owner_id, kind, currency, amount)
        for (owner_kind, owner_id, kind), amount in sorted(amounts.items())
    ]


def ids_of(order_id: UUID) -> list[UUID]:
    """Return the ids of an order's shares that belong to people."""
    return list(Share.objects.filter(sale_id=order_id, payee__isnull=False).values_list("id", flat=True))


def _locked(order_id: UUID) -> tuple[Sale | None, list[Share]]:
    _inside_a_transaction()
    sale = Sale.objects.select_for_update().filter(pk=order_id).first()
    return sale, list(Share.objects.select_for_update().filter(sale_id=order_id).order_by("position"))


def _by_ids(share_ids: Collection[UUID]) -> list[Share]:
    rows = Share.objects.filter(id__in=share_ids)
    # Sales before shares, as everywhere.
    list(Sale.objects.select_for_update().filter(pk__in=rows.values("sale_id")).order_by("pk"))
    found = list(rows.select_for_update(of=("self",)).select_related("sale").order_by("sale_id", "position"))
    if len(found) != len(set(share_ids)):
        raise NotFound(_("there is no such share"), field="share")
    return found


def _lock_wallets(tenant: Tenant, shares: Iterable[Share]) -> None:
    for payee_id in sorted({share.payee_id for share in shares if share.payee_id}):
        lock_name(f"wallet {tenant.id} {payee_id}")


def _balance(tenant: Tenant, share: Share, kind: AccountKind, currency: str) -> int:
    assert share.payee_id is not None
    return ledger_selectors.balance(
        owner_kind="member", owner_id=share.payee_id, kind=kind, currency=currency, tenant_id=tenant.id
    )


def _leg(tenant: Tenant, share: Share, kind: AccountKind, currency: str, amount: int) -> Leg:
    assert share.payee_id is not None
    return Leg("member", share.payee_id, kind, currency, amount, tenant.id)


def _post(tenant: Tenant, sale: Sale, kind: str, share: Share, legs: Iterable[Leg]) -> None:
    ledger.post(
        tenant_id=tenant.id,
        kind=kind,
        idempotency_key=str(share.id),
        legs=[leg for leg in legs if leg.amount],
        subject_id=sale.order_id,
        rule_version=sale.rules_version,
    )


def _audit(action: str, share: Share, actor: Any, reason: str) -> None:
    audit.record(
        action,
        actor=actor,
        object_type="share",
        object_id=share.id,
        object_label=share.sale.order_number,
        changes={"payee": str(share.payee_id), "amount": share.left},
        reason=reason,
    )


def _inside_a_transaction() -> None:
    if not connection.in_atomic_block:
        raise RuntimeError("shares change in the transaction of what they are about")
