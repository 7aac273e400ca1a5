"""How much of what people earn comes from having brought people, rather than from customers of their own.

Income from recruiting is what the second level gives a member, and what only a role gives that is reached by
number of people. What a company earns as a service fee is not counted.
"""

from tenants.agents.rules.document.schema import Document

HEADCOUNT = frozenset({"bound_fans", "holders_below"})


def headcount_lines(document: Document) -> frozenset[str]:
    """The lines of ``earn`` that pay only holders of roles which number of people reaches."""
    by_heads = {role.id for role in document.roles if role.reach and role.reach.always_asks(HEADCOUNT)}
    return frozenset(
        earn.id
        for earn in document.earn
        if earn.when.payee_roles and by_heads.issuperset(earn.when.payee_roles)
    )
