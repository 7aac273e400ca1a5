"""WeChat Pay's answers, read as the port's values; and our references as numbers it takes."""

from typing import Any
from uuid import UUID

from billing.payments.gateway import Intent, IntentStatus, Move, MoveStatus

CURRENCY = "CNY"
INTENT_STATUS = {
    "NOTPAY": IntentStatus.WAITING,
    "PAYERROR": IntentStatus.WAITING,
    "ACCEPT": IntentStatus.PROCESSING,
    "USERPAYING": IntentStatus.PROCESSING,
    "SUCCESS": IntentStatus.SUCCEEDED,
    "REFUND": IntentStatus.SUCCEEDED,  # paid, and refunded in part or whole: refunds have rows of their own
    "CLOSED": IntentStatus.CANCELLED,
    "REVOKED": IntentStatus.CANCELLED,
}
MOVE_STATUS = {
    "SUCCESS": MoveStatus.SUCCEEDED,
    "FINISHED": MoveStatus.SUCCEEDED,
    "CLOSED": MoveStatus.FAILED,
    "ABNORMAL": MoveStatus.FAILED,
    "FAILED": MoveStatus.FAILED,
}


def number(reference: str) -> str:
    """Return our reference as a number of theirs: at most 32 letters and digits."""
    try:
        return UUID(reference).hex
    except ValueError:
        return reference[:32]


def reference(number: str) -> str:
    """Return the reference that a number of theirs was made of."""
    try:
        return str(UUID(hex=number))
    except ValueError:
        return number


def intent(order: dict[str, Any]) -> Intent:
    """Read an order (trade) as it stands."""
    status = INTENT_STATUS.get(str(order["trade_state"]), IntentStatus.PROCESSING)
    amount = order.get("amount") or {}
    total = int(amount.get("total", 0))
    return Intent(
        id=str(order["out_trade_no"]),
        status=status,
        amount=total,
        received=total if status == IntentStatus.SUCCEEDED else 0,
        currency=str(amount.get("currency", CURRENCY)),
        charge_id=str(order.get("transaction_id", "")),
        error=str(order.get("trade_state_desc", "")) if order["trade_state"] == "PAYERROR" else "",
        reference=reference(str(order["out_trade_no"])),
    )


def refund(made: dict[str, Any]) -> Move:
    """Read a refund."""
    number = str(made["out_refund_no"])
    return Move(
        id=number,
        status=MOVE_STATUS.get(str(made["status"]), MoveStatus.PENDING),
        amount=int(made["amount"]["refund"]),
        currency=str(made["amount"].get("currency", CURRENCY)),
        error=str(made["status"]) if made["status"] in {"CLOSED", "ABNORMAL"} else "",
        reference=reference(number),
    )


def share(made: dict[str, Any]) -> Move:
    """Read a profit-sharing order with its one receiver."""
    number, receiver = str(made["out_order_no"]), made["receivers"][0]
    return Move(
        id=f"{made['transaction_id']}:{number}",
        status=MOVE_STATUS.get(str(receiver["result"]), MoveStatus.PENDING),
        amount=int(receiver["amount"]),
        currency=CURRENCY,
        error=str(receiver.get("fail_reason", "")),
        reference=reference(number),
    )


def returned(made: dict[str, Any]) -> Move:
    """Read the return of a share."""
    return Move(
        id=str(made["out_return_no"]),
        status=MOVE_STATUS.get(str(made["result"]), MoveStatus.PENDING),
        amount=int(made["amount"]),
        currency=CURRENCY,
        error=str(made.get("fail_reason", "")),
        reference=reference(str(made["out_return_no"])),
    )
