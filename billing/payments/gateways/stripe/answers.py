"""What Stripe's objects and errors mean in the gateway's words."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import stripe

from billing.payments.gateway import (
    BalanceMove,
    DisputeStatus,
    GatewayDeclined,
    Intent,
    IntentStatus,
    Move,
    MoveStatus,
    ProviderAccount,
    ProviderDispute,
)
from billing.payments.gateways.stripe.currencies import minor_units, nearest_minor_units
from kernel.calls.errors import CallRefused, NoClearAnswer

INTENT_STATUS = {
    "requires_payment_method": IntentStatus.WAITING,
    "requires_confirmation": IntentStatus.WAITING,
    "requires_action": IntentStatus.REQUIRES_ACTION,
    "requires_capture": IntentStatus.PROCESSING,
    "processing": IntentStatus.PROCESSING,
    "succeeded": IntentStatus.SUCCEEDED,
    "canceled": IntentStatus.CANCELLED,
}
MOVE_STATUS = {
    "succeeded": MoveStatus.SUCCEEDED,
    "paid": MoveStatus.SUCCEEDED,
    "failed": MoveStatus.FAILED,
    "canceled": MoveStatus.FAILED,
}
DISPUTE_STATUS = {
    "needs_response": DisputeStatus.NEEDS_RESPONSE,
    "warning_needs_response": DisputeStatus.NEEDS_RESPONSE,
    "under_review": DisputeStatus.UNDER_REVIEW,
    "warning_under_review": DisputeStatus.UNDER_REVIEW,
    "won": DisputeStatus.WON,
    "warning_closed": DisputeStatus.WON,
    "prevented": DisputeStatus.WON,
    "lost": DisputeStatus.LOST,
}


@contextmanager
def answers() -> Iterator[None]:
    """Turn Stripe's errors into what they mean for the caller."""
    try:
        yield
    except stripe.CardError as error:
        decline = str(_field(error.error, "decline_code", ""))
        raise GatewayDeclined(error.user_message or str(error), decline or error.code or "") from error
    except (stripe.APIConnectionError, stripe.RateLimitError) as error:
        raise NoClearAnswer(str(error), error.code or "") from error
    except stripe.APIError as error:
        raise NoClearAnswer(str(error), error.code or "") from error
    except stripe.StripeError as error:
        # 409: the first request with this key is still running. 401: our key is wrong, which says nothing
        # about what was asked; taken for a refusal it would end every refund on its way.
        kind = NoClearAnswer if error.http_status in {401, 409} else CallRefused
        raise kind(error.user_message or str(error), error.code or "") from error


def _field(thing: Any, name: str, default: Any = None) -> Any:
    value = getattr(thing, name, default)
    return default if value is None else value


def _id(value: Any) -> str:
    return value if isinstance(value, str) else str(_field(value, "id", ""))


def _reference(thing: Any) -> str:
    return str(_field(_field(thing, "metadata"), "reference", ""))


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def read_intent(intent: stripe.PaymentIntent) -> Intent:
    """Translate a PaymentIntent."""
    problem, currency = _field(intent, "last_payment_error"), intent.currency.upper()
    action = _field(_field(intent, "next_action"), "redirect_to_url")
    return Intent(
        id=intent.id,
        status=INTENT_STATUS[intent.status],
        amount=minor_units(intent.amount, currency),
        received=minor_units(int(_field(intent, "amount_received", 0)), currency),
        currency=currency,
        charge_id=_id(_field(intent, "latest_charge", "")),
        client_secret=str(_field(intent, "client_secret", "")),
        next_action_url=str(_field(action, "url", "")),
        error=str(_field(problem, "message", "")),
        error_code=str(_field(problem, "decline_code", "") or _field(problem, "code", "")),
        reference=_reference(intent),
    )


def read_move(move: Any) -> Move:
    """Translate a Refund, Transfer, TransferReversal or Payout."""
    # Transfers and reversals have no status: they exist or they do not.
    status, currency = _field(move, "status", "succeeded"), str(move.currency).upper()
    return Move(
        id=str(move.id),
        status=MOVE_STATUS.get(status, MoveStatus.PENDING),
        amount=minor_units(int(move.amount), currency),
        currency=currency,
        error=str(_field(move, "failure_message", "") or _field(move, "failure_reason", "")),
        reversed=minor_units(int(_field(move, "amount_reversed", 0)), currency),
        reference=_reference(move),
        payment_external_id=_id(_field(move, "payment_intent", "")),
        arrives_at=_moment(_field(move, "arrival_date")),
    )


def find_first(page: Any, reference: str) -> Move | None:
    """Return the first of a list that bears our reference."""
    for item in page.auto_paging_iter():
        if read_move(item).reference == reference:
            return read_move(item)
    return None


def read_account(account: stripe.Account) -> ProviderAccount:
    """Translate an Account."""
    requirements = _field(account, "requirements")
    banks = _field(_field(account, "external_accounts"), "data", [])
    return ProviderAccount(
        id=account.id,
        payouts_enabled=bool(_field(account, "payouts_enabled")),
        requirements_due=tuple(_field(requirements, "currently_due", [])),
        disabled_reason=str(_field(requirements, "disabled_reason", "")),
        can_be_paid=_field(_field(account, "capabilities"), "transfers", "") == "active",
        bank_fingerprint=str(_field(banks[0], "fingerprint", "")) if banks else "",
    )


def find_account(page: Any, reference: str) -> ProviderAccount | None:
    """Return the first account of a list that bears our reference."""
    for account in page.auto_paging_iter():
        if _field(_field(account, "metadata"), "reference", "") == reference:
            return read_account(account)
    return None


def read_dispute(dispute: stripe.Dispute) -> ProviderDispute:
    """Translate a Dispute; what it took and gave back stands in its balance transactions."""
    moves, currency = dispute.balance_transactions, dispute.currency.upper()
    return ProviderDispute(
        id=dispute.id,
        charge_id=_id(dispute.charge),
        payment_external_id=_id(_field(dispute, "payment_intent", "")),
        amount=minor_units(dispute.amount, currency),
        currency=currency,
        status=DISPUTE_STATUS[dispute.status],
        reason=dispute.reason,
        withdrawn=-nearest_minor_units(sum(move.amount for move in moves), currency),
        fee=nearest_minor_units(sum(move.fee for move in moves), currency),
        respond_by=_moment(_field(dispute.evidence_details, "due_by")),
    )


def read_balance_move(row: stripe.BalanceTransaction) -> BalanceMove:
    """Translate a BalanceTransaction whose source was expanded."""
    currency = row.currency.upper()
    amount, fee = (nearest_minor_units(part, currency) for part in (row.amount, row.fee))
    return BalanceMove(
        id=row.id,
        type=row.type,
        amount=amount,
        fee=fee,
        net=amount - fee,
        currency=currency,
        source=_id(row.source or ""),
        created=datetime.fromtimestamp(row.created, UTC),
        available_on=datetime.fromtimestamp(row.available_on, UTC),
        reference=_reference(row.source),
    )
