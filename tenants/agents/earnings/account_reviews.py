"""Earnings that look like the buyer's own since somebody changed where they are paid to.

When an order is placed, ``attribution`` looks at the payout accounts there are. An account that comes or
changes later is looked at here, for all earnings that wait yet, by the rules their order was placed under.
"""

from uuid import UUID

from django.db.models import Q

from billing.payouts.accounts import services as account_services
from tenants.agents import selectors
from tenants.agents.earnings import services
from tenants.agents.models import Earning, Sale
from tenants.registry.selectors import current_tenant

KIND = "shared_payout_account"


def review(*, member_id: UUID) -> int:
    """Look at what waits between a member and those paid to the same account; return how many are blocked.

    Must run inside a transaction. Where the rules would have refused an earning it waits now for a person:
    it was promised. Rules that note it have it noted with the sale. Again: no change.
    """
    others = account_services.shared_with(member_id, current_tenant().id)
    if not others:
        return 0
    alike = Q(payee=member_id, sale__buyer__in=others) | Q(payee__in=others, sale__buyer=member_id)
    found = list(
        Earning.objects.filter(alike, state__in=services.WAITING).select_related("sale").order_by("id")
    )
    blocked = 0
    for sale_id in sorted({earning.sale_id for earning in found}):
        # Sales before earnings, as everywhere.
        sale = Sale.objects.select_for_update().get(pk=sale_id)
        action = selectors.rules_of(sale.rules_version).document.fraud.shared_payout_account
        own = [earning for earning in found if earning.sale_id == sale_id]
        known = {(one["member"], one["kind"]) for one in sale.suspicions}
        new = sorted(
            {str(earning.payee_id) for earning in own} - {member for member, kind in known if kind == KIND}
        )
        if not new:
            continue
        kept = "note" if action == "note" else "hold"
        sale.suspicions = [*sale.suspicions, *({"member": one, "kind": KIND, "action": kept} for one in new)]
        sale.save(update_fields=["suspicions"])
        if kept == "hold":
            ids = [earning.id for earning in own if str(earning.payee_id) in new]
            blocked += services.put_under_review(
                earning_ids=ids, reason=KIND, acting_user="payout account changed"
            )
    return blocked
