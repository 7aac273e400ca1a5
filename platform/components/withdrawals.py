"""Withdrawals as both consoles show and decide them."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.access import signed_in
from backoffice.forms import ReasonForm
from backoffice.sites import Console
from billing.payouts.models import Withdrawal
from billing.payouts.withdrawals import services as withdrawal_services
from components import invoice_files
from kernel.errors import BanyanError

PER_PAGE = 50


TONES = {"awaiting": "bn-wait", "paid": "bn-good", "failed": "bn-bad", "refused": "bn-bad"}


def row_of(site: Console, withdrawal: Withdrawal) -> dict[str, Any]:
    """Return what the pages show of a withdrawal."""
    return {
        "row": withdrawal,
        "state": withdrawal.get_state_display(),
        "tone": TONES.get(withdrawal.state, "bn-calm"),
        "is_for_central": withdrawal.state == "awaiting" and bool(withdrawal.tie),
        "shop": site.tenant_name(withdrawal.tenant_id) if site.on_platform else "",
    }


def listed(site: Console, request: HttpRequest, tenant_id: UUID | None) -> dict[str, Any]:
    """Return a page of withdrawals, of one tenant or of all; what waits for approval stands apart."""
    found = Withdrawal.objects.filter(tenant_id=tenant_id) if tenant_id else Withdrawal.objects.all()
    waiting = found.filter(state=Withdrawal.State.AWAITING_APPROVAL).order_by("id")
    page = Paginator(found.order_by("-id"), PER_PAGE).get_page(request.GET.get("page"))
    return {
        "waiting": [row_of(site, row) for row in waiting[:PER_PAGE]],
        "page": page,
        "rows": [row_of(site, row) for row in page.object_list],
        "site": site.name,
        "on_platform": site.on_platform,
    }


def decide(site: Console, request: HttpRequest, withdrawal_id: UUID, tenant_id: UUID | None) -> HttpResponse:
    """Show one withdrawal with its tax; let it go or refuse it with a reason. ``tenant_id`` None: central."""
    found = Withdrawal.objects.filter(id=withdrawal_id)
    withdrawal = (found.filter(tenant_id=tenant_id) if tenant_id else found).first()
    if withdrawal is None:
        raise Http404
    form = ReasonForm(request.POST if "refuse" in request.POST else None)
    try:
        if "approve" in request.POST:
            withdrawal_services.approve(
                withdrawal_id=withdrawal_id, acting_user=signed_in(request), tenant_id=tenant_id
            )
            messages.success(request, _("The withdrawal is on its way."))
            return redirect(f"{site.name}:withdrawals")
        if "refuse" in request.POST and form.is_valid():
            withdrawal_services.refuse(
                withdrawal_id=withdrawal_id,
                acting_user=signed_in(request),
                tenant_id=tenant_id,
                reason=form.cleaned_data["reason"],
            )
            messages.success(request, _("The withdrawal is refused; the money is back in the wallet."))
            return redirect(f"{site.name}:withdrawals")
    except BanyanError as error:
        messages.error(request, error.text)
    is_waiting = withdrawal.state == Withdrawal.State.AWAITING_APPROVAL
    context = {
        "title": _("Withdrawal of %(name)s") % {"name": withdrawal.payee},
        **row_of(site, withdrawal),
        "form": form if is_waiting and request.user.has_perm(withdrawal_services.MAY_DECIDE) else None,
        "tie": withdrawal.get_tie_display(),
        "may_approve": site.on_platform or not withdrawal.tie,
        "may_open": request.user.has_perm(withdrawal_services.MAY_DECIDE),
        "site": site.name,
        "on_platform": site.on_platform,
    }
    return site.render(request, "components/withdrawal.html", context)


def invoice_of(withdrawal_id: UUID, tenant_id: UUID | None) -> FileResponse:
    """Return the file of a withdrawal's invoice, of one tenant's or (None) of any. Raises Http404."""
    rows = Withdrawal.objects.filter(tenant_id=tenant_id) if tenant_id else Withdrawal.objects.all()
    answer = invoice_files.answer(rows, withdrawal_id)
    if answer is None:
        raise Http404
    return answer
