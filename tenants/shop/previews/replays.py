"""A shop's own paid orders as the rules engine takes them, to be split again under another document."""

from collections.abc import Iterator
from datetime import timedelta

from kernel import clock
from kernel.days import local_day
from tenants.agents.bindings import selectors as binding_selectors
from tenants.agents.rules.splitting.replaying import PastSale
from tenants.agents.rules_versions import selectors as rules_version_selectors
from tenants.registry.models import Tenant
from tenants.shop.orders.legs import sale_line
from tenants.shop.orders.models import Order


def past_sales(tenant: Tenant, days: int) -> Iterator[PastSale]:
    """The shop's orders that were paid and not refunded whole, oldest first, at full price."""
    orders = (
        Order.objects.filter(channel=Order.Channel.SHOP, paid_at__gte=clock.now() - timedelta(days=days))
        .exclude(state=Order.State.REFUNDED)
        .order_by("paid_at", "id")
        .prefetch_related("lines")
    )
    zone = tenant.zone
    for order in orders.iterator(chunk_size=500):
        lines = tuple(sale_line(line, line.quantity * line.unit_price) for line in order.lines.all())
        refunded = {str(line.id): (line.refunded, line.to_pay) for line in order.lines.all() if line.refunded}
        chain, pinned = (
            binding_selectors.chain_from_json(order.chain),
            rules_version_selectors.rules_of(order.rules_version or 0),
        )
        day = local_day(order.paid_at or order.placed_at, zone)
        fee = tenant.platform_fee_bp
        yield PastSale(str(order.id), order.currency, lines, fee, chain, pinned, day, refunded)
