"""A supplier's statement of one month, to be kept: its lines, and as CSV for its books."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.payouts.bank_payouts.models import BankPayout
from billing.payouts.payables import selectors
from billing.payouts.payables.models import Payable
from billing.payouts.transfers.models import Payout
from catalog.models import Supplier
from kernel import clock
from kernel.days import Month, local_day
from kernel.errors import InvalidInput
from kernel.files.formulas import guard
from kernel.money.amounts import decimal_text
from kernel.money.money import format_money

MOST_LINES = 20_000
STATES = {
    Payable.State.WAITING: gettext_lazy("not due yet"),
    Payable.State.DUE: gettext_lazy("due"),
    Payable.State.IN_PAYOUT: gettext_lazy("on its way"),
    Payable.State.PAID: gettext_lazy("paid"),
    Payable.State.CANCELLED: gettext_lazy("cancelled by a refund"),
}


def read_month(text: str, supplier: Supplier) -> Month:
    """Read "2026-11" as a month of the supplier's; an empty text is the present one. Raises InvalidInput."""
    if not text:
        return Month.of(clock.now(), supplier.zone)
    try:
        day = datetime.strptime(text, "%Y-%m")  # noqa: DTZ007  a month of the calendar, no moment
        if not 2000 <= day.year < 3000:
            raise ValueError("the calendar ends soon behind it")
    except ValueError:
        raise InvalidInput(
            gettext_lazy("this is not a month"),
            field="month",
            value=text,
            remedy=gettext_lazy("write it like 2026-11"),
        ) from None
    return Month(day.year, day.month, supplier.zone)


def as_csv(supplier: Supplier, month: Month) -> str:
    """Return the month's lines, with amounts as plain numbers, headed in the reader's language."""
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow([*headings(), _("Currency")])
    for line in lines_of_month(supplier, month):
        cells = [*cells_of(line, zone=supplier.zone, is_plain=True), line.payable.currency]
        table.writerow([guard(cell) for cell in cells])
    # Spreadsheets take a file without this mark for one in another alphabet.
    return "\ufeff" + text.getvalue()


def lines_of_month(supplier: Supplier, month: Month) -> list[selectors.StatementLine]:
    """Return a supplier's lines of a month, oldest first. Raises InvalidInput if there are too many."""
    payables = Payable.objects.filter(
        supplier=supplier, created_at__gte=month.begin, created_at__lt=month.end
    ).select_related("payout__bank_payout")
    lines = selectors.lines_of(payables.order_by("id")[: MOST_LINES + 1])
    if len(lines) > MOST_LINES:
        raise InvalidInput(gettext_lazy("this month has too many lines for one file"), field="month")
    return lines


def sums_of(lines: Sequence[selectors.StatementLine]) -> list[str]:
    """Return a sentence a currency: earned in the month, paid of it, refunded of it."""
    sums: dict[str, list[int]] = {}
    for line in lines:
        row = line.payable
        totals = sums.setdefault(row.currency, [0, 0, 0])
        totals[0] += row.amount if row.state != Payable.State.CANCELLED else 0
        totals[1] += row.amount if selectors.has_arrived(row.payout) else 0
        totals[2] += line.refunded
    return [
        _("Owed for this month's orders: %(owed)s, of which paid: %(paid)s. Refunded: %(refunded)s.")
        % {
            "owed": format_money(owed, currency),
            "paid": format_money(paid, currency),
            "refunded": format_money(refunded, currency),
        }
        for currency, (owed, paid, refunded) in sorted(sums.items())
    ]


def headings() -> list[str]:
    """Return the columns' headings, in the reader's language."""
    return [
        _("When"),
        _("Order"),
        _("Amount"),
        _("Refunded"),
        _("State"),
        _("Paid at"),
        _("Transfer"),
        _("Set off"),
        _("Bank"),
    ]


def cells_of(line: selectors.StatementLine, *, zone: ZoneInfo, is_plain: bool) -> list[str]:
    """Return a line's cells under ``headings``, moments in the supplier's ``zone``.

    ``is_plain`` writes amounts as numbers, without symbols.
    """
    row, payout = line.payable, line.payable.payout
    show = decimal_text if is_plain else format_money
    return [
        _moment(row.created_at, zone),
        line.number,
        show(row.amount, row.currency),
        show(line.refunded, row.currency) if line.refunded else "",
        state_word(line),
        _moment(payout.paid_at, zone) if payout and payout.paid_at else "",
        (payout.external_id or "") if payout else "",
        show(payout.netted, row.currency) if payout and payout.netted else "",
        bank_word(payout, zone),
    ]


def state_word(line: selectors.StatementLine) -> str:
    """Say where what is owed stands. Paid is what has arrived in the bank."""
    state = Payable.State(line.payable.state)
    if state == Payable.State.PAID and not selectors.has_arrived(line.payable.payout):
        state = Payable.State.IN_PAYOUT
    return str(STATES[state])


def bank_word(payout: Payout | None, zone: ZoneInfo) -> str:
    """Say how a payout went on to the bank, and since when it is there or on which day it is expected."""
    if payout is None or payout.state != Payout.State.PAID or not payout.amount:
        return ""
    bank_payout = payout.bank_payout
    if bank_payout is None:
        return _("waits at the payment service")
    words = {"method": bank_payout.get_method_display()}
    match bank_payout.state:
        case BankPayout.State.PAID if bank_payout.arrived_at:
            arrived_on = local_day(bank_payout.arrived_at, zone)
            return _("%(method)s, arrived on %(day)s") % (words | {"day": arrived_on})
        case BankPayout.State.FAILED:
            return _("the bank gave it back; it goes out again")
        case _other if bank_payout.arrives_at:
            expected_on = local_day(bank_payout.arrives_at, zone)
            return _("%(method)s, expected by %(day)s") % (words | {"day": expected_on})
    return _("%(method)s, on its way") % words


def _moment(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"
