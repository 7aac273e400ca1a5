"""What a document would do that a law, or plain arithmetic, stands against.

The linter asks questions about money and people, and answers them from what the engine does with the
document (``trials``): who is paid for whom and at how many levels, how much one sale pays at the most
(``sale_questions``), what somebody must pay, buy or bring to earn and to go on earning
(``people_questions``). What the engine never does, but a document can say, is read from it
(``written_questions``).
"""

from typing import Literal

from tenants.agents.rules.document.parsing import Rules
from tenants.agents.rules.linting import people_questions, sale_questions, written_questions
from tenants.agents.rules.linting.findings import ORDER, LintFinding
from tenants.agents.rules.linting.people_questions import People
from tenants.agents.rules.linting.trials import Trials

Profile = Literal["cn", "generic"]

_GENERAL = (sale_questions.levels, sale_questions.above_margin)
_GENERAL_WRITTEN = (written_questions.third_level, written_questions.below_cost)
_OF_SALES = (sale_questions.bounties, sale_questions.margin_taken)
_OF_PEOPLE = (
    people_questions.fees,
    people_questions.deposits,
    people_questions.purchases,
    people_questions.heads,
    people_questions.team_sales,
    people_questions.buyers,
)
_WRITTEN = (
    written_questions.without_a_sale,
    written_questions.deposit_return,
    written_questions.mixed,
    written_questions.taxes,
    written_questions.companies,
    written_questions.holding,
)


def lint(rules: Rules, profile: Profile = "cn") -> tuple[LintFinding, ...]:
    """Return what should be known before ``rules`` are switched on, gravest first.

    ``cn`` looks at the laws of mainland China; ``generic`` at levels and arithmetic alone.
    """
    document, lines, trials = rules.document, rules.lines, Trials(rules)
    findings = [finding for question in _GENERAL for finding in question(trials)]
    findings += [finding for question in _GENERAL_WRITTEN for finding in question(document, lines)]
    if profile == "cn":
        people = People(trials)
        findings += [finding for question in _OF_SALES for finding in question(trials)]
        findings += [finding for question in _OF_PEOPLE for finding in question(people)]
        findings += [finding for question in _WRITTEN for finding in question(document, lines)]
    return tuple(
        sorted(findings, key=lambda finding: (ORDER.index(finding.severity), finding.line, finding.path))
    )
