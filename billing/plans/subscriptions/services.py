"""Choosing, changing and paying for a plan. Every command may be repeated.

What is meant is written down before the biller is called, outside any transaction. What it reports later only
makes us ask it anew.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from billing.payments.gateway import GatewayDeclined
from billing.payments.payments import declines
from billing.plans import selectors
from billing.plans.gateway import BillingStatus, Preview, ProviderSubscription, biller
from billing.plans.invoices.services import apply_invoice
from billing.plans.models import Invoice, Plan, Subscription
from billing.plans.subscriptions import selectors as subscription_selectors
from kernel import audit, clock
from kernel.calls.errors import CallError, CallRefused, NoClearAnswer
from kernel.calls.outgoing import OutgoingCall
from kernel.database.unit_of_work import lock_name
from kernel.errors import Conflict, InvalidInput, NotFound
from kernel.events import outbox
from kernel.ids import new_id
from kernel.tenancy import TenantLike
from kernel.texts.translated import pick

logger = logging.getLogger(__name__)
STATES = {
    BillingStatus.TRIALING: Subscription.State.TRIALING,
    BillingStatus.ACTIVE: Subscription.State.ACTIVE,
    BillingStatus.PAST_DUE: Subscription.State.PAST_DUE,
    BillingStatus.ENDED: Subscription.State.ENDED,
}
SYNC_AFTER = timedelta(hours=6)
BATCH = 50
CHANGED = "plan.standing_changed"


def agree(
    *,
    tenant: TenantLike,
    plan_code: str,
    fee_bp: int | None,
    acting_user: Any,
    reason: str = "",
    card_fee_bearer: str = "",
) -> Subscription:
    """Give a shop a plan that nobody bills. Joins a transaction.

    ``fee_bp`` and ``card_fee_bearer`` take the place of the plan's, where they are given.

    Raises NotFound for an unknown plan, Conflict while the shop is billed.
    """
    plan = selectors.plan_of_code(plan_code)
    with transaction.atomic():
        lock_name(f"plan {tenant.id}")
        row = selectors.subscription_of(tenant.id) or Subscription(
            tenant_id=tenant.id, schema=tenant.schema_name, plan=plan
        )
        if row.external_id and row.state != Subscription.State.ENDED:
            raise Conflict(
                _("this shop is billed for its plan"),
                field="plan",
                value=row.plan.code,
                remedy=_("end its subscription at the provider first"),
            )
        before = {"plan": row.plan.code, "fee_bp": row.fee_bp, "card_fee_bearer": row.card_fee_bearer}
        row.plan, row.fee_bp, row.external_id = plan, fee_bp, None
        row.card_fee_bearer = card_fee_bearer
        row.state, row.past_due_since = Subscription.State.ACTIVE, None
        row.save()
        audit.record_on(
            row,
            "plan.agreed",
            actor=acting_user,
            label=plan.code,
            changes={
                "before": before,
                "plan": plan.code,
                "fee_bp": fee_bp,
                "card_fee_bearer": card_fee_bearer,
            },
            reason=reason,
            schema=tenant.schema_name,
        )
        transaction.on_commit(lambda: selectors.forget(tenant.id), robust=True)
    selectors.forget(tenant.id)
    return row


def begin(*, tenant: TenantLike, plan_code: str, fee_bp: int | None) -> Subscription:
    """Write down what a new shop starts with; nobody bills it yet. Must run inside a transaction."""
    return Subscription.objects.create(
        tenant_id=tenant.id, schema=tenant.schema_name, plan=selectors.plan_of_code(plan_code), fee_bp=fee_bp
    )


@dataclass(frozen=True, slots=True)
class _SubscribeCall(OutgoingCall[Subscription, ProviderSubscription]):
    """Have the biller start a subscription for what the row wants."""

    tenant: TenantLike
    plan: Plan
    price_id: str
    email: str
    # Its key changes with the plan that is chosen, so an earlier try is always looked for.
    key_life = timedelta(0)

    def lock(self, row_id: UUID) -> Subscription:
        return Subscription.objects.select_for_update().get(id=row_id)

    def is_open(self, row: Subscription) -> bool:
        return True

    def find(self, row: Subscription) -> ProviderSubscription | None:
        if not row.customer_id:
            return None
        return biller().find_subscription(customer_id=row.customer_id, reference=str(row.tenant_id))

    def request(self, row: Subscription) -> ProviderSubscription:
        reference = str(row.tenant_id)
        if not row.customer_id:
            row.customer_id = biller().ensure_customer(
                name=pick(self.tenant.name),
                email=self.email,
                reference=reference,
                key=f"customer:{reference}",
            )
            # Written down before anything is asked for in its name, or nobody could look there.
            Subscription.objects.filter(id=row.id).update(customer_id=row.customer_id)
        return biller().subscribe(
            customer_id=row.customer_id,
            price_id=self.price_id,
            # One trial a shop: who comes back after leaving pays at once.
            trial_days=0 if row.external_id else self.plan.trial_days,
            reference=reference,
            key=f"subscribe:{row.id}:{_moment(row)}",
        )

    def apply(self, row: Subscription, answer: ProviderSubscription) -> Subscription:
        Subscription.objects.filter(id=row.id).update(external_id=answer.id, synced_at=None)
        row = apply_subscription(tenant_id=row.tenant_id, provider_subscription=answer)
        if answer.price_id != self.price_id:
            Subscription.objects.filter(id=row.id).update(wanted_plan=None, wanted_at=None)
        return row

    def unclear(self, row: Subscription, error: NoClearAnswer) -> Subscription:
        raise error

    def refused(self, row: Subscription, error: CallError) -> Subscription:
        raise error


def subscribe(*, tenant: TenantLike, plan_code: str, email: str, acting_user: Any) -> Subscription:
    """Start being billed for a plan, with its trial. Must run outside any transaction.

    Raises NotFound for a plan that is not offered, Conflict if the shop is billed already, CallError.
    """
    plan = selectors.offered_plan(plan_code)
    with transaction.atomic(durable=True):
        row = _row(tenant)
        if row.external_id and row.state != Subscription.State.ENDED:
            raise _has_one()
        if row.wanted_plan_id != plan.id or row.wanted_at is None:
            row.wanted_plan, row.wanted_at = plan, clock.now()
            row.save(update_fields=["wanted_plan", "wanted_at"])
        _record("plan.subscribe", row, plan, acting_user)
    row = _SubscribeCall(tenant, plan, _price(plan), email).run(row.id)
    if row.plan_id != plan.id:
        raise _has_one()
    return row


def _has_one() -> Conflict:
    return Conflict(
        _("this shop has a subscription already"), field="plan", remedy=_("change its plan instead")
    )


def preview(*, tenant: TenantLike, plan_code: str) -> Preview:
    """Say what going over to another plan would cost now. Must run outside any transaction.

    Raises NotFound for a plan that is not offered, Conflict while a bill is open.
    """
    plan, row = selectors.offered_plan(plan_code), subscription_selectors.paid_up(tenant.id)
    current = biller().fetch_subscription(row.external_id or "")
    return biller().preview_change(current, price_id=_price(plan), at=clock.now().replace(microsecond=0))


def change_plan(
    *, tenant: TenantLike, plan_code: str, at: Any, expected: int, acting_user: Any
) -> Subscription:
    """Go over to another plan as previewed ``at`` that moment for ``expected`` (minor units).

    Must run outside any transaction. Another amount than the one that was seen is a Conflict; a preview
    is good for an hour.
    """
    plan, row = selectors.offered_plan(plan_code), subscription_selectors.paid_up(tenant.id)
    if not timedelta(0) <= clock.now() - at <= timedelta(hours=1):
        raise Conflict(_("this offer is too old"), field="at", remedy=_("look at the change again"))
    provider, price_id = biller(), _price(plan)
    current = provider.fetch_subscription(row.external_id or "")
    if current.price_id == price_id:
        return sync(tenant_id=tenant.id)
    offer = provider.preview_change(current, price_id=price_id, at=at)
    if offer.due_now != expected:
        raise Conflict(
            _("the change costs something else by now"),
            field="expected",
            remedy=_("look at the change again"),
        )
    with transaction.atomic(durable=True):
        row = _row(tenant)
        row.wanted_plan, row.wanted_at = plan, at
        row.save(update_fields=["wanted_plan", "wanted_at"])
        _record("plan.change", row, plan, acting_user)
    provider_subscription = provider.change(
        current, price_id=price_id, at=at, key=f"change:{row.id}:{plan.id}:{_moment(row)}"
    )
    with transaction.atomic(durable=True):
        return apply_subscription(tenant_id=tenant.id, provider_subscription=provider_subscription)


def card_page(*, tenant: TenantLike, return_url: str) -> str:
    """Return the biller's page on which the shop names the card to be charged."""
    row = subscription_selectors.billed(tenant.id)
    return biller().card_page(row.customer_id, return_url=return_url)


