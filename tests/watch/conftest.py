"""The payouts' supplier and the office's browser, under watch."""

from tests.console.conftest import office
from tests.payouts.conftest import farm, purpose
from tests.plans.conftest import shop

__all__ = ["farm", "office", "purpose", "shop"]
