"""Suppliers whose payouts are held, in the central team's console: why, since when, and lifting it."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from backoffice.forms import ReasonForm
from backoffice.screens import render
from billing.payouts.controls import holds
from billing.payouts.models import PayoutHold
from kernel.errors import BanyanError


def held_suppliers(request: HttpRequest) -> HttpResponse:
    """Show the holds, those in force first; lift one with a reason."""
    form = ReasonForm(request.POST or None)
    if request.method == "POST":
        if not request.user.has_perm("payouts.change_payout"):
            raise PermissionDenied
        if form.is_valid():
            try:
                key = UUID(request.POST.get("hold", ""))
                holds.lift_hold(hold_id=key, reason=form.cleaned_data["reason"], acting_user=request.user)
            except (BanyanError, ValueError):
                messages.error(request, _("this hold is not in force"))
            else:
                messages.success(request, _("The supplier is paid again."))
            return redirect("central:held_suppliers")
    rows = PayoutHold.objects.select_related("supplier").order_by("-lifted_at", "-held_at")[:200]
    context = {"title": _("Held suppliers"), "rows": rows, "form": form}
    return render(request, "central/held_suppliers.html", context)
