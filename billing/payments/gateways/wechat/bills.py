"""WeChat Pay's fund-flow bills: what moved on our balance in a day, checked against its hash."""

import gzip
import hashlib
import zlib
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import requests
from wechatpayv3 import WeChatPay

from billing.payments.gateway import BalanceMove
from billing.payments.gateways.wechat import answers
from billing.payments.gateways.wechat.client import ask
from billing.payments.gateways.wechat.currencies import CURRENCY
from kernel.calls.errors import CallRefused, NoClearAnswer

HALF_WIDTH = str.maketrans("（）", "()")
"""WeChat has written the heads of bills with either kind of brackets."""
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
OF_PAYMENT = "REF"
"""How the voucher number of a refund may begin: WeChat's number of the payment follows, not ours."""


def flows(client: WeChatPay, day: date) -> Iterator[BalanceMove]:
    """Return the lines of a day's bill by China's clock; none if there is no bill.

    Raises NoClearAnswer for a bill that is missing, damaged or not the one that WeChat signed.
    """
    try:
        yield from fund_flow(_fetch(client, day))
    except WrongBill as error:
        raise NoClearAnswer(f"the bill of {day}: {error}", "bill") from error


def _fetch(client: WeChatPay, day: date) -> str:
    try:
        answer = ask(client.fundflow_bill, bill_date=day.isoformat())
    except CallRefused as error:
        if error.code == "NO_STATEMENT_EXIST":
            return ""
        raise
    status, packed = _download(client, str(answer["download_url"]))
    if status != requests.codes.ok or not isinstance(packed, bytes):
        raise NoClearAnswer(f"the bill of {day} cannot be downloaded", str(status))
    # WeChat's signature is on the answer that names the hash, not on the file.
    try:
        bill = gzip.decompress(packed)
    except (OSError, EOFError, zlib.error) as error:
        raise NoClearAnswer(f"the bill of {day} is damaged", "bill") from error
    if hashlib.sha1(bill, usedforsecurity=False).hexdigest() != str(answer["hash_value"]).lower():
        raise NoClearAnswer(f"the bill of {day} is not the one that WeChat Pay signed", "bill_hash")
    return bill.decode("utf-8-sig")


def _download(client: WeChatPay, url: str) -> tuple[int, object]:
    try:
        answer: tuple[int, object] = client.download_bill(url)
    except requests.RequestException as error:
        raise NoClearAnswer(str(error), type(error).__name__) from error
    return answer


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
        reference=answers.reference(voucher),
    )
