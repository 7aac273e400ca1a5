"""A member's wallet: what they earned, what became of it, and taking it out."""

import logging
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from billing.ledger.models import AccountKind
from billing.payouts.accounts import services as payout_account_services
from billing.payouts.accounts.services import AccountOwner
from billing.payouts.models import PayoutAccount, Withdrawal
from billing.payouts.withdrawals import invoices, ties
from billing.payouts.withdrawals import selectors as withdrawal_selectors
from billing.payouts.withdrawals import services as withdrawal_services
from components.payouts import accounts as payout_accounts
from components.payouts import invoice_files
from components.payouts import words as payout_words
from components.payouts.accounts import CountryChoice
from kernel.calls.errors import CallError
from kernel.errors import BanyanError, InvalidInput
from kernel.ids import new_id
from kernel.money.money import parse_amount
from storefront_theme.requests import MemberRequest, member_page
from tenants.agents.earnings.wallets import wallet_of
from tenants.agents.members import services as member_services
from tenants.shop.promotions.red_packets import selectors as red_packet_selectors

logger = logging.getLogger(__name__)
WALLETS = (AccountKind.COMMISSION_PAYABLE, AccountKind.SERVICE_FEE_PAYABLE)


@member_page("GET")
def wallet(request: MemberRequest) -> HttpResponse:
    """Show the wallet: figures, each earning's state and why, earlier withdrawals, the payout account."""
    member_services.ensure_member(user=request.user)
    member_wallet = wallet_of(request.user, request.tenant)
    context = {
        "wallet": member_wallet,
        "account": payout_words.of_account(member_wallet.account),
        "countries": CountryChoice.of(request.tenant.currency, member_wallet.account),
        "red_packets": sum(
            packet.state_now == "free" for packet in red_packet_selectors.of_member(request.user)
        ),
        "tab": "circle",
    }
    return render(request, "storefront/wallet.html", context)


@member_page("POST")
def preview(request: MemberRequest) -> HttpResponse:
    """Say what a withdrawal would cost and leave, before it is confirmed."""
    kind = _wallet_kind(request)
    try:
        amount = parse_amount(request.POST.get("amount", ""), request.tenant.currency, field="amount")
        quote = withdrawal_selectors.quote(
            tenant=request.tenant,
            owner_id=request.user.pk,
            wallet=kind,
            currency=request.tenant.currency,
            amount=amount,
            asked_by=request.user.pk,
        )
    except BanyanError as error:
        return _refused(request, error)
    tie = ""
    if quote.needs_approval:
        tie = ties.tie_of(
            tenant_id=request.tenant.id,
            owner_kind=Withdrawal.OwnerKind.MEMBER,
            owner_id=request.user.pk,
            asked_by=request.user.pk,
        )
    context = {
        "quote": quote,
        "tie": tie,
        "accept": invoices.ACCEPT,
        "currency": request.tenant.currency,
        "kind": str(kind),
        "invoice_number": request.POST.get("invoice_number", "").strip()[:60],
        "is_company": withdrawal_selectors.payee_of(request.tenant, request.user.pk).is_company,
        "typed": request.POST.get("amount", "")[:20],
        "key": new_id(),
        "tab": "circle",
    }
    return render(request, "storefront/withdraw.html", context)


@member_page("POST")
def withdraw(request: MemberRequest) -> HttpResponse:
    """Take the money out, once however often the button is pressed."""
    try:
        withdrawal = withdrawal_services.request(
            tenant=request.tenant,
            owner_id=request.user.pk,
            currency=request.tenant.currency,
            amount=parse_amount(request.POST.get("amount", ""), request.tenant.currency, field="amount"),
            acting_user=request.user,
            idempotency_key=request.POST.get("idempotency_key", "").strip() or str(new_id()),
            wallet=_wallet_kind(request),
            invoice_number=request.POST.get("invoice_number", ""),
            invoice=_invoice(request),
        )
    except BanyanError as error:
        return _refused(request, error)
    if withdrawal.state == withdrawal.State.AWAITING_APPROVAL:
        messages.success(request, _("Your withdrawal waits for approval. We will tell you."))
    else:
        messages.success(request, _("Your money is on its way."))
    return redirect("wallet")


@member_page("POST")
def open_account(request: MemberRequest) -> HttpResponse:
    """Open the member's account at the payment service; its data are completed there."""
    member_services.ensure_member(user=request.user)
    owner = AccountOwner(
        PayoutAccount.OwnerKind.MEMBER,
        request.user.pk,
        request.tenant.id,
        withdrawal_selectors.payee_of(request.tenant, request.user.pk).name,
        request.user.email,
    )
    try:
        payout_accounts.open_chosen(request, owner, request.user)
    except BanyanError as error:
        return _refused(request, error)
    except CallError:
        return _out_of_reach(request)
    return redirect("wallet")


@member_page("GET")
def complete_account(request: MemberRequest) -> HttpResponse:
    """Send the member to the payment service's page; it sends them here again when its link has run out."""
    account = payout_account_services.account_of("member", request.user.pk, request.tenant.id)
    if account is None:
        return redirect("wallet")
    try:
        link = payout_account_services.onboarding_link(
            account=account,
            refresh_url=request.build_absolute_uri(),
            return_url=request.build_absolute_uri("../return/"),
        )
    except BanyanError as error:
        return _refused(request, error)
    except CallError:
        return _out_of_reach(request)
    return redirect(link)


@member_page("GET")
def account_returned(request: MemberRequest) -> HttpResponse:
    """The member comes back from the payment service: see at once how the account stands."""
    account = payout_account_services.account_of("member", request.user.pk, request.tenant.id)
    if account is not None:
        try:
            payout_account_services.refresh(account=account)
        except CallError:
            return _out_of_reach(request)
    return redirect("wallet")


@member_page("GET")
def invoice(request: MemberRequest, withdrawal_id: UUID) -> FileResponse:
    """Send the file of an invoice to whoever wrote it."""
    own = Withdrawal.objects.filter(tenant_id=request.tenant.id, owner_id=request.user.pk)
    answer = invoice_files.answer(own, withdrawal_id)
    if answer is None:
        raise Http404
    return answer


def _invoice(request: MemberRequest) -> invoices.Paper | None:
    """Return the invoice's file, checked; a company cannot leave it out."""
    sent = request.FILES.get("invoice_file")
    if sent is not None:
        return invoices.checked(sent)
    named = request.POST.get("invoice_number", "").strip()
    if named and withdrawal_selectors.payee_of(request.tenant, request.user.pk).is_company:
        raise InvalidInput(
            _("the invoice's file is missing"),
            field="invoice_file",
            remedy=_("send a PDF, OFD, JPEG or PNG of at most 8 MB"),
        )
    return None


def _wallet_kind(request: MemberRequest) -> AccountKind:
    kind = request.POST.get("wallet", "") or str(WALLETS[0])
    if kind not in WALLETS:
        raise BadRequest(kind)
    return AccountKind(kind)


def _refused(request: MemberRequest, error: BanyanError) -> HttpResponse:
    logger.info("a wallet's wish was refused", extra={"code": error.code, "field": error.field})
    messages.error(request, error.text)
    return redirect("wallet")


def _out_of_reach(request: MemberRequest) -> HttpResponse:
    messages.error(request, _("The payment service is out of reach. Please try again in a minute."))
    return redirect("wallet")
