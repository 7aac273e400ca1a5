"""What a unit leaves to the shop before commissions: price less supply cost and platform fee."""

from dataclasses import dataclass

from kernel.money.amounts import share_of
from tenants.shop.listings.overlay import Overlay
from tenants.shop.listings.selectors import OfferedVariant


@dataclass(frozen=True, slots=True)
class Margin:
    """What is left of a price after supply cost and platform fee, before any commission. Minor units."""

    price: int
    cost: int
    fee: int

    @property
    def amount(self) -> int:
        """What is left of the price, minor units; below zero for a loss."""
        return self.price - self.cost - self.fee

    @property
    def percent(self) -> str:
        """The same in percent of the price, cut to one decimal; "0.0" for a price of 0."""
        tenths = self.amount * 1000 // self.price if self.price else 0
        return f"{tenths // 10}.{tenths % 10}"


def margin_of(view: Overlay, offer: OfferedVariant) -> Margin:
    """Return what a unit leaves to the shop before commissions."""
    return Margin(offer.price, offer.cost, share_of(offer.price, view.tenant.platform_fee_bp))
