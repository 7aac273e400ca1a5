"""Every constraint of the money's tables stops something that nothing else stops.

All of them are read from the database's own catalogue, so a new one is proved, or fails here, without being
listed. Removing one lets a write pass that was refused: that write is found by tests.proofs.wrong_writes.
"""

import pytest

from tests.proofs.wrong_writes import Constraint, Prover, constraints
from tests.support.cluster import READY

pytestmark = pytest.mark.slow

SHARED = r"^(ledger|payments|payouts|plans|watch)_|^catalog_(stock|reservation|allocation)$"
TENANTS = r"^shop_|^agents_(earning|sale)$"


# Refunds are bounded by what the saving leaves: one that is too large leaves no room for any.
IMPLIED = {"order_line_price_covers_saving": "order_line_refund_bounded"}


def is_implied(constraint: Constraint, known: list[Constraint]) -> bool:
    """Django adds ``>= 0`` to a positive number; where a domain says more of it, that is what is proved."""
    of_django = (
        constraint.kind == "c"
        and constraint.name.endswith("_check")
        and constraint.definition.endswith(">= 0))")
    )
    return of_django and any(
        other.kind == "c"
        and other.table == constraint.table
        and other != constraint
        and set(constraint.columns) <= set(other.columns)
        for other in known
    )


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["c", "u", "f", "i", "n"])
def test_each_constraint_stops_what_nothing_else_stops(kind: str) -> None:
    assert READY >= 1
    known = [*constraints(["public"], SHARED), *constraints(["t_ready1"], TENANTS)]
    provers: dict[tuple[str, str], Prover] = {}
    failures, proved = {}, 0
    for constraint in known:
        if constraint.kind != kind or is_implied(constraint, known):
            continue
        prover = provers.setdefault(
            (constraint.schema, constraint.table), Prover(constraint.schema, constraint.table, known)
        )
        problem = prover.prove(constraint)
        if problem and problem != f"refused by {IMPLIED.get(constraint.name)} too":
            failures[str(constraint)] = problem
        proved += 1
    assert failures == {}
    assert proved >= {"c": 50, "u": 30, "f": 20, "i": 2, "n": 150}[kind]
