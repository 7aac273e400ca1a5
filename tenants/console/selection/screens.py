"""What panel and jury have passed: listed with one click; the rounds; the shop's charter."""

from uuid import UUID

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import roles
from accounts.requests import signed_in
from backoffice.forms import ReasonForm
from backoffice.screens import attempt, page_of, press, render
from kernel.tenancy import in_public
from selection.admission import selectors as admission_selectors
from selection.admission import services as admission_services
from selection.models import Charter, Round
from selection.rounds import selectors as round_selectors
from tenants.registry.selectors import current_tenant
from tenants.shop.listings import selectors as listing_selectors
from tenants.shop.listings import services as listing_services
from tenants.shop.listings.overlay import overlay

PER_PAGE = 30


def passed(request: HttpRequest) -> HttpResponse:
    """Show what passed and whether it is listed here; the rounds; and the shop's charter."""
    view = overlay()
    page = page_of(request, admission_selectors.passed_products(view.tenant.pk), PER_PAGE)
    products = list(page.object_list)
    on_sale = listing_selectors.listed_products(view).filter(id__in=[product.pk for product in products])
    listed = set(on_sale.values_list("id", flat=True))
    rounds = round_selectors.rounds_page(tenant_id=view.tenant.pk).object_list
    context = {
        "title": _("Passed by panel and jury"),
        "page": page,
        "rows": [(product, product.pk in listed) for product in products],
        "rounds": [(row, round_selectors.open_gate(row)) for row in rounds],
        "charter": admission_selectors.charter_of(view.tenant.pk),
        "may_change": request.user.has_perm("shop.change_listing"),
        "may_adopt": signed_in(request).role == roles.OWNER,
    }
    return render(request, "console/selection/passed.html", context)


def put_on_list(request: HttpRequest, product_id: UUID) -> HttpResponse:
    """List a product that passed, at the price that the shop's rule gives it."""
    get_object_or_404(admission_selectors.passed_products(current_tenant().pk), pk=product_id)
    return press(
        request,
        lambda: listing_services.override_listing(
            product_id=product_id, acting_user=signed_in(request), is_extra=True, is_hidden=False
        ),
        "console:passed",
        said=_("It is on sale in your shop."),
    )


def round_record(request: HttpRequest, round_id: UUID) -> HttpResponse:
    """Show the record of a round that concerns this shop."""
    row = get_object_or_404(Round, pk=round_id)
    user_id = signed_in(request).pk
    if not round_selectors.concerns(row, tenant_id=current_tenant().pk, user_id=user_id):
        raise Http404
    title = _("Round %(number)d") % {"number": row.number}
    context = {"title": title, "record": round_selectors.record_of(row)}
    return render(request, "console/selection/round.html", context)


class ShopCharterForm(ReasonForm):
    """Why the shop's people alone shall choose its goods, for good."""

    sure = forms.BooleanField(label=gettext_lazy("I know that this can never be taken back"))


def charter(request: HttpRequest) -> HttpResponse:
    """Let the owner adopt the shop's charter: from now on only what passed is added to what is on sale."""
    if signed_in(request).role != roles.OWNER:
        raise PermissionDenied
    form = ShopCharterForm(request.POST or None)
    if attempt(request, form, lambda: _adopt(request, form), _("The charter is in force.")):
        return redirect("console:passed")
    adopted = admission_selectors.charter_of(current_tenant().pk)
    context = {"title": _("Adopt the charter"), "form": form, "charter": adopted}
    return render(request, "console/selection/charter.html", context)


def _adopt(request: HttpRequest, form: ShopCharterForm) -> Charter:
    tenant, reason = current_tenant(), form.cleaned_data["reason"]
    with in_public():
        return admission_services.adopt_charter(tenant_id=tenant.pk, reason=reason, acting_user=request.user)
