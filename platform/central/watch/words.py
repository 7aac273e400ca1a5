"""What the watch found, in words, names and amounts that a person reads."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.payouts.models import PayoutHalt
from billing.watch import reconciliation
from billing.watch.models import Finding
from catalog.models import Supplier
from kernel.errors import Text
from kernel.money.money import format_money
from kernel.texts.translated import pick
from tenants.registry.selectors import tenant_name

CHECKS: dict[str, Text] = {
    "ledger.sums_are_zero": gettext_lazy("Every transfer sums to zero"),
    "ledger.legs_are_complete": gettext_lazy("Every transfer has all its legs"),
    "ledger.balances_are_entries": gettext_lazy("Balances equal their entries"),
    "ledger.checkpoints_are_entries": gettext_lazy("Checkpoints equal their entries"),
    "payments.paid_is_booked": gettext_lazy("What was paid is booked"),
    "payments.refunded_is_refunds": gettext_lazy("Refunded sums equal their refunds"),
    "payments.refund_is_booked": gettext_lazy("What went back is booked"),
    "payouts.owed_is_booked": gettext_lazy("What suppliers are owed is booked"),
    "payouts.in_flight_is_booked": gettext_lazy("What is on its way is booked"),
    "payouts.withdrawn_is_booked": gettext_lazy("What members and shops took out is booked"),
    "payments.disputed_is_booked": gettext_lazy("What banks withhold for disputes is booked"),
    "payouts.paid_is_booked": gettext_lazy("What was paid out is booked"),
    "payouts.due_by_policy": gettext_lazy("Nothing owed is older than its policy"),
    "shop.paid_is_booked": gettext_lazy("Paid orders are booked, to the cent"),
    "shop.earnings_are_booked": gettext_lazy("Earnings are booked"),
    "shop.campaigns_add_up": gettext_lazy("Units set aside for campaigns add up"),
    "shop.subsidies_are_claimed": gettext_lazy("Money set aside for subsidies is claimed"),
    reconciliation.LINES: gettext_lazy("Every line at the provider has its posting"),
    reconciliation.POSTINGS: gettext_lazy("Every posting has its line at the provider"),
}
FACTS: dict[str, Text] = {
    "amount": gettext_lazy("amount"),
    "balance": gettext_lazy("balance"),
    "booked": gettext_lazy("in the ledger"),
    "checkpoint": gettext_lazy("checkpoint"),
    "created": gettext_lazy("moment"),
    "currency": gettext_lazy("currency"),
    "description": gettext_lazy("description"),
    "disputes": gettext_lazy("by the disputes"),
    "entries": gettext_lazy("by the entries"),
    "expected": gettext_lazy("expected"),
    "fee": gettext_lazy("provider's fee"),
    "gateway": gettext_lazy("provider"),
    "set_aside": gettext_lazy("by orders and red packets"),
    "in_reservations": gettext_lazy("by the reservations"),
    "is_left": gettext_lazy("left over"),
    "key": gettext_lazy("key"),
    "kind": gettext_lazy("kind"),
    "ledger": gettext_lazy("in the ledger"),
    "ledger_payable": gettext_lazy("payable, in the ledger"),
    "ledger_pending": gettext_lazy("pending, in the ledger"),
    "legs": gettext_lazy("legs"),
    "number": gettext_lazy("order"),
    "object": gettext_lazy("provider's id"),
    "occurred": gettext_lazy("moment"),
    "payables": gettext_lazy("by the payables"),
    "payouts": gettext_lazy("by the payouts"),
    "problem": gettext_lazy("problem"),
    "purpose": gettext_lazy("for"),
    "reference": gettext_lazy("our reference"),
    "refunded": gettext_lazy("refunded"),
    "refunds": gettext_lazy("by the refunds"),
    "earnings_payable": gettext_lazy("payable, by the earnings"),
    "earnings_pending": gettext_lazy("pending, by the earnings"),
    "since": gettext_lazy("waits since"),
    "tenant_id": gettext_lazy("shop"),
    "total": gettext_lazy("total"),
    "type": gettext_lazy("kind"),
    "withdrawals": gettext_lazy("by the withdrawals"),
}
FINDERS: dict[str, Text] = {
    "invariant sweep": gettext_lazy("invariant sweep"),
    "reconciliation": gettext_lazy("Reconciliation"),
}
BROKEN = " does not hold"
NO_SHOP = "–"
COUNTS = frozenset({"legs"})
MOMENTS = frozenset({"created", "occurred", "since"})


def title_of(finding: Finding) -> Text:
    """Return what should hold."""
    return CHECKS.get(finding.check_name, finding.check_name)


def facts_of(finding: Finding) -> list[tuple[Text, str]]:
    """Return the facts as (what, value), amounts written as money where their currency is known."""
    currency = _currency_of(finding)
    return [
        (
            FACTS.get(name, name),
            format_money(value, currency)
            if currency and isinstance(value, int) and name not in COUNTS
            else _moment(value)
            if name in MOMENTS
            else tenant_name(UUID(str(value)))
            if name == "tenant_id"
            else str(value),
        )
        for name, value in finding.facts.items()
        if value not in ("", None)
    ]


def _moment(value: object) -> str:
    """Return a moment, kept as ISO 8601, in the central team's time; anything else as it is."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return str(value)
    return date_format(localtime(moment), "DATETIME_FORMAT") if moment.tzinfo else str(value)


def _currency_of(finding: Finding) -> str:
    word = str(finding.facts.get("currency") or finding.subject.rpartition(" ")[2])
    return word if len(word) == 3 and word.isascii() and word.isupper() else ""


def places_of(findings: Iterable[Finding]) -> dict[UUID, str]:
    """Return finding -> where it is: its subject, with names for the shops and suppliers in it."""
    findings = list(findings)
    ids = {key for finding in findings for word in finding.subject.split() if (key := _uuid(word))}
    suppliers = {row.pk: pick(row.name) for row in Supplier.objects.filter(pk__in=ids)}

    def named(word: str) -> str:
        key = _uuid(word)
        if key is None:
            return word
        shop = tenant_name(key)
        return suppliers.get(key) or (word if shop in {"", NO_SHOP} else shop)

    return {finding.pk: " ".join(named(word) for word in finding.subject.split()) for finding in findings}


def reason_of(halt: PayoutHalt) -> Text:
    """Return why the payouts were stopped, the watch's own checks in words."""
    name = halt.reason.removesuffix(BROKEN)
    if halt.reason.endswith(BROKEN) and name in CHECKS:
        return _("this does not hold: %(check)s") % {"check": CHECKS[name]}
    return halt.reason


def row_of(halt: PayoutHalt) -> dict[str, object]:
    """Return what pages show of a halt: the row, whose payouts, who stopped them (or lifted it), and why."""
    finder = FINDERS.get(halt.found_by, halt.found_by)
    shop = tenant_name(halt.tenant_id) if halt.tenant_id else ""
    return {"row": halt, "shop": shop, "finder": finder, "reason": reason_of(halt)}


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
