"""The operators' first page: today, the last thirty days, and what needs doing."""

from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from backoffice import charts
from backoffice.charts import ChartBar
from billing.payments.topups.selectors import prepaid_balance
from billing.plans import selectors as plan_selectors
from billing.plans.selectors import Standing
from fulfilment.models import Case
from kernel import clock
from kernel.days import first_moment
from kernel.money.money import format_money
from tenants.agents.rules_versions import selectors as rules_version_selectors
from tenants.registry.models import Tenant
from tenants.registry.selectors import current_tenant
from tenants.shop import sales
from tenants.shop.orders.models import Order

DAYS = 30
SLOW = timedelta(days=3)


def board(request: HttpRequest) -> dict[str, Any]:
    """Return what the overview shows to this person; nothing of orders to those who may not see them."""
    if not request.user.has_perm("shop.view_order"):
        return {}
    tenant = current_tenant()
    today = clock.today(tenant.zone)
    week = sales.since(first_moment(today - timedelta(days=6), tenant.zone))
    now = sales.since(first_moment(today, tenant.zone))
    return {
        "board_template": "console/overview/dashboard.html",
        "stats": [
            {"label": _("Orders today"), "value": now.orders, "note": ""},
            {
                "label": _("Sales today"),
                "value": format_money(now.amount, tenant.currency),
                "note": _("less what was refunded"),
            },
            {
                "label": _("Sales of seven days"),
                "value": format_money(week.amount, tenant.currency),
                "note": ngettext("%(n)d order", "%(n)d orders", week.orders) % {"n": week.orders},
            },
            {
                "label": _("Prepaid balance"),
                "value": format_money(prepaid_balance(tenant.id, tenant.currency), tenant.currency),
                "note": _("pays partner orders through the API"),
            },
            {"label": _("People in the circle"), "value": User.objects.count(), "note": ""},
        ],
        "trend": _trend(tenant, today),
        "todo": _todo(),
        "latest": Order.objects.select_related("buyer").order_by("-id")[:8],
    }


def _trend(tenant: Tenant, today: date) -> str:
    first = today - timedelta(days=DAYS - 1)
    sold = sales.by_day(first, tenant.zone)
    days = [first + timedelta(days=number) for number in range(DAYS)]
    values = [
        ChartBar(
            value=sold.get(day, 0),
            label=date_format(day, "m-d") if index % 5 == 4 else "",
            title=f"{date_format(day, 'm-d')}: {format_money(sold.get(day, 0), tenant.currency)}",
        )
        for index, day in enumerate(days)
    ]
    total = format_money(sum(sold.values()), tenant.currency)
    return charts.bars(values, summary=_("Sales of the last thirty days: %(total)s") % {"total": total})


def _todo() -> list[dict[str, Any]]:
    tasks: list[dict[str, Any]] = []
    slow = Order.objects.filter(state=Order.State.PAID, paid_at__lt=clock.now() - SLOW).count()
    if slow:
        text = ngettext(
            "%(n)d paid order has waited three days for a supplier",
            "%(n)d paid orders have waited three days for a supplier",
            slow,
        )
        link = reverse("console:shop_order_changelist") + "?state__exact=paid"
        tasks.append({"text": text % {"n": slow}, "link": link})
    cases = Case.objects.filter(tenant_id=current_tenant().id, state=Case.State.TENANT).count()
    if cases:
        text = ngettext(
            "%(n)d after-sales case waits for your decision",
            "%(n)d after-sales cases wait for your decision",
            cases,
        )
        tasks.append({"text": text % {"n": cases}, "link": reverse("console:cases")})
    standing = plan_selectors.standing_of(current_tenant().id)
    if standing != Standing.OPEN:
        text = {
            Standing.GRACE: _("The bill of your plan is not paid: soon this shop can only be read"),
            Standing.READ_ONLY: _("The bill of your plan is not paid: this shop takes no orders"),
        }.get(standing, _("The bill of your plan is not paid: this shop is closed"))
        tasks.append({"text": text, "link": reverse("console:plan")})
    version, _rules = rules_version_selectors.active_rules()
    if not version:
        tasks.append(
            {"text": _("No rules are in force: nobody earns by sharing"), "link": reverse("console:rules")}
        )
    return tasks