def pay_open_invoice(*, tenant: TenantLike, acting_user: Any) -> Subscription:
    """Charge the oldest open invoice again now. Must run outside any transaction.

    Raises NotFound if none is open, InvalidInput with what the bank said if the card is declined.
    """
    row = subscription_selectors.billed(tenant.id)
    invoice = row.invoices.filter(state=Invoice.State.OPEN).order_by("issued_at").first()
    if invoice is None:
        raise NotFound(_("no invoice is open"), field="invoice")
    with transaction.atomic(durable=True):
        _record("plan.pay", row, row.plan, acting_user)
    try:
        # A key of its own each time: a paid invoice cannot be paid twice, and a decline must not be replayed.
        provider_invoice = biller().pay_invoice(invoice.external_id, key=f"pay:{new_id()}")
    except CallRefused:
        # Paid already, perhaps by an answer that was lost: what it is by now is looked up below.
        provider_invoice = biller().fetch_invoice(invoice.external_id)
    except GatewayDeclined as error:
        raise InvalidInput(
            declines.MEANING.get(error.code, declines.MEANING["card_declined"]),
            field="card",
            code="declined",
        ) from error
    with transaction.atomic(durable=True):
        apply_invoice(provider_invoice=provider_invoice)
    return sync(tenant_id=tenant.id)


