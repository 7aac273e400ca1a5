"""WeChat Pay's answers and bills, read as the port's values; and our references as numbers it takes."""

import csv
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

from billing.payments.gateway import BalanceMove, Intent, IntentStatus, Move, MoveStatus

CURRENCY = "CNY"
CHINA = timezone(timedelta(hours=8))
FLOWS = {
    "交易": "charge",
    "退款": "refund",
    "分账": "transfer",
    "分账回退": "transfer_reversal",
    "提现": "payout",
    "充值": "topup",
}
"""Kinds of business in fund-flow bills, in the port's words; any other keeps its name, and a fee is "fee"."""
FEE, OUT = "手续费", "支出"
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


def fund_flow(bill: str) -> Iterator[BalanceMove]:
    """Read a day's fund-flow bill: CSV with a head line, every value behind a backtick, and a summary below.

    https://pay.weixin.qq.com/doc/v3/merchant/4012791862. Fees are lines of their own.
    """
    rows = csv.reader(bill.splitlines())
    head = next(rows, [])
    for row in rows:
        if len(row) != len(head) or not row[0].startswith("`"):
            return
        line = {name: value.removeprefix("`").strip() for name, value in zip(head, row, strict=True)}
        kind = line["业务类型"]
        amount = int(Decimal(line["收支金额(元)"]) * 100) * (-1 if line["收支类型"] == OUT else 1)
        at = datetime.fromisoformat(line["记账时间"]).replace(tzinfo=CHINA)
        yield BalanceMove(
            id=line["资金流水单号"],
            type="fee" if FEE in kind else FLOWS.get(kind, kind),
            amount=amount,
            fee=0,
            net=amount,
            currency=CURRENCY,
            source=line["微信支付业务单号"],
            created=at,
            available_on=at,
            reference=reference(line["业务凭证号"]),
        )
