"""``banyan explain FILE --order SALE``: who gets what of a sale that is written down, and why.

With ``--tenant`` it is Django's command of the same name, which reads a shop's own order.
"""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from functools import partial
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kernel.money.amounts import decimal_text
from kernel.texts.languages import text_in
from tenants.agents.commands import documents
from tenants.agents.rules.document.parsing import Rules
from tenants.agents.rules.splitting.examples import Explained, read_example, split_example
from tenants.agents.rules.splitting.explaining import unpaid

SAMPLE = """\
price: 150.00
cost: 90.00
buyer: [member]
above: [anna (shopkeeper), bert, "carl (provider, company)"]
"""
_SUMS = {
    "zh-hans": "标价 {price}，立减 {saved}，实付 {paid}",
    "en": "price {price}, saved at the till {saved}, paid {paid}",
}
HEADINGS = (
    {"zh-hans": "谁", "en": "who"},
    {"zh-hans": "金额", "en": "amount"},
    {"zh-hans": "为什么", "en": "why"},
)
_REFUND = {"zh-hans": "退款 {number}", "en": "refund {number}"}
SHOP = {"zh-hans": "店铺", "en": "shop"}
_NOBODY = {"zh-hans": "`{rule}` 没有付给任何人：{why}", "en": "`{rule}` pays nobody: {why}"}


def main(arguments: Sequence[str]) -> int:
    """Explain a sale and return the exit code."""
    return documents.run(parser(), _explain, arguments)


def parser() -> ArgumentParser:
    """Return the command's parser."""
    parser = documents.command_parser(
        "explain",
        "Explain what a sale pays to whom: an example under a document, or a shop's order as it was split.",
        is_file_needed=False,
    )
    parser.add_argument(
        "--order", metavar="FILE|NUMBER", help="a sale in YAML; with --tenant the number of an order"
    )
    parser.add_argument("--tenant", metavar="HOST", help="the shop's host name")
    parser.add_argument("--example", action="store_true", help="print a sale to begin with")
    return parser


def _explain(options: Namespace) -> int:
    if options.example:
        sys.stdout.write(SAMPLE)
        return documents.DONE
    if not options.file or not options.order:
        raise documents.WrongArgument("name a document and --order FILE, or --tenant HOST and --order NUMBER")
    rules = documents.rules_from(options.file)
    explained = documents.read(options.order, lambda text: split_example(read_example(text), rules))
    if options.json:
        sys.stdout.write(documents.json_text(_facts(explained, rules)) + "\n")
    else:
        _show(explained, rules, options.language)
    return documents.DONE


def _facts(explained: Explained, rules: Rules) -> dict[str, Any]:
    split = explained.split
    return {
        "currency": split.currency,
        "price": sum(line.paid for line in explained.lines),
        "saved": sum(explained.saved.values()),
        "paid": split.paid,
        "distributable": split.distributable,
        "earnings": [
            {
                "payee": earning.payee_id,
                "kind": earning.kind,
                "rule": earning.earn_id,
                "level": earning.level,
                "amount": earning.amount,
                "clawed_back": [step[position] for step in explained.clawed_back],
                "why": earning.why,
            }
            for position, earning in enumerate(split.earnings)
        ],
        "unpaid": [
            {"rule": rule.earn_id, "why": rule.why}
            for rule in unpaid(explained.order, explained.chain, rules, split)
        ],
    }


def _show(explained: Explained, rules: Rules, language: str) -> None:
    split = explained.split
    text = partial(text_in, language=language)

    def money(amount: int) -> str:
        return decimal_text(amount, split.currency)

    console = Console(highlight=False)
    price, saved = sum(line.paid for line in explained.lines), sum(explained.saved.values())
    sums = {"price": money(price), "saved": money(saved), "paid": money(split.paid)}
    console.print(text(_SUMS).format_map(sums))
    table = Table(*(text(heading) for heading in HEADINGS), box=None, pad_edge=False, header_style="dim")
    for number in range(len(explained.clawed_back)):
        table.add_column(text(_REFUND).format(number=number + 1), justify="right")
    for position, earning in enumerate(split.earnings):
        back = [f"-{money(step[position])}" for step in explained.clawed_back]
        why = escape(text(earning.why))
        table.add_row(escape(earning.payee_id or text(SHOP)), money(earning.amount), why, *back)
    console.print(table)
    for rule in unpaid(explained.order, explained.chain, rules, split):
        nobody = text(_NOBODY).format(rule=rule.earn_id, why=text(rule.why))
        console.print(f"[dim]{escape(nobody)}[/]")
