"""What a lint finding is, and its sentences: the law it concerns and the smallest change that removes it.

Engineering, not legal advice; the screens that show findings say so.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tenants.agents.rules.document.faults import EN, ZH, Lines, Texts, path_text

Severity = Literal["refuse", "sign_off", "warn", "note"]
ORDER: tuple[Severity, ...] = ("refuse", "sign_off", "warn", "note")
Location = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class DocumentChange:
    """One step of a patch: ``set`` a value at a place of the document, or ``remove`` what stands there."""

    op: Literal["set", "remove"]
    location: Location
    value: Any = None

    def text(self) -> str:
        """Return the step in words."""
        place = path_text(self.location)
        return f"remove {place}" if self.op == "remove" else f"set {place} to {json.dumps(self.value)}"


@dataclass(frozen=True, slots=True)
class LintFinding:
    """One thing about a document that somebody should know before it is switched on.

    ``refuse`` cannot be overridden by anybody; ``sign_off`` needs a named person of the central team.
    ``patch`` applied to the document removes the finding.
    """

    severity: Severity
    code: str
    path: str
    line: int
    message: Texts
    article: Texts
    remedy: Texts
    patch: tuple[DocumentChange, ...]

    def patch_text(self) -> str:
        """Return the patch as a person would say it: ``set tax.commission to withheld_by_platform``."""
        return "; ".join(change.text() for change in self.patch)

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as JSON-ready data."""
        return {
            "severity": self.severity,
            "code": self.code,
            "path": self.path,
            "line": self.line or None,
            "message": self.message,
            "article": self.article,
            "remedy": self.remedy,
            "patch": [
                {"op": change.op, "path": path_text(change.location), "value": change.value}
                for change in self.patch
            ],
        }


def apply_patches(data: dict[str, Any], findings: Sequence[LintFinding]) -> dict[str, Any]:
    """Return a copy of the document's data with the patches of all ``findings`` applied.

    Places are removed from the end of a list backwards, so that earlier indexes stay true.
    """
    result: dict[str, Any] = _copy(data)
    changes = list(dict.fromkeys(_key(change) for finding in findings for change in finding.patch))
    by_key = {_key(change): change for finding in findings for change in finding.patch}
    for key in changes:
        if by_key[key].op == "set":
            _set(result, by_key[key].location, by_key[key].value)
    removals = [by_key[key].location for key in changes if by_key[key].op == "remove"]
    for location in sorted(removals, key=_removal_order, reverse=True):
        _remove(result, location)
    return result


def _key(change: DocumentChange) -> tuple[str, Location, str]:
    return change.op, change.location, repr(change.value)


def _removal_order(location: Location) -> tuple[tuple[int, int | str], ...]:
    return tuple((0, part) if isinstance(part, int) else (1, part) for part in location)


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(part) for key, part in value.items()}
    return [_copy(part) for part in value] if isinstance(value, list) else value


def _set(data: Any, location: Location, value: Any) -> None:
    for part in location[:-1]:
        data = data.setdefault(part, {}) if isinstance(data, dict) else data[part]
    data[location[-1]] = value


def _remove(data: Any, location: Location) -> None:
    for part in location[:-1]:
        if isinstance(data, dict) and part not in data:
            return
        data = data[part]
    if isinstance(data, list):
        del data[int(location[-1])]
    else:
        data.pop(location[-1], None)


PYRAMID = (
    "《禁止传销条例》（2005）第七条第（{n}）项",
    "Regulation on Prohibition of Pyramid Selling (2005), art. 7({n})",
)
E_COMMERCE = ("《电子商务法》（2018）第{zh}条", "E-commerce Law (2018), art. {n}")


def _pyramid(number: int, zh: str) -> tuple[str, str]:
    return PYRAMID[0].format(n=zh), PYRAMID[1].format(n=number)


