"""WeChat Pay's answers and bills, read as the port's values; and our references as numbers it takes."""

import base64
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

from billing.payments.gateway import BalanceMove, Intent, IntentStatus, Move, MoveStatus

CURRENCY = "CNY"
HALF_WIDTH = str.maketrans("（）", "()")
"""WeChat has written the heads of bills with either kind of brackets."""
CHINA = timezone(timedelta(hours=8))
SHORT = 26
"""Letters and digits of an id in the shorter spelling; a "t" and the turn follow."""
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
OF_PAYMENT = "REF"
"""How the voucher number of a refund may begin: WeChat's number of the payment follows, not ours."""
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


class WrongBill(ValueError):
    """A bill that cannot be read whole: nothing may be concluded from a part of it."""


def fund_flow(bill: str) -> list[BalanceMove]:
    """Read a day's fund-flow bill: CSV with a head line, every value behind a backtick, and a summary below.

    https://pay.weixin.qq.com/doc/v3/merchant/4012791862. Fees are lines of their own. Raises WrongBill for
    a line that is none of these, and where the summary counts other lines than there are.
    """
    # Nothing is quoted: a value ends where a comma and the next backtick are, and may hold commas itself.
    lines = [line.strip() for line in bill.splitlines() if line.strip()]
    if not lines:
        return []
    head = [name.translate(HALF_WIDTH) for name in lines[0].split(",")]
    split = next((at for at, line in enumerate(lines[1:], 1) if not line.startswith("`")), len(lines))
    row_count = lines[split + 1][1:].split(",`")[0] if split + 1 < len(lines) else "nothing"
    # It is written as 20.0.
    if row_count.partition(".")[0] != str(split - 1):
        raise WrongBill(f"the summary counts {row_count[:40]}, the bill has {split - 1} lines")
    return [_flow(head, line) for line in lines[1:split]]


def _flow(head: list[str], text: str) -> BalanceMove:
    values = [value.strip() for value in text[1:].split(",`")]
    try:
        line = dict(zip(head, values, strict=True))
        kind, voucher = line["业务类型"], line["业务凭证号"]
        amount = int(Decimal(line["收支金额(元)"]) * 100) * (-1 if line["收支类型"] == OUT else 1)
        at = datetime.fromisoformat(line["记账时间"]).replace(tzinfo=CHINA)
    except (KeyError, ValueError, ArithmeticError) as error:
        raise WrongBill(f"a line that cannot be read: {text[:200]}") from error
    return BalanceMove(
        id=line["资金流水单号"],
        type="fee" if FEE in kind else FLOWS.get(kind, kind),
        amount=amount,
        fee=0,
        net=amount,
        currency=CURRENCY,
        source=voucher.removeprefix(OF_PAYMENT)
        if voucher.startswith(OF_PAYMENT)
        else line["微信支付业务单号"],
        created=at,
        available_on=at,
        reference=reference(voucher),
    )