def restrictions_after() -> dict[selectors.Standing, int]:
    """Return standing -> days after the failed payment at which the next, worse one follows."""
    grace, read_only = settings.PLAN_GRACE_DAYS, settings.PLAN_READ_ONLY_DAYS
    return {selectors.Standing.GRACE: grace, selectors.Standing.READ_ONLY: grace + read_only}


def sync(*, tenant_id: UUID) -> Subscription:
    """Ask the biller how a subscription and its open bills stand, and write it down.

    Must run outside any transaction. Raises CallError.
    """
    row, provider = subscription_selectors.billed(tenant_id), biller()
    provider_subscription = provider.fetch_subscription(row.external_id or "")
    invoices = [provider.fetch_invoice(invoice_id) for invoice_id in _unsettled(row, provider_subscription)]
    with transaction.atomic(durable=True):
        for invoice in invoices:
            apply_invoice(provider_invoice=invoice)
        return apply_subscription(tenant_id=tenant_id, provider_subscription=provider_subscription)


def _unsettled(row: Subscription, provider_subscription: ProviderSubscription) -> list[str]:
    """Return the bills of which something may have been missed: those not paid here, and the latest one."""
    closed = [Invoice.State.PAID, Invoice.State.VOID]
    known = dict(row.invoices.values_list("external_id", "state"))
    latest = [provider_subscription.latest_invoice] if provider_subscription.latest_invoice else []
    invoice_ids = [*(key for key, state in known.items() if state not in closed), *latest]
    return [key for key in dict.fromkeys(invoice_ids) if known.get(key) not in closed]


