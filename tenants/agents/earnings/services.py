"""The life of what people earn: pending, in its holding period, payable; under review, clawed back.

Every step that moves money posts it: ``commission_pending`` from payment on, ``commission_payable`` (for a
company's fee ``service_fee_payable``) once the holding period is over. What is clawed back after it was
withdrawn goes to ``clawback_receivable`` and is netted from what becomes payable next. Whoever reads or
changes a member's wallet holds the lock ``wallet <tenant> <member>``.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from billing.ledger.models import AccountKind
from billing.ledger.services import Leg
from billing.payouts.accounts import services as payout_account_services
from kernel import audit, clock
from kernel.database import unit_of_work
from kernel.database.unit_of_work import joins_transaction
from kernel.errors import Conflict, NotFound
from kernel.events import outbox
from tenants.agents.deposits import services as deposit_services
from tenants.agents.earnings import limits
from tenants.agents.earnings.models import Earning, Sale
from tenants.agents.earnings.postings import WALLETS, balance_of, lock_wallets, payee_leg, post
from tenants.agents.members import services as member_services
from tenants.agents.members.models import Member
from tenants.agents.roles import services as role_services
from tenants.agents.rules.sale.values import MARGIN, NOTHING_SPENT, Spent, Split
from tenants.agents.rules_versions import selectors as rules_version_selectors
from tenants.registry.models import Tenant
from tenants.registry.selectors import current_tenant

DUE = "earning.due"
BOUGHT = {"zh-hans": "购买后获得", "en": "granted by a purchase"}
State = Earning.State
WAITING = frozenset({State.PENDING, State.HOLDING})
SHARED_ACCOUNT = "shared_payout_account"
"""The kind of suspicion that an account of two members raises (``attribution``)."""


@joins_transaction
def record(
    *,
    order_id: UUID,
    order_number: str,
    currency: str,
    split: Split,
    portions: Sequence[Sequence[int]],
    spent: Spent = NOTHING_SPENT,
    suspicions: Sequence[Mapping[str, str]] = (),
    is_new: bool = False,
) -> list[Earning]:
    """Write down what a paid order gives to whom. Joins the transaction that books the order.

    ``portions`` says for each earning what each line gave to it; ``spent`` is what the limits had used up,
    ``suspicions`` what the order's chain says of earnings that look like the buyer's own; those with the
    action ``hold`` start under review. The same order again changes nothing; who has the order's lock and
    knows that it was not recorded says ``is_new``, and saves asking. Then the roles of those concerned are
    looked at anew, so that the order that reaches a threshold is the one that makes the role.
    """
    if not is_new and Sale.objects.filter(pk=order_id).exists():
        return list(Earning.objects.filter(sale_id=order_id).order_by("position"))
    people = _members({split.buyer_id, split.sharer_id, *(earning.payee_id for earning in split.earnings)})
    under_review = {row["member"]: row["kind"] for row in suspicions if row["action"] == "hold"}
    sale = Sale(
        order_id=order_id,
        order_number=order_number,
        currency=currency,
        buyer=people.get(split.buyer_id),
        sharer=people.get(split.sharer_id),
        paid=split.paid,
        rules_version=split.version,
        facts=limits.to_json(spent),
        suspicions=list(suspicions),
        at=clock.now(),
    )
    earnings = [
        Earning(
            sale=sale,
            position=position,
            payee=people.get(earning.payee_id),
            payee_kind=earning.payee_kind,
            kind=earning.kind,
            earn_id=earning.earn_id,
            level=earning.level,
            amount=earning.amount,
            portions=list(parts),
            why=earning.why,
            payee_why=earning.payee_why,
            review_reasons=[under_review[earning.payee_id]] if earning.payee_id in under_review else [],
        )
        for position, (earning, parts) in enumerate(zip(split.earnings, portions, strict=True))
    ]
    unit_of_work.insert([sale])
    unit_of_work.insert(earnings)
    _version, active = rules_version_selectors.active_rules()
    if sale.buyer:
        # The deposit's payment is locked before the member, whom a new role would lock.
        deposit_services.return_if_reached(member=sale.buyer, rules=active)
        for role in active.document.join.granted_to("buyers"):
            role_services.add_role(member=sale.buyer, role=role, why=BOUGHT, by=role_services.PURCHASE)
    role_services.review_sale(sale=sale, rules=active)
    return earnings


def _members(ids: set[str]) -> dict[str, Member]:
    """The members with these user ids; somebody who bought before joining the circle joins now."""
    user_ids = {UUID(key) for key in ids if key}
    members = {str(member.pk): member for member in Member.objects.filter(pk__in=user_ids)}
    for user in User.objects.filter(pk__in=user_ids - {UUID(key) for key in members}):
        members[str(user.pk)] = member_services.ensure_member(user=user)
    return members


@joins_transaction
def start_holding_period(*, order_id: UUID) -> None:
    """The whole order arrived: its earnings wait the days of the rules from now. Again: no change.

    Each earning's own day is an event that comes due then (``DUE``).
    """
    sale, earnings = _locked(order_id)
    waiting = [earning for earning in earnings if earning.state == State.PENDING and earning.kind != MARGIN]
    if sale is None or not waiting:
        return
    document = rules_version_selectors.rules_of(sale.rules_version).document
    days = {earn.id: earn.hold_days for earn in document.earn}
    now = clock.now()
    for earning in waiting:
        earning.state = State.HOLDING
        earning.payable_at = now + timedelta(days=days.get(earning.earn_id, 0))
    Earning.objects.bulk_update(waiting, ["state", "payable_at"])
    for wait in sorted({days.get(earning.earn_id, 0) for earning in waiting} - {0}):
        outbox.emit(DUE, {"order_id": str(order_id)}, delay=timedelta(days=wait))
    _release(current_tenant(), sale, waiting)


@joins_transaction
def release_due(*, order_id: UUID) -> int:
    """Make payable what has waited long enough and is not under review; return how many these are."""
    sale, earnings = _locked(order_id)
    return _release(current_tenant(), sale, earnings) if sale else 0


def _release(tenant: Tenant, sale: Sale, earnings: Iterable[Earning]) -> int:
    now = clock.now()
    due = [
        earning
        for earning in earnings
        if earning.state == State.HOLDING
        and not earning.review_reasons
        and earning.payable_at
        and earning.payable_at <= now
    ]
    lock_wallets(tenant, due)
    for earning in due:
        assert earning.payee_id is not None
        left = earning.left
        debt = -balance_of(tenant, earning, AccountKind.CLAWBACK_RECEIVABLE, sale.currency)
        netted = max(0, min(debt, left))
        post(
            tenant,
            sale,
            "earning.payable",
            earning,
            [
                payee_leg(tenant, earning, AccountKind.COMMISSION_PENDING, sale.currency, -left),
                payee_leg(tenant, earning, AccountKind.CLAWBACK_RECEIVABLE, sale.currency, netted),
                payee_leg(tenant, earning, WALLETS[earning.kind], sale.currency, left - netted),
            ],
        )
        earning.state, earning.released_at = State.PAYABLE, now
        earning.save(update_fields=["state", "released_at"])
    return len(due)


@joins_transaction
def claw_back(*, order_id: UUID, amounts: Sequence[int], goods: int, is_whole: bool) -> list[Leg]:
    """Take back ``amounts`` of each earning, by position; return the legs, which sum to that, negative.

    Joins the transaction that books the refund; the caller posts the legs. ``goods`` is how much of the goods
    paid goes back (nothing where ``amounts`` is empty: freight), ``is_whole`` that nothing of the order is
    left. What waits is taken from what is pending; what is payable from the wallet, and what that cannot give
    becomes the member's debt.
    """
    sale, earnings = _locked(order_id)
    if sale is None:
        raise NotFound("the order has no earnings", field="order", value=order_id)
    tenant = current_tenant()
    lock_wallets(tenant, [earning for earning in earnings if earning.state == State.PAYABLE])
    legs: list[Leg] = []
    wallets: dict[tuple[UUID | None, AccountKind], int] = {}
    for earning, amount in zip(earnings, amounts or [0] * len(earnings), strict=True):
        if earning.kind == MARGIN or earning.state == State.REFUSED:
            legs.append(Leg("tenant", tenant.id, AccountKind.TENANT_MARGIN, sale.currency, -amount))
        elif earning.state in WAITING:
            legs.append(payee_leg(tenant, earning, AccountKind.COMMISSION_PENDING, sale.currency, -amount))
        else:
            wallet = WALLETS[earning.kind]
            key = (earning.payee_id, wallet)
            if key not in wallets:
                wallets[key] = balance_of(tenant, earning, wallet, sale.currency)
            from_wallet = min(amount, max(0, wallets[key]))
            wallets[key] -= from_wallet
            legs += [
                payee_leg(tenant, earning, wallet, sale.currency, -from_wallet),
                payee_leg(
                    tenant, earning, AccountKind.CLAWBACK_RECEIVABLE, sale.currency, from_wallet - amount
                ),
            ]
        earning.clawed_back += amount
        if earning.state != State.REFUSED and (is_whole or (earning.kind != MARGIN and not earning.left)):
            earning.state, earning.review_reasons = State.REVERSED, []
    Earning.objects.bulk_update(earnings, ["clawed_back", "state", "review_reasons"])
    sale.refunded += goods
    sale.save(update_fields=["refunded"])
    if goods:
        role_services.review_refund(sale=sale)
    return legs


@joins_transaction
def put_under_review(*, earning_ids: Collection[UUID], reason: str, acting_user: User | str) -> int:
    """Keep earnings that wait from becoming payable until a person decides; return how many it concerns now.

    ``reason`` is a short word, such as "shared_device"; an earning may wait for several. One that is payable
    or ended already stays as it is.
    """
    changed = [
        earning
        for earning in _by_ids(earning_ids)
        if earning.state in WAITING and earning.kind != MARGIN and reason not in earning.review_reasons
    ]
    for earning in changed:
        earning.review_reasons = [*earning.review_reasons, reason]
        earning.save(update_fields=["review_reasons"])
        _audit("earning.review_started", earning, acting_user, reason)
    return len(changed)


@joins_transaction
def end_review(*, earning_ids: Collection[UUID], reason: str, acting_user: User | str, note: str = "") -> int:
    """Take one reason to wait away; what has waited long enough and has no other becomes payable at once."""
    changed = [earning for earning in _by_ids(earning_ids) if reason in earning.review_reasons]
    for earning in changed:
        earning.review_reasons = [word for word in earning.review_reasons if word != reason]
        earning.save(update_fields=["review_reasons"])
        _audit("earning.review_ended", earning, acting_user, note or reason)
    for order_id in sorted({earning.sale_id for earning in changed}):
        release_due(order_id=order_id)
    return len(changed)


def approve(*, earning_id: UUID, reason: str, acting_user: User) -> None:
    """Decide that an earning may be paid: nothing keeps it under review any more. Again: no change."""
    with transaction.atomic(durable=True):
        for word in _by_ids([earning_id])[0].review_reasons:
            end_review(earning_ids=[earning_id], reason=word, acting_user=acting_user, note=reason)


def refuse(*, earning_id: UUID, reason: str, acting_user: User) -> Earning:
    """Decide that an earning was not earned: what is left of it stays with the shop. Again: no change.

    Raises Conflict for one that is payable already: only a refund takes that back.
    """
    with transaction.atomic(durable=True):
        earning = _by_ids([earning_id])[0]
        if earning.state == State.REFUSED:
            return earning
        if earning.state not in WAITING or earning.kind == MARGIN:
            raise Conflict(_("only an earning that waits can be refused"), field="state", value=earning.state)
        tenant = current_tenant()
        lock_wallets(tenant, [earning])
        post(
            tenant,
            earning.sale,
            "earning.refused",
            earning,
            [
                payee_leg(
                    tenant, earning, AccountKind.COMMISSION_PENDING, earning.sale.currency, -earning.left
                ),
                Leg("tenant", tenant.id, AccountKind.TENANT_MARGIN, earning.sale.currency, earning.left),
            ],
        )
        earning.state, earning.review_reasons = State.REFUSED, []
        earning.save(update_fields=["state", "review_reasons"])
        _audit("earning.refused", earning, acting_user, reason)
    return earning


@joins_transaction
def review_account(*, member_id: UUID) -> int:
    """Look at what waits between a member and those paid to the same account; return how many go under
    review.

    When an order is placed, ``attribution`` looks at the accounts there are; this is for one that comes or
    changes later, by the rules the order was placed under. Where these would have refused an earning it waits
    for a person now: it was promised. Where they note it, it is noted with the sale. Again: no change.
    """
    others = payout_account_services.shared_with(member_id, current_tenant().id)
    if not others:
        return 0
    alike = Q(payee=member_id, sale__buyer__in=others) | Q(payee__in=others, sale__buyer=member_id)
    waiting = list(Earning.objects.filter(alike, state__in=WAITING).select_related("sale").order_by("id"))
    under_review = 0
    for sale_id in sorted({earning.sale_id for earning in waiting}):
        # Sales before earnings, as everywhere.
        sale = Sale.objects.select_for_update().get(pk=sale_id)
        action = rules_version_selectors.rules_of(sale.rules_version).document.fraud.shared_payout_account
        own = [earning for earning in waiting if earning.sale_id == sale_id]
        known = {row["member"] for row in sale.suspicions if row["kind"] == SHARED_ACCOUNT}
        new = sorted({str(earning.payee_id) for earning in own} - known)
        if not new:
            continue
        action_now = "note" if action == "note" else "hold"
        sale.suspicions = [
            *sale.suspicions,
            *({"member": member, "kind": SHARED_ACCOUNT, "action": action_now} for member in new),
        ]
        sale.save(update_fields=["suspicions"])
        if action_now == "hold":
            ids = [earning.id for earning in own if str(earning.payee_id) in new]
            under_review += put_under_review(
                earning_ids=ids, reason=SHARED_ACCOUNT, acting_user="payout account changed"
            )
    return under_review


def _locked(order_id: UUID) -> tuple[Sale | None, list[Earning]]:
    sale = Sale.objects.select_for_update().filter(pk=order_id).first()
    return sale, list(Earning.objects.select_for_update().filter(sale_id=order_id).order_by("position"))


def _by_ids(earning_ids: Collection[UUID]) -> list[Earning]:
    rows = Earning.objects.filter(id__in=earning_ids)
    # Sales before earnings, as everywhere.
    list(Sale.objects.select_for_update().filter(pk__in=rows.values("sale_id")).order_by("pk"))
    earnings = list(
        rows.select_for_update(of=("self",)).select_related("sale").order_by("sale_id", "position")
    )
    if len(earnings) != len(set(earning_ids)):
        raise NotFound(_("there is no such earning"), field="earning")
    return earnings


def _audit(action: str, earning: Earning, actor: Any, reason: str) -> None:
    audit.record(
        action,
        actor=actor,
        object_type="earning",
        object_id=earning.id,
        object_label=earning.sale.order_number,
        changes={"payee": str(earning.payee_id), "amount": earning.left},
        reason=reason,
    )
