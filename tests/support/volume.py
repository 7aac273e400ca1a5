"""How much a proof by volume does: a short seeded slice in the suite, all of it in ``make proofs``.

Whoever proves by volume bears the mark ``volume``; ``make proofs`` runs those tests and no others.
"""

import os

WHOLE = os.environ.get("PROOFS") == "whole"


def volume[T](part: T, whole: T) -> T:
    """Return ``part`` in the suite, ``whole`` in ``make proofs``."""
    return whole if WHOLE else part
