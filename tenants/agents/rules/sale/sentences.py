"""Why somebody got an amount, as one sentence in each language."""

from typing import Protocol

from kernel.money.amounts import decimal_text

BASE_GOODS = "goods_paid"
BASE_MARGIN = "margin"
BASE_ORDER = "order"
BASE_UNIT = "unit"
BASE_REMAINDER = "remainder"

CUT_CAP = "cap"
CUT_DAY = "day"
CUT_LIMIT = "limit"
CUT_MARGIN = "distributable"
CUT_BUDGET = "budget"

PAYEES = {
    "sharer": ("第一级分享人", "first sharer"),
    "second": ("第二级分享人", "the sharer's sharer"),
    "nearest_above": ("上方最近的任职人", "the nearest above who holds the role"),
    "streamer": ("主播", "streamer"),
    "bringer": ("引流人", "bringer of the viewer"),
    "author": ("笔记作者", "author of the note"),
    "leader": ("团长", "leader of the group"),
}
_BASES = {
    BASE_GOODS: ("实付货款", "goods paid"),
    BASE_MARGIN: ("毛利", "margin"),
}
_CUTS = {
    CUT_CAP: ("每单上限", "the most that one order pays"),
    CUT_DAY: ("每人每日上限", "the most that a person earns in a day"),
    CUT_LIMIT: ("每单可分配比例上限", "the share of an order that may be paid out"),
    CUT_MARGIN: ("这一单可分配的金额", "what this order leaves to share"),
    CUT_BUDGET: ("本月预算余额", "what is left of the month's budget"),
}


class Explainable(Protocol):
    """What must be known of an earning to say why it is what it is. Amounts are minor units."""

    @property
    def currency(self) -> str: ...
    @property
    def amount(self) -> int: ...
    @property
    def promised(self) -> int: ...
    @property
    def base(self) -> str: ...
    @property
    def base_amount(self) -> int: ...
    @property
    def rate(self) -> int: ...
    @property
    def payee(self) -> str: ...
    @property
    def cut(self) -> str: ...
    @property
    def earn_id(self) -> str: ...
    @property
    def version(self) -> int: ...


def explain(earning: Explainable) -> dict[str, str]:
    """Return the sentence for ``earning`` in zh-hans and en, with amounts in major units."""

    def money(amount: int) -> str:
        return decimal_text(amount, earning.currency)

    if earning.base == BASE_REMAINDER:
        return _margin(money(earning.amount), money(earning.base_amount), money(earning.promised))
    if earning.base in _BASES:
        rate, whole = percent_text(earning.rate), money(earning.base_amount)
        zh_base, en_base = _BASES[earning.base]
        zh_how, en_how = f"{zh_base} {whole} 的 {rate}%", f"{rate} % of {whole} {en_base}"
    elif earning.base == BASE_UNIT:
        each = money(earning.promised // earning.base_amount)
        zh_how, en_how = (
            f"{earning.base_amount} 件 × 每件 {each}",
            f"{each} for each of {earning.base_amount} units",
        )
    else:
        zh_how, en_how = f"每单固定 {money(earning.promised)}", f"{money(earning.promised)} fixed per order"
    zh_as, en_as = PAYEES[earning.payee]
    zh_cut = en_cut = ""
    if earning.cut:
        zh_limit, en_limit = _CUTS[earning.cut]
        zh_cut = f"，原为 {money(earning.promised)}，因{zh_limit}而减少"
        en_cut = f", cut from {money(earning.promised)} by {en_limit}"
    amount = money(earning.amount)
    rule, version = earning.earn_id, earning.version
    return {
        "zh-hans": f"{amount} = {zh_how}{zh_cut}；身份：{zh_as}；规则“{rule}”，第 {version} 版",
        "en": f"{amount} = {en_how}{en_cut}, as {en_as}, rule `{rule}`, version {version}",
    }


def _margin(amount: str, whole: str, paid_out: str) -> dict[str, str]:
    return {
        "zh-hans": f"{amount} = 可分配 {whole} 减去分给推广人和服务商的 {paid_out}，归店铺",
        "en": f"{amount} = {whole} to share less {paid_out} for the circle, left to the shop",
    }


def percent_text(rate: int) -> str:
    """Return 120000 parts per million as "12", 125500 as "12.55"."""
    text = f"{rate // 10_000}.{rate % 10_000:04d}".rstrip("0")
    return text.rstrip(".")
