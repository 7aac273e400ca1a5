"""Our money at each provider: one clearing account a provider, so that each is held beside its own balance.

The account is the platform's; which provider it is with, its owner's id says.
"""

from uuid import UUID

from billing.ledger.models import AccountKind
from billing.ledger.services import Leg
from billing.payments.gateway import GATEWAYS
from kernel.models import NO_ONE

OWNERS = {
    "stripe": NO_ONE,
    "wechat": UUID("00000000-0000-0000-0000-0077656368a7"),
}
"""Fixed for good: they are in the ledger. A new gateway takes an id of its own."""
assert set(OWNERS) == set(GATEWAYS)


def clearing_leg(gateway: str, currency: str, amount: int) -> Leg:
    """Return the side of a transfer at that provider: minor units, negative when it takes money in for us."""
    return Leg("platform", OWNERS[gateway], AccountKind.PSP_CLEARING, currency, amount, NO_ONE)