_ONE, _TWO, _THREE = _pyramid(1, "一"), _pyramid(2, "二"), _pyramid(3, "三")
_TAX_LAW = (
    E_COMMERCE[0].format(zh="十一") + "；国务院令第810号（2025）；税务总局公告2025年第16号",
    E_COMMERCE[1].format(n=11) + "; State Council Order 810 (2025); STA Announcement 16 (2025)",
)
_DEPOSIT_LAW = (E_COMMERCE[0].format(zh="二十一"), E_COMMERCE[1].format(n=21))
_TEAMS = (
    PYRAMID[0].format(n="二") + "、第（三）项",
    PYRAMID[1].format(n=2) + " and (3)",
)
_ARITHMETIC = ("算术", "arithmetic")

# code -> (article, zh message, en message, zh remedy, en remedy)
TEXTS: dict[str, tuple[tuple[str, str], str, str, str, str]] = {
    "head_reward": (
        _ONE,
        "为拉来一个人就付钱，不需要有销售。",
        "Pays for bringing a person, without any sale.",
        "删掉按人头的奖励，改为按成交付佣金。",
        "Remove the reward per head; pay commission on sales instead.",
    ),
    "code_price": (
        _ONE,
        "邀请码带有价格或奖励。",
        "Invitation codes carry a price or a reward.",
        "删掉邀请码的价格和奖励。",
        "Remove price and reward from the codes.",
    ),
    "entry_fee": (
        _TWO,
        "加入时要付 {amount}，既不是可退的押金，又是获得收入的前提（礼包也算变相入门费）。",
        "Asks {amount}, not refundable, as a condition to earn; a gift pack is a fee in disguise.",
        "取消入门费；需要保证金时请用可随时退还的 join.deposit。",
        "Drop the fee; where security is needed use join.deposit, which can be had back on request.",
    ),
    "refundable_fee": (
        _TWO,
        "加入时要付可退的 {amount}，它其实是押金。",
        "Asks a refundable {amount} for joining, which is really a deposit.",
        "改写成 join.deposit，退还条件写清楚。",
        "Write it as join.deposit with the conditions of its return.",
    ),
    "third_level": (
        _THREE,
        "同一笔销售付给了超过两级的人（公通字〔2013〕37号：三级、三十人以上）。",
        "Pays more than two levels of people from one sale (公通字〔2013〕37号: 3 levels, 30 people).",
        "删掉第二级以上的分成。",
        "Remove what is paid beyond the second level.",
    ),
    "second_level": (
        _THREE,
        "付给第二级。与销售挂钩的两级分销存在争议（2022 年有处罚先例）。",
        "Pays a second level. Sale-linked second levels are debated; a shop was fined in 2022.",
        "请中台签字，或删掉第二级。",
        "Have the central team sign it off, or remove the second level.",
    ),
    "headcount_role": (
        _ONE,
        "角色“{role}”靠拉来的人数达成，而它会提高收入。",
        'The role "{role}" is reached by number of people, and raises income.',
        "请中台签字，或改为按本人或团队销售额晋升。",
        "Have the central team sign it off, or promote by own or team sales.",
    ),
    "headcount_note": (
        _ONE,
        "角色“{role}”靠人数达成；它现在不影响收入。",
        'The role "{role}" is reached by number of people; it raises no income now.',
        "保持它与收入无关。",
        "Keep it apart from income.",
    ),
    "team_units": (
        _TEAMS,
        "角色“{role}”按下面的团队（直属“{below}”）数量达成，而它会提高收入。",
        'The role "{role}" counts team units (direct holders of "{below}"), and raises income.',
        "请中台签字，或改为按团队销售额晋升。",
        "Have the central team sign it off, or promote by team sales.",
    ),
    "allowance": (
        _ONE,
        "角色“{role}”每月拿 {amount}，不需要有销售。",
        'The role "{role}" is paid {amount} a month, without any sale.',
        "删掉津贴，改为按成交付佣金。",
        "Remove the allowance; pay commission on sales instead.",
    ),
    "purchase_to_earn": (
        _TWO,
        "必须自己先消费才能成为可以赚钱的“{role}”，属于变相入门费。",
        'Nobody becomes "{role}", who earns, without buying first: a fee in disguise.',
        "改为按本人名下客户的销售达成。",
        "Let sales to own customers reach it instead.",
    ),
    "any_purchase": (
        _TWO,
        "购买商品是成为可以赚佣金的人的途径。",
        "A purchase makes a person who can earn.",
        "请中台签字，或让任何人免费加入。",
        "Have the central team sign it off, or let anyone join for free.",
    ),
    "deposit_locked": (
        _DEPOSIT_LAW,
        "押金不能按要求退还。",
        "The deposit cannot be had back on request.",
        "写 returned_on_request: true。",
        "Write returned_on_request: true.",
    ),
    "deposit_terms": (
        _DEPOSIT_LAW,
        "押金的退还以拉人或卖货为条件，属于不合理条件。",
        "The deposit's return depends on bringing people or on selling, which is unreasonable.",
        "删掉这个条件；押金随时可退即可。",
        "Remove the condition; that it is returned on request is enough.",
    ),
    "deposit_condition": (
        _DEPOSIT_LAW,
        "押金的退还与消费挂钩，但也可以随时要求退还。",
        "The deposit's return is tied to spending, but it is also returned on request.",
        "页面上要写明可以随时要求退还。",
        "Say on the page that it can be had back at any time.",
    ),
    "saving_and_income": (
        _TAX_LAW,
        "“{id}”把省钱和收入混在一起：省钱只给买家，买家也只能省钱。",
        '"{id}" mixes saving and income: only a buyer saves, and a buyer only saves.',
        "给买家的写成 price_reduction；price_reduction 只能给买家。",
        "What the buyer gets is a price_reduction; a price_reduction goes to the buyer alone.",
    ),
    "commission_tax": (
        _TAX_LAW,
        "付给个人的佣金没有写明税务处理。",
        "Commission is paid to people without a tax treatment.",
        "写 tax.commission: withheld_by_platform。",
        "Write tax.commission: withheld_by_platform.",
    ),
    "service_fee_tax": (
        (E_COMMERCE[0].format(zh="十一"), E_COMMERCE[1].format(n=11)),
        "服务费没有写明税务处理。",
        "A service fee is paid without a tax treatment.",
        "写 tax.service_fee: invoice_by_company。",
        "Write tax.service_fee: invoice_by_company.",
    ),
    "declared_by_payee": (
        _TAX_LAW,
        "让个人自行申报佣金的税；平台有累计预扣和报送义务。",
        "People declare their commission themselves; the platform has to withhold and report.",
        "写 tax.commission: withheld_by_platform。",
        "Write tax.commission: withheld_by_platform.",
    ),
    "fee_to_person": (
        (E_COMMERCE[0].format(zh="十"), E_COMMERCE[1].format(n=10)),
        "服务费付给角色“{role}”，而它不要求是登记的公司。",
        'A service fee goes to the role "{role}", which need not be a registered company.',
        "给这个角色加上 company: true。",
        "Add company: true to that role.",
    ),
    "below_cost": (
        _ARITHMETIC,
        "省的钱可以让商品低于成本出售，差额由店铺承担。",
        "A saving may take goods below their cost; the shop bears the loss.",
        "删掉 limits.below_cost。",
        "Remove limits.below_cost.",
    ),
    "above_margin": (
        _ARITHMETIC,
        "某些商品上，付出去的可能超过毛利。",
        "On some goods the payouts could exceed the margin.",
        "写 limits.payout: {{percent: 100, of: margin}} 或更低。",
        "Write limits.payout: {{percent: 100, of: margin}} or less.",
    ),
}


def finding(
    severity: Severity,
    code: str,
    location: Location,
    patch: Sequence[DocumentChange],
    lines: Lines,
    *,
    near: Location = (),
    **params: Any,
) -> LintFinding:
    """Make a finding of the given code with its sentences filled in.

    ``near`` is where to look when nothing is written at ``location``: what makes it needed.
    """
    article, zh, en, zh_remedy, en_remedy = TEXTS[code]
    place = location
    while place and place not in lines:
        place = place[:-1]
    if near and len(place) < len(location):
        place = near
    return LintFinding(
        severity=severity,
        code=code,
        path=path_text(location),
        line=lines.get(place, 1 if lines else 0),
        message={ZH: zh.format_map(params), EN: en.format_map(params)},
        article={ZH: article[0], EN: article[1]},
        remedy={ZH: zh_remedy.format_map(params), EN: en_remedy.format_map(params)},
        patch=tuple(patch),
    )
