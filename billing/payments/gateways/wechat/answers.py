"""WeChat Pay's answers, read as the port's values; and our references as numbers it takes."""

import base64
from typing import Any
from uuid import UUID

from billing.payments.gateway import Intent, IntentStatus, Move, MoveStatus
from billing.payments.gateways.wechat.currencies import CURRENCY

SHORT = 26
"""Letters and digits of an id in the shorter spelling; a "t" and the turn follow."""
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
    # The member's card takes nothing: the money is out of our balance, and somebody sends it on at WeChat.
    "ABNORMAL": MoveStatus.PENDING,
    "FAILED": MoveStatus.FAILED,
}

REFUND_PROBLEMS = {
    "CLOSED": "CLOSED",
    "ABNORMAL": "ABNORMAL: the member's card takes no refund; send it on in WeChat Pay's console",
}


def number(reference: str) -> str:
    """Return our reference as a number of theirs: at most 32 letters and digits.

    A payment that was placed anew has its turn behind a dot; in a shorter spelling there is room for it.
    """
    own, _dot, turn = reference.partition(".")
    try:
        payment = UUID(own)
    except ValueError:
        return reference[:32]
    short = base64.b32encode(payment.bytes).decode()[:SHORT].lower()
    return f"{short}t{turn}" if turn else payment.hex


def reference(number: str) -> str:
    """Return the reference that a number of theirs was made of, without its turn."""
    short, turn = number[:SHORT], number[SHORT:]
    try:
        if turn.startswith("t"):
            return str(UUID(bytes=base64.b32decode(f"{short.upper()}======")))
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


def refund(answer: dict[str, Any]) -> Move:
    """Read a refund."""
    number = str(answer["out_refund_no"])
    return Move(
        id=number,
        status=MOVE_STATUS.get(str(answer["status"]), MoveStatus.PENDING),
        amount=int(answer["amount"]["refund"]),
        currency=str(answer["amount"].get("currency", CURRENCY)),
        error=REFUND_PROBLEMS.get(str(answer["status"]), ""),
        reference=reference(number),
        payment_external_id=str(answer.get("out_trade_no", "")),
    )


def share(answer: dict[str, Any]) -> Move:
    """Read a profit-sharing order with its one receiver."""
    number, receiver = str(answer["out_order_no"]), answer["receivers"][0]
    return Move(
        id=f"{answer['transaction_id']}:{number}",
        status=MOVE_STATUS.get(str(receiver["result"]), MoveStatus.PENDING),
        amount=int(receiver["amount"]),
        currency=CURRENCY,
        error=str(receiver.get("fail_reason", "")),
        reference=reference(number),
    )


def returned(answer: dict[str, Any]) -> Move:
    """Read the return of a share."""
    return Move(
        id=str(answer["out_return_no"]),
        status=MOVE_STATUS.get(str(answer["result"]), MoveStatus.PENDING),
        amount=int(answer["amount"]),
        currency=CURRENCY,
        error=str(answer.get("fail_reason", "")),
        reference=reference(str(answer["out_return_no"])),
    )
