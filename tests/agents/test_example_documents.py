"""Documents written by others: one that uses every feature once, and the ones that must be refused."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from pydantic import BaseModel

from tenants.agents.rules.document.parsing import parse
from tenants.agents.rules.document.schema import Document, Payee
from tenants.agents.rules.linting.changes import apply_patches
from tenants.agents.rules.linting.lint import lint
from tenants.agents.rules.people.invitations import quota
from tenants.agents.rules.people.progress import DayTotal, Facts, progress, reason
from tenants.agents.rules.people.reviews import review_roles
from tenants.agents.rules.sale.values import Chain, Spent
from tenants.agents.rules.simulation.population import Population
from tenants.agents.rules.simulation.simulating import simulate
from tenants.agents.rules.splitting.reversal import NOTHING_YET, reverse
from tenants.agents.rules.splitting.savings import price_reductions
from tenants.agents.rules.splitting.split import split_order
from tests.agents.sales import amounts, chain, line, order, person

EXAMPLES = Path("tests/agents/example_documents")
SOURCE = (EXAMPLES / "everything.yaml").read_bytes()
RULES = parse(SOURCE).at_version(1)
TO_BE_REFUSED = {"fee", "buys", "refundable", "describes", "rewards_per_head", "allowance", "price", "reward"}
TODAY = date(2026, 11, 22)
KEEPER = person("keeper", "huiyuan", "dianzhu")


def models(annotation: Any) -> Iterator[type[BaseModel]]:
    """Every model that a document consists of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            if annotation not in get_args(field.annotation) and "Condition" not in str(field.annotation):
                yield from models(field.annotation)
    for part in get_args(annotation):
        yield from models(part)


