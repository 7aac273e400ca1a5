"""The stand-in's fund-flow bills: what moved on a day, as WeChat writes it, with its fees."""

import hashlib
from datetime import date, datetime, timedelta, timezone

from billing.payments.sandbox.store import Store, Thing

CHINA = timezone(timedelta(hours=8))
HEAD = (
    "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,"
    "收支金额（元）,账户结余（元）,资金变更提交申请人,备注,业务凭证号"
)
SUMMARY = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额"
FEE_PER_MILLE = 6
REMARK = "缺货,多退少补"
"""With a comma, as people write: nothing in a bill is quoted."""


def today(store: Store) -> date:
    """Return the stand-in's day by China's clock."""
    return datetime.fromtimestamp(store.now(), CHINA).date()


def write(store: Store, day: date) -> str:
    """Return the bill of a day, or an empty text if nothing moved on it."""
    rows, balance = [], 0
    for at, business, kind, amount, voucher in sorted(_flows(store)):
        balance += amount
        moment = datetime.fromtimestamp(at, CHINA)
        if moment.date() == day:
            number = hashlib.md5(f"{business}{kind}{voucher}".encode(), usedforsecurity=False).hexdigest()
            direction = "收入" if amount > 0 else "支出"
            sums = f"`{_yuan(abs(amount))},`{_yuan(balance)}"
            rows.append(
                f"`{moment:%Y-%m-%d %H:%M:%S},`{business},`{number},`{kind},`{kind},`{direction},"
                f"{sums},`system,`{REMARK},`{voucher}"
            )
    if not rows:
        return ""
    return "\n".join([HEAD, *rows, SUMMARY, f"`{len(rows)}.0,`0,`0.00,`0,`0.00"]) + "\n"


def _flows(store: Store) -> list[tuple[int, str, str, int, str]]:
    flows: list[tuple[int, str, str, int, str]] = []
    for order in store.all("wechat_order"):
        if "transaction_id" in order:
            at, number = order["paid"], order["transaction_id"]
            flows += [
                (at, number, "交易", order["amount"]["total"], order["out_trade_no"]),
                (at, number, "扣除交易手续费", -_fee(order["amount"]["total"]), order["out_trade_no"]),
            ]
    for refund in store.all("wechat_refund"):
        amount, voucher = refund["amount"]["refund"], f"REF{refund['transaction_id']}"
        flows.append((refund["created"], refund["refund_id"], "退款", -amount, voucher))
        flows.append((refund["created"], refund["refund_id"], "退还交易手续费", _fee(amount), voucher))
    for share in store.all("wechat_share"):
        shared = sum(receiver["amount"] for receiver in share["receivers"])
        flows.append((share["created"], share["order_id"], "分账", -shared, share["out_order_no"]))
    for back in store.all("wechat_return"):
        flows.append((back["created"], back["id"], "分账回退", back["amount"], back["out_return_no"]))
    return [flow for flow in flows if flow[3]]


def _fee(amount: int) -> int:
    return (amount * FEE_PER_MILLE + 500) // 1000


def _yuan(amount: int) -> str:
    sign, amount = ("-", -amount) if amount < 0 else ("", amount)
    return f"{sign}{amount // 100}.{amount % 100:02d}"


def described(bill: str, address: str) -> Thing:
    """Return the answer that says where a bill is and what it hashes to, unpacked."""
    digest = hashlib.sha1(bill.encode(), usedforsecurity=False).hexdigest()
    return {"download_url": address, "hash_type": "SHA1", "hash_value": digest}
