"""What stops payouts, of one supplier or of everybody, and what a supplier was paid."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.requests import signed_in
from backoffice.forms import ConsoleForm, ReasonField, ReasonForm
from backoffice.screens import PER_PAGE, attempt, press, render
from billing.payouts.accounts import services as payout_account_services
from billing.payouts.halts import selectors as halt_selectors
from billing.payouts.halts import services as halt_services
from billing.payouts.holds import services as hold_services
from billing.payouts.models import PayoutHalt, PayoutHold
from billing.payouts.payables import selectors as payable_selectors
from billing.payouts.payables import statements
from catalog.models import Supplier
from central.watch import words
from components.payouts import statement_files
from components.payouts import words as payout_words
from kernel import clock
from kernel.days import Month
from kernel.errors import Conflict, NotFound
from kernel.texts.translated import pick


def payout_holds(request: HttpRequest) -> HttpResponse:
    """Show the payout holds, those in force first; lift one with a reason."""
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and not request.user.has_perm("payouts.change_payout"):
        raise PermissionDenied
    if form.is_bound and form.is_valid():
        said = _("The supplier is paid again.")
        return press(request, lambda: _lift_hold(request, form), "central:payout_holds", said=said)
    rows = PayoutHold.objects.select_related("supplier").order_by("-lifted_at", "-placed_at")[:200]
    context = {"title": _("Payout holds"), "rows": rows, "form": form}
    return render(request, "central/payouts/payout_holds.html", context)


def _lift_hold(request: HttpRequest, form: ReasonForm) -> None:
    reason = form.cleaned_data["reason"]
    try:
        hold_id = UUID(request.POST.get("hold", ""))
        hold_services.lift_hold(hold_id=hold_id, reason=reason, acting_user=request.user)
    except (NotFound, ValueError):
        raise Conflict(_("this payout hold is not in force"), field="hold") from None


class HaltForm(ConsoleForm):
    """Why money stops leaving, or may leave again."""

    reason = ReasonField(max_length=500)


def halts(request: HttpRequest) -> HttpResponse:
    """Show why no money leaves, and since when; stop all payouts, or let them go again with a reason."""
    may_act = request.user.has_perm("payouts.add_payouthalt")
    form = HaltForm(request.POST or None)
    if may_act and attempt(request, form, lambda: _halt_or_lift(request, form), str):
        return redirect("central:halts")
    past = PayoutHalt.objects.exclude(lifted_by=None).select_related("lifted_by").order_by("-id")
    context = {
        "title": _("Stop payouts"),
        "active": [words.row_of(halt) for halt in halt_selectors.active()],
        "is_whole": halt_selectors.in_force(),
        "past": [words.row_of(halt) for halt in past[:PER_PAGE]],
        "form": form if may_act else None,
    }
    return render(request, "central/payouts/halts.html", context)


def _halt_or_lift(request: HttpRequest, form: HaltForm) -> str:
    user, reason = signed_in(request), form.cleaned_data["reason"]
    if "lift" in request.POST:
        halt_services.lift(reason, user)
        return _("Payouts go on.")
    halt_services.halt(reason, str(user))
    return _("Payouts are stopped. Sales and refunds go on.")


def statement(request: HttpRequest, supplier_id: UUID) -> HttpResponse:
    """Show a supplier's statement as the supplier sees it; ``?file=csv|pdf&month=`` hands out a month."""
    supplier = get_object_or_404(Supplier, pk=supplier_id)
    answer = {"csv": statement_files.csv_answer, "pdf": statement_files.pdf_answer}.get(
        request.GET.get("file", "")
    )
    if answer:
        return answer(supplier, request.GET.get("month", ""))
    page, lines = payable_selectors.statement(supplier, request.GET.get("page", 1))
    month = Month.of(clock.now(), supplier.zone)
    context = {
        "title": _("Statement of %(name)s") % {"name": pick(supplier.name)},
        "account": payout_words.of_account(payout_account_services.account_of("supplier", supplier.id)),
        "totals": payable_selectors.totals_of(supplier),
        "page": page,
        "lines": [(line, statements.bank_word(line.payable.payout, supplier.zone)) for line in lines],
        "months": [month, month.before],
    }
    with timezone.override(supplier.zone):  # its days, not ours
        return render(request, "central/payouts/statement.html", context)
