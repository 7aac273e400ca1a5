"""What the day's and the month's limits have given already: counted under locks, pinned to the sale."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Q, Sum
from django.db.models.functions import Coalesce

from kernel import clock
from kernel.database.unit_of_work import joins_transaction, lock_name
from kernel.days import first_moment, local_day
from kernel.tenancy import current_schema
from tenants.agents.earnings.models import Earning
from tenants.agents.rules.document.parsing import Rules
from tenants.agents.rules.people.progress import period_start
from tenants.agents.rules.sale.values import NAMED, NOTHING_SPENT, Chain, Person, Spent
from tenants.registry.selectors import current_tenant

NET = F("amount") - F("clawed_back")
# What a person found wrong stays with the shop, and was never given.
GIVEN = ~Q(state=Earning.State.REFUSED)


@joins_transaction
def count_spent(chain: Chain, rules: Rules) -> Spent:
    """Return what earlier sales used up of the limits, for a sale that is paid now.

    Joins the transaction that books it: sales that draw on the same limit go one by one, or two
    at once would both see what is left. Costs nothing where the rules limit nothing by time.
    """
    if not rules.limited_by_time:
        return NOTHING_SPENT
    compiled, people = rules.compiled, sorted(_payees(chain))
    if compiled.budget_month is not None:
        lock_name(f"{current_schema()}:budget")
    else:
        for key in people:
            lock_name(f"{current_schema()}:day:{key}")
    zone = current_tenant().zone
    today = local_day(clock.now(), zone)
    month = first_moment(period_start("month", today), zone)
    return Spent(
        today=_of_people(people, first_moment(today, zone)) if compiled.per_person_day is not None else {},
        month=_of_all(month) if compiled.budget_month is not None else 0,
    )


def to_json(spent: Spent) -> dict[str, Any]:
    """Return the facts as they are kept on the sale; empty where no limit looked at any."""
    return {"today": dict(spent.today), "month": spent.month} if spent.today or spent.month else {}


def _payees(chain: Chain) -> set[str]:
    named: list[Person | None] = [getattr(chain, name) for name in NAMED]
    return {person.id for person in (*named, *chain.above[:2]) if person is not None and person.id}


def _of_people(people: list[str], since: datetime) -> dict[str, int]:
    earned = (
        Earning.objects.filter(GIVEN, payee__in=[UUID(key) for key in people])
        .filter(kind="commission", sale__at__gte=since)
        .order_by()
        .values_list("payee")
        .annotate(net=Sum(NET))
    )
    return {str(payee): net for payee, net in earned if net}


def _of_all(since: datetime) -> int:
    paid = Earning.objects.filter(GIVEN, payee__isnull=False, sale__at__gte=since)
    return int(paid.aggregate(net=Coalesce(Sum(NET), 0))["net"])
