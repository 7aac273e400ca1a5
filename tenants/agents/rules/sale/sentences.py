"""Why somebody got an amount, as one sentence in each language."""

from collections.abc import Mapping
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
_BASES_OF_PAYEES = _BASES | {BASE_MARGIN: ("这一单收益", "what this order earned")}
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
    if earning.base == BASE_REMAINDER:
        amounts = (earning.amount, earning.base_amount, earning.promised)
        return _margin(*(decimal_text(amount, earning.currency) for amount in amounts))
    whole = f" {decimal_text(earning.base_amount, earning.currency)}"
    promised = decimal_text(earning.promised, earning.currency)
    zh_cut = en_cut = ""
    if earning.cut:
        zh_limit, en_limit = _CUTS[earning.cut]
        zh_cut = f"，原为 {promised}，因{zh_limit}而减少"
        en_cut = f", cut from {promised} by {en_limit}"
    rule, version = earning.earn_id, earning.version
    zh, en = _sentence(earning, _BASES, whole, (zh_cut, en_cut))
    return {
        "zh-hans": f"{zh}；规则“{rule}”，第 {version} 版",
        "en": f"{en}, rule `{rule}`, version {version}",
    }


def explain_to_payee(earning: Explainable) -> dict[str, str]:
    """Return the sentence that the payee reads: nothing in it is the shop's business alone.

    What the shop had left of the sale, what a limit took off, and how the document names its lines stay
    with the shop.
    """
    if earning.base == BASE_REMAINDER:
        return explain(earning)  # the payee is the shop
    cut = ("", "")
    if earning.cut:
        zh_limit, en_limit = _CUTS[earning.cut]
        cut = (f"，因{zh_limit}而减少", f", less by {en_limit}")
    whole = "" if earning.base == BASE_MARGIN else f" {decimal_text(earning.base_amount, earning.currency)}"
    zh, en = _sentence(earning, _BASES_OF_PAYEES, whole, cut)
    return {"zh-hans": zh, "en": en}


def _sentence(
    earning: Explainable, bases: Mapping[str, tuple[str, str]], whole: str, cut: tuple[str, str]
) -> tuple[str, str]:
    """Return amount, how it comes about and as whom, in both languages. ``whole``: what a rate is of."""

    def money(amount: int) -> str:
        return decimal_text(amount, earning.currency)

    if earning.base in bases:
        rate = percent_text(earning.rate)
        zh_base, en_base = bases[earning.base]
        zh_how = f"{zh_base}{whole} 的 {rate}%" if whole else f"{zh_base}的 {rate}%"
        en_how = f"{rate} % of{whole} {en_base}"
    elif earning.base == BASE_UNIT:
        each = money(earning.promised // earning.base_amount)
        zh_how, en_how = (
            f"{earning.base_amount} 件 × 每件 {each}",
            f"{each} for each of {earning.base_amount} units",
        )
    else:
        zh_how, en_how = f"每单固定 {money(earning.promised)}", f"{money(earning.promised)} fixed per order"
    zh_as, en_as = PAYEES[earning.payee]
    amount = money(earning.amount)
    return f"{amount} = {zh_how}{cut[0]}；身份：{zh_as}", f"{amount} = {en_how}{cut[1]}, as {en_as}"


def _margin(amount: str, whole: str, paid_out: str) -> dict[str, str]:
    return {
        "zh-hans": f"{amount} = 可分配 {whole} 减去分给推广人和服务商的 {paid_out}，归店铺",
        "en": f"{amount} = {whole} to share less {paid_out} for the circle, left to the shop",
    }


def percent_text(rate: int) -> str:
    """Return 120000 parts per million as "12", 125500 as "12.55"."""
    text = f"{rate // 10_000}.{rate % 10_000:04d}".rstrip("0")
    return text.rstrip(".")
