"""What the central team does about payments: answering disputes, and sending back what belongs to nothing."""

from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.requests import signed_in
from backoffice.forms import ConsoleForm, ReasonForm
from backoffice.screens import form_screen
from billing.payments.disputes import services as dispute_services
from billing.payments.models import Dispute, Payment
from billing.payments.refunds import selectors as payment_refund_selectors
from billing.payments.refunds import services as payment_refund_services
from kernel.money.money import format_money


class EvidenceForm(ConsoleForm):
    """What the bank reads before it decides."""

    text = forms.CharField(
        label=gettext_lazy("Answer to the bank"),
        max_length=dispute_services.EVIDENCE_LIMIT,
        min_length=2,
        widget=forms.Textarea({"rows": 10}),
        help_text=gettext_lazy("what was bought, sent and received, with numbers of parcels; sent once"),
    )


def answer(request: HttpRequest, dispute_id: UUID) -> HttpResponse:
    """Send the bank what speaks for the shop."""
    dispute = get_object_or_404(Dispute.objects.select_related("payment"), id=dispute_id)
    form = EvidenceForm(request.POST or None)
    return form_screen(
        request,
        form,
        lambda: dispute_services.submit_evidence(
            dispute_id=dispute.id, text=form.cleaned_data["text"], acting_user=signed_in(request)
        ),
        "central:payments_dispute_change",
        dispute.id,
        title=_("Answer dispute %(number)s") % {"number": dispute.external_id},
        said=_("The answer is with the bank."),
        note=_("%(amount)s are at stake. The answer can be sent once.")
        % {"amount": format_money(dispute.amount, dispute.currency)},
        submit=_("Send the answer"),
    )


def accept(request: HttpRequest, dispute_id: UUID) -> HttpResponse:
    """Give a dispute up."""
    dispute = get_object_or_404(Dispute.objects.select_related("payment"), id=dispute_id)
    form = ReasonForm(request.POST or None)
    return form_screen(
        request,
        form,
        lambda: dispute_services.accept(
            dispute_id=dispute.id, reason=form.cleaned_data["reason"], acting_user=signed_in(request)
        ),
        "central:payments_dispute_change",
        dispute.id,
        title=_("Give up dispute %(number)s") % {"number": dispute.external_id},
        said=_("The dispute is given up; earnings and payables follow."),
        note=_(
            "%(amount)s stay with the member. "
            "Earnings, platform fee and payables are clawed back as for a refund."
        )
        % {"amount": format_money(dispute.amount, dispute.currency)},
        submit=_("Give it up"),
        button="bn-button-danger",
    )


def send_back(request: HttpRequest, payment_id: UUID) -> HttpResponse:
    """Send money back that came in and belongs to nothing."""
    payment = get_object_or_404(Payment, id=payment_id)
    if not payment_refund_selectors.can_be_sent_back(payment):
        raise Http404
    amount, currency = payment_refund_selectors.unapplied_receipt(payment) or (0, payment.currency)
    form = ReasonForm(request.POST or None)
    return form_screen(
        request,
        form,
        lambda: payment_refund_services.send_back(
            payment_id=payment.id, reason=form.cleaned_data["reason"], acting_user=signed_in(request)
        ),
        "central:payments_payment_change",
        payment.id,
        title=_("Send %(amount)s back") % {"amount": format_money(amount, currency)},
        said=_("The money is on its way back to the payer."),
        note=payment.problem,
        submit=_("Send the money back"),
        button="bn-button-danger",
    )
