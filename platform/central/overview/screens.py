"""The first page: all shops today, and everything that is stuck."""

from datetime import timedelta
from typing import Any

from django.db.models import Count, Q
from django.db.models.functions import TruncDate
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from backoffice import charts
from backoffice.charts import ChartBar
from billing.ledger import selectors as ledger_selectors
from billing.ledger.models import Transfer
from billing.payments.models import Dispute, Payment
from billing.payouts.bank_payouts import selectors as bank_payout_selectors
from billing.payouts.halts import selectors as halt_selectors
from billing.payouts.models import Payable, Payout
from billing.payouts.payables.selectors import suppliers_without_account
from billing.watch.models import Finding
from catalog.models import Product, Supplier
from central.shops import results as shop_results
from fulfilment.models import Case, SupplierOrder
from kernel import clock
from kernel.clock import CENTRAL_ZONE
from kernel.days import first_moment
from kernel.events import queues
from kernel.money.money import format_money
from selection.proposals.selectors import proposals_to_check
from selection.rounds.selectors import waiting_for_review
from tenants.registry.selectors import active_tenants
from tenants.shop import sales
from tenants.shop.orders.legs import PAID

DAYS = 30
SLOW = timedelta(days=3)


def board(request: HttpRequest) -> dict[str, Any]:
    """Return what the overview shows."""
    today = first_moment(clock.today(), CENTRAL_ZONE)
    paid = Transfer.objects.filter(kind=PAID)
    sold = " · ".join(
        format_money(amount, currency) for currency, amount in sales.of_all_shops(today).items()
    )
    return {
        "board_template": "central/overview/dashboard.html",
        "stats": [
            {"label": _("Shops open"), "value": active_tenants().count(), "note": ""},
            {"label": _("Orders today"), "value": paid.filter(occurred_at__gte=today).count(), "note": ""},
            {"label": _("Sales today"), "value": sold or "0", "note": _("less what was refunded")},
            {
                "label": _("Products on offer"),
                "value": Product.objects.filter(status=Product.Status.ACTIVE).count(),
                "note": _("of %(n)d suppliers") % {"n": Supplier.objects.filter(is_active=True).count()},
            },
        ],
        "trend": _trend(),
        "todo": _todo(),
        "sums": [
            {"currency": currency, "shown": format_money(total, currency), "is_zero": total == 0}
            for currency, total in ledger_selectors.sum_by_currency().items()
        ],
    }


def _trend() -> str:
    first = clock.today() - timedelta(days=DAYS - 1)
    counted = {
        row["day"]: row["number"]
        for row in Transfer.objects.filter(kind=PAID, occurred_at__gte=first_moment(first, CENTRAL_ZONE))
        .annotate(day=TruncDate("occurred_at", tzinfo=CENTRAL_ZONE))
        .values("day")
        .annotate(number=Count("id"))
    }
    days = [first + timedelta(days=number) for number in range(DAYS)]
    values = [
        ChartBar(
            value=counted.get(day, 0),
            label=date_format(day, "m-d") if index % 5 == 4 else "",
            title=f"{date_format(day, 'm-d')}: {counted.get(day, 0)}",
        )
        for index, day in enumerate(days)
    ]
    return charts.bars(
        values, summary=_("Orders of the last thirty days: %(n)d") % {"n": sum(counted.values())}
    )


def _todo() -> list[dict[str, Any]]:
    """Return what is stuck, each with how many and where to look."""
    late = clock.now() - SLOW
    questions: list[tuple[int, Any, str]] = [
        (
            queues.OUTBOX.unhandled().filter(attempts__gt=0).count(),
            ngettext_lazy("%(n)d event has failed", "%(n)d events have failed", "n"),
            reverse("central:stuck"),
        ),
        (
            queues.INBOX.unhandled().filter(attempts__gt=0).count(),
            ngettext_lazy(
                "%(n)d message of the provider has failed", "%(n)d messages of the provider have failed", "n"
            ),
            reverse("central:stuck"),
        ),
        (
            sum(1 for _halt in halt_selectors.active()),
            gettext_lazy("No money leaves: payouts are stopped"),
            reverse("central:halts"),
        ),
        (
            Finding.objects.filter(closed_at=None).count(),
            ngettext_lazy(
                "%(n)d difference in the books waits for an answer",
                "%(n)d differences in the books wait for an answer",
                "n",
            ),
            reverse("central:watch"),
        ),
        (
            Dispute.objects.filter(state=Dispute.State.NEEDS_RESPONSE).count(),
            ngettext_lazy(
                "%(n)d dispute waits for an answer to the bank",
                "%(n)d disputes wait for an answer to the bank",
                "n",
            ),
            reverse("central:payments_dispute_changelist") + "?state__exact=needs_response",
        ),
        (
            sum(row.is_loss for row in shop_results.results_now()),
            ngettext_lazy(
                "%(n)d shop costs more in payment fees than it brings",
                "%(n)d shops cost more in payment fees than they bring",
                "n",
            ),
            reverse("central:shop_results"),
        ),
        (
            Payment.objects.exclude(problem="").count(),
            ngettext_lazy("%(n)d payment has a problem", "%(n)d payments have a problem", "n"),
            reverse("central:payments_payment_changelist"),
        ),
        (
            len(bank_payout_selectors.overdue()),
            ngettext_lazy(
                "%(n)d payout has not arrived in a payee's bank",
                "%(n)d payouts have not arrived in a payee's bank",
                "n",
            ),
            reverse("central:stuck"),
        ),
        (
            Payable.objects.exclude(problem="").filter(state__in=["waiting", "due"]).count(),
            ngettext_lazy("%(n)d payable cannot be paid", "%(n)d payables cannot be paid", "n"),
            reverse("central:payouts_payable_changelist") + "?state__exact=due",
        ),
        (
            Payout.objects.filter(
                Q(state="failed") | Q(state__in=["requested", "sent"], attempts__gt=3)
            ).count(),
            ngettext_lazy("%(n)d payout is stuck", "%(n)d payouts are stuck", "n"),
            reverse("central:payouts_payout_changelist"),
        ),
        (
            SupplierOrder.objects.filter(state=SupplierOrder.State.TO_SHIP, created_at__lt=late).count(),
            ngettext_lazy(
                "%(n)d supplier order has waited three days",
                "%(n)d supplier orders have waited three days",
                "n",
            ),
            reverse("central:fulfilment_supplierorder_changelist") + "?state__exact=to_ship",
        ),
        (
            Case.objects.filter(state=Case.State.CENTRAL).count(),
            ngettext_lazy(
                "%(n)d after-sales case waits for the central team's word",
                "%(n)d after-sales cases wait for the central team's word",
                "n",
            ),
            reverse("central:cases"),
        ),
        (
            proposals_to_check().count(),
            ngettext_lazy("%(n)d proposal is to be checked", "%(n)d proposals are to be checked", "n"),
            reverse("central:selection"),
        ),
        (
            len(waiting_for_review()),
            ngettext_lazy(
                "%(n)d product was called back and waits for a jury",
                "%(n)d products were called back and wait for a jury",
                "n",
            ),
            reverse("central:selection"),
        ),
        (
            suppliers_without_account(),
            ngettext_lazy(
                "%(n)d supplier has no payout account", "%(n)d suppliers have no payout account", "n"
            ),
            reverse("central:catalog_supplier_changelist"),
        ),
        (
            sum(1 for total in ledger_selectors.sum_by_currency().values() if total),
            gettext_lazy("The ledger does not add up"),
            reverse("central:ledger_transfer_changelist"),
        ),
    ]
    return [{"text": text % {"n": number}, "link": link} for number, text, link in questions if number]
