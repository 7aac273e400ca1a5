"""The only way from a request of the portal to rows of a supplier."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate
from uuid import UUID

from django.contrib import messages
from django.contrib.auth import logout
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import roles, second_factor, sessions
from accounts.models import User
from catalog.models import Supplier, Variant
from fulfilment.models import Shipment, SupplierOrder
from kernel.tenancy import PUBLIC, current_schema


def supplier_of(user: object) -> Supplier | None:
    """Return whom this person works for; None for anybody who is no supplier's person of the platform."""
    if not isinstance(user, User) or not user.is_active or user.role != roles.SUPPLIER:
        return None
    # The same key in a tenant's schema is another person: only the platform's own people count.
    if current_schema() != PUBLIC:
        return None
    return Supplier.objects.filter(pk=user.supplier_id).first() if user.supplier_id else None


def order_of(supplier: Supplier, order_id: UUID) -> SupplierOrder:
    """Return the supplier's own order; another's is as unknown as one that does not exist (Http404)."""
    order = (
        SupplierOrder.objects.filter(supplier=supplier, pk=order_id)
        .prefetch_related("lines", "shipments")
        .first()
    )
    if order is None:
        raise Http404
    return order


def parcel_of(order: SupplierOrder, shipment_id: UUID) -> Shipment:
    """Return a parcel of this order; Http404 for any other."""
    shipment = order.shipments.filter(pk=shipment_id).first()
    if shipment is None:
        raise Http404
    return shipment


def variant_of(supplier: Supplier, variant_id: UUID) -> Variant:
    """Return the supplier's own variant; Http404 for any other."""
    variant = Variant.objects.filter(product__supplier=supplier, pk=variant_id).first()
    if variant is None:
        raise Http404
    return variant


def for_suppliers[**P](
    *methods: str,
    gated: bool = True,
) -> Callable[
    [Callable[Concatenate[HttpRequest, Supplier, P], HttpResponseBase]],
    Callable[Concatenate[HttpRequest, P], HttpResponseBase],
]:
    """Hand the signed-in person's supplier to a view; send others to sign in, or say why not.

    A session that is old ends here, and one that owes its second factor is led there, but on the pages that
    are not ``gated``. Other ``methods`` than those named are answered with 405. Nothing of it may be kept by
    a cache.
    """

    def guard(
        view: Callable[Concatenate[HttpRequest, Supplier, P], HttpResponseBase],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        @wraps(view)
        def inner(request: HttpRequest, /, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if gated and request.user.is_authenticated and sessions.has_ended(request):
                logout(request)
                messages.info(request, _("You were signed out since nothing happened for a while."))
            if not request.user.is_authenticated:
                here = urlencode({"next": request.get_full_path()})
                return redirect(f"{reverse('portal:sign_in')}?{here}")
            supplier = supplier_of(request.user)
            if supplier is None:
                return render(request, "portal/refused.html", status=403)
            if gated and second_factor.is_owed(request):
                here = urlencode({"next": request.get_full_path()})
                return redirect(f"{reverse('portal:code')}?{here}")
            if gated and second_factor.must_set_up(request.user):
                messages.error(request, _("Set up a second factor first: whoever works here needs one."))
                return redirect("portal:second_factor")
            with timezone.override(supplier.zone):  # every date of the portal is the supplier's
                return view(request, supplier, *args, **kwargs)

        return never_cache(require_http_methods(methods)(inner))

    return guard
