"""The payouts' supplier and the plans' shop, under watch."""

from tests.payouts.conftest import farm, purpose
from tests.plans.conftest import shop

__all__ = ["farm", "purpose", "shop"]
