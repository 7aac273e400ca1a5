"""A priced line: what somebody pays for some units of a variant, and why it is that much."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from tenants.agents.rules.sale.values import SaleLine
from tenants.shop.listings.selectors import OfferedVariant


class PriceReason(StrEnum):
    """Why a price is what it is: where it begins, and what takes off it."""

    LIST_PRICE = "list_price"
    CAMPAIGN = "campaign"
    SUPPLY_COST = "supply_cost"
    SAVING = "saving"
    NEVER_BELOW_COST = "never_below_cost"
    SUBSIDY = "subsidy"
    RED_PACKET = "red_packet"


class PriceStep(NamedTuple):
    """One step from the first price to what is paid: minor units of the line, and whose step it is.

    ``source``: the id of the campaign's allocation, of the rule, of the budget; "" for the others.
    """

    reason: PriceReason
    amount: int
    source: str = ""


@dataclass(frozen=True, slots=True)
class PricedLine:
    """Units of an offered variant at the price of one buyer.

    Minor units; supply cost is never shown to members.

    ``unit_price`` is before any saving. ``rule_savings``: what each rule would take off the line; ``saving``
    is what is taken off, as far as it stays above cost.
    """

    line_id: UUID
    offer: OfferedVariant
    quantity: int
    unit_price: int
    saving: int = 0
    rule_savings: Sequence[tuple[str, int]] = ()
    subsidy: int = 0
    subsidy_budget: UUID | None = None
    red_packet: int = 0

    @property
    def product_id(self) -> UUID:
        """Id of the product whose variant it is."""
        return self.offer.product.id

    @property
    def variant_id(self) -> UUID:
        """Id of the variant that is bought."""
        return self.offer.variant_id

    @property
    def amount(self) -> int:
        """The line before any saving, minor units."""
        return self.quantity * self.unit_price

    @property
    def cost(self) -> int:
        """Supply cost of all its units, minor units; never shown to members."""
        return self.quantity * self.offer.cost

    @property
    def paid(self) -> int:
        """What the shop gets for the line, minor units: from the buyer, and from subsidies."""
        return self.amount - self.saving

    @property
    def to_pay(self) -> int:
        """What the buyer pays for the line, minor units: less saving, subsidy and red packet."""
        return self.paid - self.subsidy - self.red_packet

    @property
    def steps(self) -> list[PriceStep]:
        """Why the line costs what it costs: the amounts sum to ``to_pay``."""
        if self.offer.allocation_id is not None:
            steps = [PriceStep(PriceReason.CAMPAIGN, self.amount, str(self.offer.allocation_id))]
        elif self.unit_price != self.offer.price:
            steps = [PriceStep(PriceReason.SUPPLY_COST, self.amount)]
        else:
            steps = [PriceStep(PriceReason.LIST_PRICE, self.amount)]
        steps += [
            PriceStep(PriceReason.SAVING, -amount, rule) for rule, amount in self.rule_savings if amount
        ]
        if refused := sum(amount for _rule, amount in self.rule_savings) - self.saving:
            steps.append(PriceStep(PriceReason.NEVER_BELOW_COST, refused))
        if self.subsidy:
            steps.append(PriceStep(PriceReason.SUBSIDY, -self.subsidy, str(self.subsidy_budget)))
        if self.red_packet:
            steps.append(PriceStep(PriceReason.RED_PACKET, -self.red_packet))
        return steps

    def as_sale(self) -> SaleLine:
        """Return the line as the rules engine takes it, at what the shop gets for it."""
        return sale_line(self.line_id, self.offer, self.quantity, self.paid)


def sale_line(line_id: UUID, offer: OfferedVariant, quantity: int, paid: int) -> SaleLine:
    """Return units of an offer as the rules engine takes them, at ``paid`` minor units for all."""
    product = offer.product
    return SaleLine(
        id=str(line_id),
        product=str(product.id),
        categories=offer.categories,
        tags=tuple(product.tags),
        quantity=quantity,
        paid=paid,
        cost=offer.cost * quantity,
    )
