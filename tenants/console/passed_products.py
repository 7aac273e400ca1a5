"""What panel and jury have passed, in the operators' console: listed with one click; the shop's charter."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import roles
from accounts.access import signed_in
from backoffice.forms import ReasonForm, refuse
from backoffice.screens import render
from kernel.errors import BanyanError
from kernel.tenancy import in_public
from selection.admission import selectors as admission_selectors
from selection.admission import services as admission_services
from selection.models import Round
from selection.rounds import selectors as round_selectors
from tenants.registry.selectors import current_tenant
from tenants.shop.listings import selectors as listing_selectors
from tenants.shop.listings import services as listing_services
from tenants.shop.listings.overlay import overlay

PER_PAGE = 30


def passed(request: HttpRequest) -> HttpResponse:
    """Show what passed and whether it is listed here; the rounds; and the shop's charter."""
    view = overlay()
    page = Paginator(admission_selectors.passed_products(view.tenant.pk), PER_PAGE).get_page(
        request.GET.get("page")
    )
    found = list(page.object_list)
    listed = set(
        listing_selectors.listed_products(view)
        .filter(id__in=[row.pk for row in found])
        .values_list("id", flat=True)
    )
    context = {
        "title": _("Passed by panel and jury"),
        "page": page,
        "rows": [(row, row.pk in listed) for row in found],
        "rounds": [
            (row, round_selectors.open_gate(row))
            for row in round_selectors.rounds_page(tenant_id=view.tenant.pk).object_list
        ],
        "charter": admission_selectors.charter_of(view.tenant.pk),
        "may_change": request.user.has_perm("shop.change_listing"),
        "may_adopt": signed_in(request).role == roles.OWNER,
    }
    return render(request, "operators/passed.html", context)


def put_on_list(request: HttpRequest, product_id: UUID) -> HttpResponse:
    """List a product that passed, at the price that the shop's rule gives it."""
    if request.method != "POST":
        return redirect("console:passed")
    if not admission_selectors.passed_products(current_tenant().pk).filter(pk=product_id).exists():
        raise Http404
    try:
        listing_services.override_listing(
            product_id=product_id, acting_user=signed_in(request), is_extra=True, is_hidden=False
        )
    except BanyanError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("It is on sale in your shop."))
    return redirect("console:passed")


def round_record(request: HttpRequest, round_id: UUID) -> HttpResponse:
    """Show the record of a round that concerns this shop."""
    found = Round.objects.filter(pk=round_id).first()
    if found is None or not round_selectors.concerns(
        found, tenant_id=current_tenant().pk, user_id=signed_in(request).pk
    ):
        raise Http404
    title = _("Round %(number)d") % {"number": found.number}
    context = {"title": title, "record": round_selectors.record_of(found)}
    return render(request, "operators/passed_round.html", context)


class CharterForm(ReasonForm):
    """Why the shop's people alone shall choose its goods, for good."""

    sure = forms.BooleanField(label=gettext_lazy("I know that this can never be taken back"))


def charter(request: HttpRequest) -> HttpResponse:
    """Let the owner adopt the shop's charter: from now on only what passed is added to what is on sale."""
    if signed_in(request).role != roles.OWNER:
        raise PermissionDenied
    form, tenant = CharterForm(request.POST or None), current_tenant()
    if request.method == "POST" and form.is_valid():
        try:
            with in_public():
                admission_services.adopt_charter(
                    tenant_id=tenant.pk, reason=form.cleaned_data["reason"], acting_user=request.user
                )
        except BanyanError as error:
            refuse(form, error)
        else:
            messages.success(request, _("The charter is in force."))
            return redirect("console:passed")
    context = {
        "title": _("Adopt the charter"),
        "form": form,
        "charter": admission_selectors.charter_of(tenant.pk),
    }
    return render(request, "operators/charter.html", context)
