"""Withdrawals as the shop and the central team see and decide them."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from accounts.requests import signed_in
from backoffice.forms import ReasonForm
from backoffice.screens import PER_PAGE, console_of, page_of, render
from billing.payouts.models import Withdrawal
from billing.payouts.withdrawals import services as withdrawal_services
from components.payouts import invoice_files
from kernel.errors import BanyanError
from tenants.registry.selectors import current_tenant, tenant_name


def _tenant_id(request: HttpRequest) -> UUID | None:
    """Return whose withdrawals this console may see: its shop's; None for those of all."""
    return None if console_of(request).on_platform else current_tenant().id


def _withdrawals(request: HttpRequest) -> QuerySet[Withdrawal]:
    tenant_id = _tenant_id(request)
    return Withdrawal.objects.filter(tenant_id=tenant_id) if tenant_id else Withdrawal.objects.all()


def _row(withdrawal: Withdrawal) -> dict[str, Any]:
    return {
        "row": withdrawal,
        "is_for_central": withdrawal.state == Withdrawal.State.AWAITING_APPROVAL and bool(withdrawal.tie),
        "shop": tenant_name(withdrawal.tenant_id),
    }


def lists(request: HttpRequest) -> dict[str, Any]:
    """Return a page of the console's withdrawals for a template; what waits for approval stands apart."""
    withdrawals = _withdrawals(request)
    waiting = withdrawals.filter(state=Withdrawal.State.AWAITING_APPROVAL).order_by("id")
    page = page_of(request, withdrawals.order_by("-id"))
    return {
        "title": _("Withdrawals"),
        "waiting": [_row(row) for row in waiting[:PER_PAGE]],
        "page": page,
        "rows": [_row(row) for row in page.object_list],
        "on_platform": console_of(request).on_platform,
    }


def withdrawals(request: HttpRequest) -> HttpResponse:
    """List the withdrawals, those to be approved first."""
    return render(request, "components/withdrawals.html", lists(request))


def withdrawal(request: HttpRequest, withdrawal_id: UUID) -> HttpResponse:
    """Show one withdrawal with its tax; let it go or refuse it with a reason."""
    withdrawal = get_object_or_404(_withdrawals(request), id=withdrawal_id)
    form = ReasonForm(request.POST if "refuse" in request.POST else None)
    try:
        if said := _decide(request, withdrawal, form):
            messages.success(request, said)
            return redirect(f"{console_of(request).name}:withdrawals")
    except BanyanError as error:
        messages.error(request, error.text)
    on_platform = console_of(request).on_platform
    may_decide = request.user.has_perm(withdrawal_services.MAY_DECIDE)
    is_waiting = withdrawal.state == Withdrawal.State.AWAITING_APPROVAL
    context = {
        "title": _("Withdrawal of %(name)s") % {"name": withdrawal.payee},
        **_row(withdrawal),
        "form": form if is_waiting and may_decide else None,
        "may_approve": on_platform or not withdrawal.tie,
        "may_open": may_decide,
        "on_platform": on_platform,
    }
    return render(request, "components/withdrawal.html", context)


def _decide(request: HttpRequest, withdrawal: Withdrawal, form: ReasonForm) -> str:
    """Do what was pressed and return what to say; "" if nothing was, or without a reason."""
    about: dict[str, Any] = {"withdrawal_id": withdrawal.id, "tenant_id": _tenant_id(request)}
    if "approve" in request.POST:
        withdrawal_services.approve(**about, acting_user=signed_in(request))
        return _("The withdrawal is on its way.")
    if "refuse" in request.POST and form.is_valid():
        reason = form.cleaned_data["reason"]
        withdrawal_services.refuse(**about, acting_user=signed_in(request), reason=reason)
        return _("The withdrawal is refused; the money is back in the wallet.")
    return ""


def invoice(request: HttpRequest, withdrawal_id: UUID) -> FileResponse:
    """Send the file of a withdrawal's invoice to whoever decides about it. Raises Http404."""
    answer = invoice_files.answer(_withdrawals(request), withdrawal_id)
    if answer is None:
        raise Http404
    return answer
