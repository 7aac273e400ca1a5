"""A supplier's statement of one month: what changed what it is owed, and as CSV for its books."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.ledger.models import AccountKind, Entry
from billing.payouts.bank_payouts.models import BankPayout
from billing.payouts.payables.selectors import PENALTY
from billing.payouts.transfers.models import Payout
from catalog.models import Supplier
from fulfilment.models import SupplierOrder
from kernel import clock
from kernel.days import Month, local_day
from kernel.errors import InvalidInput, Text
from kernel.files.formulas import guard
from kernel.money.amounts import decimal_text
from kernel.money.money import format_money

MOST_LINES = 20_000
OWED = (
    AccountKind.SUPPLIER_PAYABLE,
    AccountKind.SUPPLIER_RECEIVABLE,
    AccountKind.WITHDRAWAL_IN_FLIGHT,
)
"""What a supplier is owed is what lies on these together: what is on its way has not arrived yet."""


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


class Movement(StrEnum):
    """What changes what a supplier is owed."""

    ORDER = "order.paid"
    REFUND = "order.refunded"
    PENALTY = PENALTY
    PAYOUT = "payout.paid"
    OTHER = ""


WORDS: dict[Movement, Text] = {
    Movement.ORDER: gettext_lazy("order"),
    Movement.REFUND: gettext_lazy("refund"),
    Movement.PENALTY: gettext_lazy("penalty"),
    Movement.PAYOUT: gettext_lazy("paid to your account"),
    Movement.OTHER: gettext_lazy("correction"),
}


@dataclass(frozen=True, slots=True)
class StatementMovement:
    """One line of a month, as it was posted: ``amount`` is positive where more is owed, in minor units.

    ``number`` is that of the supplier's order, or the payment service's of a payout.
    """

    at: datetime
    what: Movement
    number: str
    amount: int
    currency: str


@dataclass(frozen=True, slots=True)
class MonthStatement:
    """A month of a supplier: what it was owed before, what changed, and so what it is owed at the end.

    It is read from the ledger, where nothing is ever changed: a refund belongs to the month in which it was
    made, and a month that is over stays as it was.
    """

    month: Month
    opening: Mapping[str, int]
    movements: Sequence[StatementMovement]

    def total(self, currency: str, *kinds: Movement) -> int:
        """Return what movements of these kinds sum to in a currency; without any, all of them."""
        return sum(
            row.amount
            for row in self.movements
            if row.currency == currency and (row.what in kinds or not kinds)
        )

    @property
    def currencies(self) -> list[str]:
        """The currencies of which anything was owed or moved, in alphabetical order."""
        owed = {currency for currency, amount in self.opening.items() if amount}
        return sorted(owed | {row.currency for row in self.movements})


def as_csv(supplier: Supplier, month: Month) -> str:
    """Return the month's lines, with amounts as plain numbers, headed in the reader's language."""
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow([*headings(), _("Currency")])
    for line in statement_of(supplier, month).movements:
        *words, amount = cells_of(line, zone=supplier.zone, is_plain=True)
        # A number of ours is no formula, and with a mark before it no number any more.
        table.writerow([*(guard(word) for word in words), amount, line.currency])
    # Spreadsheets take a file without this mark for one in another alphabet.
    return "\ufeff" + text.getvalue()


def statement_of(supplier: Supplier, month: Month) -> MonthStatement:
    """Return a supplier's month, oldest line first. Raises InvalidInput if there are too many lines."""
    entries = Entry.objects.filter(
        account__owner_kind="supplier", account__owner_id=supplier.id, account__kind__in=OWED
    )
    opening = entries.filter(transfer__occurred_at__lt=month.begin).values_list("currency")
    rows = list(
        entries.filter(transfer__occurred_at__gte=month.begin, transfer__occurred_at__lt=month.end)
        .values_list(
            "transfer__occurred_at", "transfer__kind", "transfer__subject_id", "currency", "transfer_id"
        )
        .annotate(moved=Sum("amount"))
        .exclude(moved=0)
        .order_by("transfer__occurred_at", "transfer_id")[: MOST_LINES + 1]
    )
    if len(rows) > MOST_LINES:
        raise InvalidInput(gettext_lazy("this month has too many lines for one file"), field="month")
    numbers = _numbers_of(supplier, {subject_id for _at, _kind, subject_id, *_rest in rows if subject_id})
    known = {kind.value: kind for kind in Movement}
    return MonthStatement(
        month,
        {currency: int(owed) for currency, owed in opening.annotate(owed=Sum("amount")).order_by("currency")},
        [
            StatementMovement(
                at, known.get(kind, Movement.OTHER), numbers.get(subject_id, "–"), int(moved), currency
            )
            for at, kind, subject_id, currency, _transfer_id, moved in rows
        ],
    )


def _numbers_of(supplier: Supplier, subject_ids: set[UUID]) -> dict[UUID, str]:
    """Return order or payout -> the number by which the supplier knows it."""
    orders = SupplierOrder.objects.filter(supplier=supplier, order_id__in=subject_ids).order_by("number")
    numbers: dict[UUID, str] = {}
    for order_id, number in orders.values_list("order_id", "number"):
        numbers[order_id] = f"{numbers[order_id]}, {number}" if order_id in numbers else number
    payouts = Payout.objects.filter(supplier=supplier, id__in=subject_ids).values_list("id", "external_id")
    return numbers | {payout_id: external_id or "–" for payout_id, external_id in payouts}


def sums_of(statement: MonthStatement) -> list[str]:
    """Return a sentence a currency: what was owed before, what changed, and what is owed at the end."""
    sentences = []
    for currency in statement.currencies:
        opening = statement.opening.get(currency, 0)
        sums = {
            "opening": opening,
            "orders": statement.total(currency, Movement.ORDER),
            "refunded": -statement.total(currency, Movement.REFUND),
            "paid": -statement.total(currency, Movement.PAYOUT),
            "other": statement.total(currency, Movement.PENALTY, Movement.OTHER),
            "closing": opening + statement.total(currency),
        }
        sentences.append(
            _(
                "Owed at the beginning: %(opening)s. Orders: %(orders)s. Refunded: %(refunded)s."
                " Penalties and corrections: %(other)s. Paid: %(paid)s. Owed at the end: %(closing)s."
            )
            % {name: format_money(amount, currency) for name, amount in sums.items()}
        )
    return sentences


def headings() -> list[str]:
    """Return the columns' headings, in the reader's language."""
    return [_("When"), _("What"), _("Number"), _("Amount")]


def cells_of(line: StatementMovement, *, zone: ZoneInfo, is_plain: bool) -> list[str]:
    """Return a line's cells under ``headings``, moments in the supplier's ``zone``.

    ``is_plain`` writes amounts as numbers, without symbols.
    """
    show = decimal_text if is_plain else format_money
    return [_moment(line.at, zone), str(WORDS[line.what]), line.number, show(line.amount, line.currency)]


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
