"""How much of what people earn comes from having brought people, rather than from customers of their own."""

from tenants.agents.rules.document import Document
from tenants.agents.rules.sale import PAYEE_MEMBER, SplitEarning

HEADCOUNT = frozenset({"bound_fans", "holders_below"})
SECOND_LEVEL = 2


def is_from_recruiting(earning: SplitEarning, document: Document) -> bool:
    """Whether an earning is a person's income from those they recruited, as the alarms count it.

    That is what the second level gives, and what only a role gives that is reached by number of people.
    What a company earns as a service fee is not counted.
    """
    if earning.payee_kind != PAYEE_MEMBER:
        return False
    return earning.level == SECOND_LEVEL or earning.earn_id in headcount_lines(document)


def headcount_lines(document: Document) -> frozenset[str]:
    """The lines of ``earn`` that pay only holders of roles which number of people reaches."""
    by_heads = {role.id for role in document.roles if role.reach and role.reach.always_asks(HEADCOUNT)}
    return frozenset(
        earn.id
        for earn in document.earn
        if earn.when.payee_roles and by_heads.issuperset(earn.when.payee_roles)
    )
