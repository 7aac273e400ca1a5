"""Licences of suppliers in the central team's console: what ends soon, and each supplier's papers."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from backoffice.forms import ConsoleForm
from backoffice.screens import render
from catalog.licences import services as licence_services
from catalog.models import Licence, LicenceKind, Supplier
from kernel.errors import BanyanError
from kernel.text import pick


class LicenceForm(ConsoleForm):
    """A new licence."""

    kind = forms.ChoiceField(label=_("Kind"), choices=LicenceKind.choices)
    number = forms.CharField(label=_("Number"), max_length=80)
    valid_from = forms.DateField(
        label=_("Valid from"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    expires_on = forms.DateField(
        label=_("Valid through"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text=_("empty: it does not expire"),
    )
    file = forms.FileField(label=_("Paper"), required=False, help_text=_("PDF, JPEG or PNG, at most 10 MB"))


def all_licences(request: HttpRequest) -> HttpResponse:
    """Show what is missing, has ended or ends soon, of all suppliers."""
    return render(
        request,
        "central/licence_gaps.html",
        {
            "title": _("Licences"),
            "gaps": licence_services.gaps(),
            "days": licence_services.WARNED_BEFORE.days,
        },
    )


def supplier_licences(request: HttpRequest, supplier_id: UUID) -> HttpResponse:
    """Show a supplier's licences; add one with its paper, or remove one that was recorded by mistake."""
    supplier = Supplier.objects.filter(id=supplier_id).first()
    if supplier is None:
        raise Http404
    may_change = request.user.has_perm("catalog.change_licence")
    form = LicenceForm(request.POST or None, request.FILES or None) if may_change else None
    if request.method == "POST" and form is not None:
        if "remove" in request.POST:
            _remove(request, supplier, request.POST["remove"])
            return redirect(request.path)
        if form.is_valid() and _add(request, supplier, form):
            return redirect(request.path)
    context = {
        "title": _("Licences of %(name)s") % {"name": pick(supplier.name)},
        "supplier": supplier,
        "licences": licence_services.of(supplier),
        "gaps": licence_services.gaps(supplier),
        "form": form,
    }
    return render(request, "central/supplier_licences.html", context)


def _add(request: HttpRequest, supplier: Supplier, form: LicenceForm) -> bool:
    try:
        licence_services.add_licence(supplier=supplier, acting_user=request.user, **form.cleaned_data)
    except BanyanError as error:
        form.refuse(error)
        return False
    messages.success(request, _("Saved."))
    return True


def _remove(request: HttpRequest, supplier: Supplier, key: str) -> None:
    licence = next((one for one in licence_services.of(supplier) if str(one.pk) == key), None)
    if licence is None:
        raise Http404
    licence_services.remove_licence(licence=licence, acting_user=request.user)
    messages.success(request, _("Removed."))


def licence_paper(request: HttpRequest, supplier_id: UUID, licence_id: UUID) -> HttpResponse | FileResponse:
    """Send a licence's paper as a download: it came from outside, and is never shown as a page of ours."""
    licence = Licence.objects.filter(id=licence_id, supplier_id=supplier_id).first()
    if licence is None or not licence.file:
        raise Http404
    name = str(licence.file.name)
    return FileResponse(licence.file.open("rb"), as_attachment=True, filename=f"{licence.kind}-{name[-12:]}")