def sync_stale() -> int:
    """Ask about subscriptions of which nothing was reported for SYNC_AFTER; return how many they were."""
    stale = list(
        Subscription.objects.exclude(external_id=None)
        .exclude(state=Subscription.State.ENDED)
        .filter(synced_at__lt=clock.now() - SYNC_AFTER)
        .order_by("synced_at")
        .values_list("tenant_id", flat=True)[:BATCH]
    )
    for tenant_id in stale:
        try:
            sync(tenant_id=tenant_id)
        except CallError:
            logger.warning("a plan could not be asked about", extra={"tenant_id": str(tenant_id)})
    return len(stale)


def apply_subscription(*, tenant_id: UUID, provider_subscription: ProviderSubscription) -> Subscription:
    """Bring a subscription to where the biller has it. Must run inside a transaction.

    What was asked before something already known is dropped: answers may overtake each other.
    """
    lock_name(f"plan {tenant_id}")
    row = Subscription.objects.select_for_update(of=("self",)).select_related("plan").get(tenant_id=tenant_id)
    if row.external_id != provider_subscription.id:
        logger.error(
            "another subscription bears this shop's reference", extra={"object": provider_subscription.id}
        )
        return row
    if row.synced_at is not None and provider_subscription.asked_at < row.synced_at:
        return row
    before = row.state
    row.state, row.synced_at = STATES[provider_subscription.status], provider_subscription.asked_at
    row.trial_end, row.ends_at_period_end = (
        provider_subscription.trial_end,
        provider_subscription.ends_at_period_end,
    )
    row.period_start, row.period_end = provider_subscription.period_start, provider_subscription.period_end
    if row.state != Subscription.State.PAST_DUE:
        row.past_due_since = None
    elif row.past_due_since is None:
        row.past_due_since = clock.now()
    plan = selectors.plan_of_price(row, provider_subscription.price_id)
    if plan is not None:
        row.plan = plan
        if row.wanted_plan_id == plan.id:
            row.wanted_plan, row.wanted_at = None, None
        # What was agreed by hand ends with the first plan that the shop chose itself.
        row.fee_bp, row.card_fee_bearer = None, ""
    row.last_error = "" if plan else f"no plan has the price {provider_subscription.price_id}"
    row.save()
    if before != row.state:
        outbox.emit(
            CHANGED, {"tenant_id": str(tenant_id), "before": before, "state": row.state}, schema=row.schema
        )
    transaction.on_commit(lambda: selectors.forget(tenant_id), robust=True)
    selectors.forget(tenant_id)
    return row


def _row(tenant: TenantLike) -> Subscription:
    """Return the shop's row, locked."""
    lock_name(f"plan {tenant.id}")
    known = Subscription.objects.select_for_update(of=("self",)).select_related("plan")
    row = known.filter(tenant_id=tenant.id).first()
    if row is None:
        agreed = selectors.plan_of_code(selectors.BY_AGREEMENT)
        row = Subscription.objects.create(tenant_id=tenant.id, schema=tenant.schema_name, plan=agreed)
    return row


def _price(plan: Plan) -> str:
    """Return the biller's id of what the plan costs now; asked outside any transaction."""
    price_id = biller().ensure_price(
        code=plan.code, name=pick(plan.name), amount=plan.price, currency=plan.currency
    )
    if plan.price_id != price_id:
        Plan.objects.filter(id=plan.id).update(price_id=price_id)
        plan.price_id = price_id
    return price_id


def _moment(row: Subscription) -> str:
    return f"{row.wanted_at:%Y%m%d%H%M%S%f}" if row.wanted_at else "0"


def _record(action: str, row: Subscription, plan: Plan, acting_user: Any) -> None:
    audit.record_on(
        row,
        action,
        actor=acting_user,
        label=plan.code,
        changes={"before": row.plan.code, "plan": plan.code},
        schema=row.schema,
    )