def keys(data: Any) -> Iterator[str]:
    """Every key in a document, however deep."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield key
            yield from keys(value)
    elif isinstance(data, list):
        for value in data:
            yield from keys(value)


def test_the_document_uses_every_feature() -> None:
    written = yaml.safe_load(SOURCE)
    known = {name for model in models(Document) for name in model.model_fields}
    assert known - set(keys(written)) == TO_BE_REFUSED
    metrics = {
        "own_spend",
        "own_sales",
        "sales_of_bound",
        "purchases",
        "bound_fans",
        "holders_below",
        "tasks",
    }
    assert all(f"metric: {metric}" in SOURCE.decode() for metric in metrics)
    assert {earn.payee for earn in RULES.document.earn} == set(get_args(Payee)) - {"third"}


def test_it_is_acceptable_once_signed_and_every_patch_makes_it_pass_without() -> None:
    assert {finding.severity for finding in lint(RULES)} == {"sign_off", "warn", "note"}
    assert lint(parse(apply_patches(RULES.as_json(), lint(RULES)))) == ()
    assert parse(RULES.as_yaml()) == parse(SOURCE)


def test_savings_of_first_and_later_orders() -> None:
    goods = [line(10_000, 5_000), line(2_000, 1_000, name="2", tags=("tejia",))]
    member = person("m", "huiyuan")
    # 4.5 % of the line that is no bargain; the first order's 6.00 falls on both lines.
    assert price_reductions(goods, member, RULES) == {"1": 450, "2": 0}
    assert price_reductions(goods, member, RULES, first_order=True) == {"1": 450 + 500, "2": 100}
    assert price_reductions([line(200_000, 1)], member, RULES) == {"1": 4_000}


def people(**around: Any) -> Chain:
    company = person("co", "fuwushang", company=True)
    second = person("second", "huiyuan", "dianzhu")
    return chain(KEEPER, second, person("far", "dianzhu"), company, first=True)._replace(**around)


def test_everybody_is_paid_by_their_line_and_the_rest_stays_with_the_shop() -> None:
    goods = order(
        line(10_000, 4_000, quantity=3, categories=("shipin",), tags=("xinpin",))._replace(product="milk"),
        fee=100,
    )
    around = {
        "streamer": person("s", "zhubo"),
        "bringer": person("b"),
        "author": person("w"),
        "leader": person("l", "tuanzhang"),
    }
    split = split_order(goods, people(**around), RULES)
    assert amounts(split.earnings) == {
        "fenxiang": 600,
        "dianzhu-jiang": 735,
        "erji": 150,
        "xinke": 200,
        "jijian": 90,
        "fuwu": 200,
        "zhibo": 300,
        "yinliu": 100,
        "biji": 200,
        "tuan": 50,
        "margin": 10_000 - 4_000 - 100 - 2_625,
    }
    alone = split_order(goods, chain(), RULES)
    assert amounts(alone.earnings) == {"margin": 5_900}
    assert sum(reverse(split, NOTHING_YET, 10_000)) == split.distributable


def test_limits_of_order_day_and_month_cut_and_say_so() -> None:
    goods = order(line(1_000_000, 100_000))
    paid = split_order(goods, people(), RULES, Spent({"keeper": 79_000}))
    own = [earning for earning in paid.earnings if earning.payee_id == "keeper"]
    assert sum(earning.amount for earning in own) == 1_000
    assert "每人每日上限" in own[-1].why["zh-hans"]
    poor = split_order(goods, people(), RULES, Spent(month=19_999_990))
    assert sum(earning.amount for earning in poor.earnings[:-1]) == 10
    thin = split_order(order(line(10_000, 9_800)), people(), RULES)
    assert sum(earning.amount for earning in thin.earnings[:-1]) == 131  # 65.5 % of 2.00


def test_roles_are_reached_and_lost_and_invitations_counted() -> None:
    def reached(**totals: int) -> list[str]:
        by_metric = {name.replace("__", ":"): (DayTotal(TODAY, amount),) for name, amount in totals.items()}
        return [change.role for change in progress(Facts(TODAY, totals=by_metric), RULES)]

    assert reached(own_sales=300_000, tasks=2) == ["dianzhu"]
    assert reached(own_sales=300_000, tasks=1) == []
    assert reached(sales_of_bound=2_000_000) == ["dianzhu"]
    whole = {"bound_fans": 30, "purchases": 1, "own_spend": 10_000, "own_sales": 600_000}
    assert reached(**whole, holders_below__dianzhu=3) == ["dianzhang"]
    assert reached(**whole, holders_below__dianzhu=2) == []
    held = Facts(TODAY, frozenset({"dianzhu"}), totals={"own_sales": (DayTotal(date(2026, 12, 31), 99_999),)})
    assert [invitations.kept for invitations in review_roles(held, RULES, date(2027, 1, 1))] == [False]
    invitations = quota(
        joined=TODAY, own_sales=[DayTotal(TODAY, 450_000)], used=[TODAY], today=TODAY, rules=RULES
    )
    assert invitations
    assert (invitations.earned, invitations.left) == (8, 7)
    deposit = RULES.document.join.deposit
    assert deposit
    assert deposit.returned_when
    assert reason(
        deposit.returned_when, Facts(TODAY, totals={"own_spend": (DayTotal(TODAY, 19_900),)}), RULES
    )
    assert not reason(
        deposit.returned_when, Facts(TODAY, totals={"own_spend": (DayTotal(TODAY, 19_899),)}), RULES
    )


def test_it_can_be_lived_under() -> None:
    report = simulate(RULES, Population(members=5_000, founders=50), months=6)
    assert all(report.by_earn[name] for name in ("fenxiang", "zhibo", "yinliu", "biji", "tuan"))
    assert 0 < report.cost_share < 0.3


REFUSED = {
    "gift-pack-398": [("entry_fee", "art. 7(2)", "398"), ("head_reward", "art. 7(1)", "")],
    "gift-pack-425": [("entry_fee", "art. 7(2)", "425"), ("head_reward", "art. 7(1)", "")],
    "disguised-pack": [("purchase_to_earn", "art. 7(2)", "partner")],
    "three-levels": [("third_level", "art. 7(3)", "")],
    "head-money": [
        ("code_price", "art. 7(1)", ""),
        ("code_price", "art. 7(1)", ""),
        ("head_reward", "art. 7(1)", ""),
        ("headcount_role", "art. 7(1)", "director"),
        ("allowance", "art. 7(1)", "3000"),
    ],
    "joining-fee": [
        ("entry_fee", "art. 7(2)", "99"),
        ("deposit_locked", "art. 21", ""),
        ("deposit_terms", "art. 21", ""),
    ],
}


def test_every_refused_document_is_known() -> None:
    assert {path.stem for path in (EXAMPLES / "refused").iterdir()} == set(REFUSED)


@pytest.mark.parametrize("name", REFUSED)
def test_what_must_be_refused_is_refused_with_article_line_and_patch(name: str) -> None:
    rules = parse((EXAMPLES / "refused" / f"{name}.yaml").read_bytes())
    refused = [finding for finding in lint(rules) if finding.severity == "refuse"]
    assert [finding.code for finding in refused] == [code for code, _article, _word in REFUSED[name]]
    for finding, (_code, article, word) in zip(refused, REFUSED[name], strict=True):
        assert article in finding.article["en"]
        assert word in finding.message["en"]
        assert finding.line
        assert finding.patch
    # The patches of the refusals alone are enough, and leave what was lawful as it was.
    mended = parse(apply_patches(rules.as_json(), refused))
    assert not any(finding.severity == "refuse" for finding in lint(mended))
    assert mended.document.earn[0] == rules.document.earn[0]
    assert mended.document.tax == rules.document.tax
