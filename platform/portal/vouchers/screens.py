"""The merchant's counter: a voucher is scanned, shown and redeemed, in parts if it has them."""

from collections import Counter
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.screens import press
from catalog.models import Supplier
from fulfilment.models import Redemption
from fulfilment.vouchers import access as voucher_access
from fulfilment.vouchers import selectors as voucher_selectors
from fulfilment.vouchers import services as voucher_services
from kernel import audit, clock, limits
from kernel.errors import BanyanError
from kernel.files.formulas import csv_line
from kernel.ids import new_id
from kernel.texts.translated import pick
from portal import access
from portal.frame import download, show
from portal.vouchers.forms import CounterForm, OfflineForm, RedeemForm

# A code has 29^12 values; this keeps a stolen session from trying even a few of them.
TRIES, WINDOW = 120, 300


@access.for_suppliers("GET")
def counter(request: HttpRequest, supplier: Supplier) -> HttpResponse:
    """Find a voucher by its code, however it was typed or scanned, and offer to redeem it."""
    code = request.GET.get("code", "")
    form, voucher, status = CounterForm({"code": code} if code else None), None, 200
    if code:
        try:
            _count_try(request)
            voucher = voucher_access.voucher_of(supplier=supplier, code=code)
        except (BanyanError, ValidationError) as error:
            form.is_valid()
            form.add_error("code", error.text if isinstance(error, BanyanError) else error)
            status = 422
    context = {
        "form": form,
        "voucher": voucher,
        "voucher_state": voucher_selectors.state_of(voucher) if voucher else "",
        "redemptions": voucher.redemptions.order_by("-id") if voucher else [],
        "redeem_key": new_id(),
        "undo_since": clock.now() - voucher_services.UNDO_WITHIN,
        "recent": voucher_selectors.recent_redemptions(supplier),
        "offline": OfflineForm(),
    }
    return show(request, supplier, "vouchers/vouchers", context, status)


@access.for_suppliers("POST")
def redeem(request: HttpRequest, supplier: Supplier) -> HttpResponse:
    """Redeem uses of the voucher that was shown; the form's key makes a second click harmless."""
    form = RedeemForm(request.POST)
    return press(
        request,
        lambda: voucher_services.redeem(
            supplier=supplier,
            code=form.cleaned_data["code"],
            uses=form.cleaned_data["uses"],
            idempotency_key=f"{supplier.pk}:{form.cleaned_data['key']}",
            acting_user=request.user,
        ),
        "portal:vouchers",
        said=_redeemed,
        form=form,
        absent_is_404=False,
    )


def _redeemed(redemption: Redemption) -> str:
    text = ngettext(
        "Redeemed: %(title)s, %(uses)d use.", "Redeemed: %(title)s, %(uses)d uses.", redemption.uses
    )
    return text % {"title": pick(redemption.voucher.title), "uses": redemption.uses}


@access.for_suppliers("POST")
def undo(request: HttpRequest, supplier: Supplier, redemption_id: UUID) -> HttpResponse:
    """Undo a redemption that was a mistake."""
    return press(
        request,
        lambda: voucher_services.undo_redemption(
            supplier=supplier, redemption_id=redemption_id, acting_user=request.user
        ),
        "portal:vouchers",
        said=_("Taken back. The voucher can be used again."),
        absent_is_404=False,
    )


@access.for_suppliers("GET")
def offline_list(request: HttpRequest, supplier: Supplier) -> HttpResponse:
    """Send the open vouchers as CSV for a counter without a network.

    The codes lack their last four letters: only the guest knows them. Whoever has the list alone can
    redeem nothing.
    """
    rows = list(voucher_selectors.open_vouchers(supplier))
    audit.record_on(
        supplier,
        "vouchers.downloaded",
        actor=request.user,
        label=supplier.code,
        changes={"vouchers": len(rows)},
    )
    head = [_("Code"), _("Last four letters"), _("Voucher"), _("Uses left"), _("Valid until")]
    lines = [[row.masked, "", pick(row.title), str(row.left), row.valid_until.isoformat()] for row in rows]
    text = "\ufeff" + "".join(map(csv_line, [head, *lines]))
    return download(text, "text/csv; charset=utf-8", f"vouchers-{supplier.code}.csv")


@access.for_suppliers("POST")
def redeem_offline(request: HttpRequest, supplier: Supplier) -> HttpResponse:
    """Take the codes that were written down without a network, one a line, and say what became of each."""
    form = OfflineForm(request.POST)
    results = []
    if form.is_valid():
        seen: Counter[str] = Counter()
        for number, code in enumerate(form.cleaned_data["codes"], 1):
            plain = voucher_access.normalised(code)
            seen[plain] += 1
            try:
                _count_try(request)
                redemption = voucher_services.redeem(
                    supplier=supplier,
                    code=code,
                    uses=1,
                    idempotency_key=f"{supplier.pk}:{form.cleaned_data['key']}:{plain}:{seen[plain]}",
                    acting_user=request.user,
                )
            except (BanyanError, ValidationError) as error:
                fault = error.text if isinstance(error, BanyanError) else " ".join(error.messages)
                results.append((number, code, fault, False))
            else:
                results.append((number, code, pick(redemption.voucher.title), True))
    context = {
        "form": CounterForm(),
        "offline": OfflineForm() if results else form,
        "results": results,
        "recent": voucher_selectors.recent_redemptions(supplier),
        "undo_since": clock.now() - voucher_services.UNDO_WITHIN,
        "redeem_key": new_id(),
    }
    return show(request, supplier, "vouchers/vouchers", context, 200 if results else 422)


def _count_try(request: HttpRequest) -> None:
    verdict = limits.hit(f"voucher-codes:{request.user.pk}", limit=TRIES, window=WINDOW)
    if not verdict.allowed:
        raise ValidationError(
            _("Too many tries. Wait %(minutes)d minutes and try again."),
            params={"minutes": verdict.retry_after // 60 + 1},
        )
