"""Which ruling may follow which: the states of a product in a scope.

The twin of ``selection_may_follow`` in admission/sql/rulings.sql, which holds whatever code runs; a test
compares the two. What each kind asks for besides (a proposal, a gate that passed it) is in the SQL alone.
"""

from selection.admission.models import Ruling

Kind = Ruling.Kind
FOLLOWS: dict[Kind, frozenset[Kind | None]] = {
    Kind.PROPOSED: frozenset({None, Kind.REFUSED}),
    Kind.PASSED: frozenset({Kind.PROPOSED, Kind.RECALLED}),
    Kind.REFUSED: frozenset({Kind.PROPOSED, Kind.RECALLED}),
    Kind.RECALLED: frozenset({None, Kind.PASSED}),
    # Delisted once more only as a counterfeit, with a penalty, once.
    Kind.DELISTED: frozenset({None, *Kind}),
}
"""A kind, and the latest ruling that it may follow; None: there is none yet."""


def may_follow(latest: str | None, kind: Kind) -> bool:
    """Return whether a ruling of this kind may follow the latest one of the scope."""
    return latest in FOLLOWS[kind]
