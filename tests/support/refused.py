"""What the database refuses, by the rule and not by the sentence."""

from typing import Any

import pytest

from kernel.database.refusals import RefusedByDatabase


def refused_by(*keys: str, match: str | None = None) -> Any:
    """Expect the database to refuse the block by one of these: keys of triggers, or names of constraints."""
    return pytest.raises(RefusedByDatabase, match=match, check=lambda error: error.key in keys)
