"""The payouts' supplier and the office's browser, under watch."""

from tests.console.conftest import office
from tests.payouts.conftest import farm, purpose
from tests.plans.conftest import shop
from tests.sandbox import sandbox

__all__ = ["farm", "office", "purpose", "sandbox", "shop"]
