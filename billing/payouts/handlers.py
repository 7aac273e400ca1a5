"""What payouts do when goods move, and when the gateway reports a transfer, an account or a bank payout."""

import logging
from functools import partial
from uuid import UUID

from celery import current_app
from django.db import transaction

from billing.payments.gateway import Move, ProviderAccount, gateway
from billing.payouts.accounts import services as payout_account_services
from billing.payouts.accounts.models import PayoutAccount
from billing.payouts.bank_payouts import services as bank_payout_services
from billing.payouts.bank_payouts.models import BankPayout
from billing.payouts.holds import services as hold_services
from billing.payouts.payables import services as payable_services
from billing.payouts.transfers import services as transfer_services
from billing.payouts.transfers.models import Payout
from kernel.calls import outgoing
from kernel.events import inbox, outbox
from kernel.models import Event

logger = logging.getLogger(__name__)


def register() -> None:
    """Called once from AppConfig.ready."""
    for moment in ("shipped", "received"):
        outbox.subscribe(f"supplier_order.{moment}", partial(on_goods_moved, moment))
    outbox.subscribe("product.counterfeit", on_counterfeit)
    outbox.subscribe(payout_account_services.CHANGED, on_account_changed)
    inbox.subscribe("transfer.", fetch=_fetch, apply=_apply)
    inbox.subscribe("payout.", fetch=_fetch_bank_payout, apply=_apply_bank_payout)
    inbox.subscribe("account.updated", fetch=_fetch_account, apply=_apply_account)


def on_goods_moved(moment: str, event: Event) -> None:
    """A supplier's part was shipped or received: what it is owed may fall due, and is paid at once."""
    if payable_services.mark_due(supplier_order_id=UUID(event.payload["supplier_order_id"]), after=moment):
        transaction.on_commit(_wake, robust=True)


def _wake() -> None:
    current_app.send_task("billing.payouts.tasks.pay_due", ignore_result=True, retry=False)


def on_counterfeit(event: Event) -> None:
    """A counterfeit was found: its supplier is paid nothing for now, and owes the penalty."""
    payload = event.payload
    hold_services.place_hold(
        supplier_id=UUID(payload["supplier_id"]),
        reason=f"{payload['title']}: {payload['reason']}",
        acting_user=payload["by"],
    )
    if payload["penalty"]:
        payable_services.charge_penalty(
            supplier_id=UUID(payload["supplier_id"]),
            amount=payload["penalty"],
            currency=payload["currency"],
            ruling_id=UUID(payload["ruling_id"]),
        )


def _fetch(event: Event) -> Move:
    return gateway().fetch_transfer(event.payload["object_id"])


def _apply(event: Event, move: Move) -> None:
    payout_id = outgoing.row_of(Payout, move.id, move.reference)
    if payout_id is None:
        logger.error("a transfer was made past us", extra={"object": event.payload["object_id"]})
        return
    transfer_services.apply_transfer(payout_id=payout_id, move=move)


def _fetch_bank_payout(event: Event) -> Move | None:
    # Without an account it is our own money that went on to our own bank.
    account = event.payload["account"]
    return gateway().fetch_payout(account, event.payload["object_id"]) if account else None


def _apply_bank_payout(event: Event, move: Move | None) -> None:
    if move is None:
        return
    row_id = outgoing.row_of(BankPayout, move.id, move.reference)
    if row_id is None:
        bank_payout_services.record_foreign(account_external_id=event.payload["account"], move=move)
    else:
        bank_payout_services.apply_bank_payout(bank_payout_id=row_id, move=move)


def on_account_changed(event: Event) -> None:
    """A payee's account can be paid again, or to another bank: what came back from the old one goes out."""
    if event.payload["state"] == PayoutAccount.State.ABLE and bank_payout_services.send_anew(
        account_id=UUID(event.payload["account_id"])
    ):
        transaction.on_commit(_wake, robust=True)


def _fetch_account(event: Event) -> ProviderAccount:
    return gateway().fetch_account(event.payload["account"] or event.payload["object_id"])


def _apply_account(event: Event, provider_account: ProviderAccount) -> None:
    payout_account_services.apply_account(provider_account)
