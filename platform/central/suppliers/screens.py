"""A supplier's people and licences, and what is missing or ends soon."""

from uuid import UUID

from django import forms
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext_lazy as _

from accounts import services as user_services
from accounts.models import Invitation, User
from backoffice.forms import ConsoleForm
from backoffice.screens import attempt, press, render
from catalog.licences import selectors as licence_selectors
from catalog.licences import services as licence_services
from catalog.models import Licence, LicenceKind, Supplier
from components.people import invitations
from kernel.texts.translated import pick


class SupplierPersonForm(ConsoleForm):
    """Somebody who ships for a supplier."""

    email = forms.EmailField(label=_("E-mail"))
    name = forms.CharField(label=_("Full name"), max_length=120, required=False)


def people(request: HttpRequest, supplier_id: UUID) -> HttpResponse:
    """Show who works in the portal for a supplier, and invite somebody."""
    supplier = get_object_or_404(Supplier, id=supplier_id)
    may_add = request.user.has_perm("accounts.add_user")
    form = SupplierPersonForm(request.POST or None) if may_add else None
    issued = form and attempt(
        request,
        form,
        lambda: user_services.invite_supplier_user(
            **form.cleaned_data, supplier_id=supplier.pk, acting_user=request.user
        ),
        said=invitations.said_of,
    )
    if issued:
        invitations.mail(request, issued.result)
        return redirect(request.path)
    waiting = Invitation.objects.filter(accepted_at=None, revoked_at=None, supplier_id=supplier.pk)
    context = {
        "title": _("People of %(name)s") % {"name": pick(supplier.name)},
        "supplier": supplier,
        "people": User.objects.filter(supplier_id=supplier.pk).order_by("email"),
        "form": form,
        "invitations": waiting.order_by("-created_at"),
    }
    return render(request, "central/suppliers/people.html", context)


class DayField(forms.DateField):
    """A day, chosen in the browser's calendar."""

    widget = forms.DateInput({"type": "date"}, format="%Y-%m-%d")


class LicenceForm(ConsoleForm):
    """A new licence."""

    kind = forms.ChoiceField(label=_("Kind"), choices=LicenceKind.choices)
    number = forms.CharField(label=_("Number"), max_length=80)
    valid_from = DayField(label=_("Valid from"), required=False)
    expires_on = DayField(label=_("Valid through"), required=False, help_text=_("empty: it does not expire"))
    file = forms.FileField(label=_("Paper"), required=False, help_text=_("PDF, JPEG or PNG, at most 10 MB"))


def licence_gaps(request: HttpRequest) -> HttpResponse:
    """Show what is missing, has ended or ends soon, of all suppliers."""
    context = {
        "title": _("Licences"),
        "gaps": licence_selectors.gaps(),
        "days": licence_selectors.WARNED_BEFORE.days,
    }
    return render(request, "central/suppliers/licence_gaps.html", context)


def licences(request: HttpRequest, supplier_id: UUID) -> HttpResponse:
    """Show a supplier's licences; add one with its paper, or remove one that was recorded by mistake."""
    supplier = get_object_or_404(Supplier, id=supplier_id)
    form = None
    if request.user.has_perm("catalog.change_licence"):
        if "remove" in request.POST:
            return _remove(request, supplier)
        form = LicenceForm(request.POST or None, request.FILES or None)
    if form and attempt(
        request,
        form,
        lambda: licence_services.add_licence(
            supplier=supplier, acting_user=request.user, **form.cleaned_data
        ),
        _("Saved."),
    ):
        return redirect(request.path)
    context = {
        "title": _("Licences of %(name)s") % {"name": pick(supplier.name)},
        "supplier": supplier,
        "licences": licence_selectors.licences_of(supplier),
        "gaps": licence_selectors.gaps(supplier),
        "form": form,
    }
    return render(request, "central/suppliers/licences.html", context)


def _remove(request: HttpRequest, supplier: Supplier) -> HttpResponse:
    licences = {str(licence.pk): licence for licence in licence_selectors.licences_of(supplier)}
    licence = licences.get(request.POST["remove"])
    if licence is None:
        raise Http404
    return press(
        request,
        lambda: licence_services.remove_licence(licence=licence, acting_user=request.user),
        request.path,
        said=_("Removed."),
    )


def licence_paper(request: HttpRequest, supplier_id: UUID, licence_id: UUID) -> FileResponse:
    """Send a licence's paper as a download: it came from outside, and is never shown as a page of ours."""
    licence = get_object_or_404(Licence.objects.exclude(file=""), id=licence_id, supplier_id=supplier_id)
    name = str(licence.file.name)
    return FileResponse(licence.file.open("rb"), as_attachment=True, filename=f"{licence.kind}-{name[-12:]}")
