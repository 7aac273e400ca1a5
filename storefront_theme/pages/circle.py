"""What a member does about their circle: tasks, what others may take along, following, asking why."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from components.questions import Question
from kernel import clock
from kernel.errors import BanyanError, NotFound
from storefront_theme.pages import pay
from storefront_theme.pages.sharing import share_address
from storefront_theme.requests import MemberRequest, asks, member_page, press
from tenants.agents.bindings import services as binding_services
from tenants.agents.circle_transfers import selectors as circle_transfer_selectors
from tenants.agents.circle_transfers import services as circle_transfer_services
from tenants.agents.circles import selectors as circle_selectors
from tenants.agents.deposits import selectors as deposit_selectors
from tenants.agents.deposits import services as deposit_services
from tenants.agents.earnings import selectors as earning_selectors
from tenants.agents.member_tasks import services as member_task_services
from tenants.agents.members import selectors as member_selectors
from tenants.agents.members import services as member_services
from tenants.agents.members.models import Member


@member_page("GET")
def earning(request: MemberRequest, earning_id: UUID) -> HttpResponse:
    """Answer "why did I get this?": the sentence, the order and what became of it."""
    story = earning_selectors.story_of(request.user, earning_id)
    return render(request, "storefront/earning_story.html", {"story": story, "tab": "circle"})


@member_page("POST")
def task(request: MemberRequest, task_id: UUID) -> HttpResponse:
    """Say that a task is done; an operator confirms it."""
    member = member_services.ensure_member(user=request.user)
    member_task_services.report(member=member, task_id=task_id, note=request.POST.get("note", ""))
    messages.success(request, _("Thank you. The shop will confirm it."))
    return redirect("circle")


@member_page("POST")
def agree(request: MemberRequest) -> HttpResponse:
    """Say what the one who brought this member may take along to another shop."""
    member = member_services.ensure_member(user=request.user)
    consents = [name for name in circle_transfer_selectors.CONSENTS if name in request.POST]
    press(request, lambda: circle_transfer_services.agree(member=member, consents=consents), _("Saved."))
    return redirect("circle")


@member_page("GET")
def export(request: MemberRequest, kind: str) -> HttpResponse:
    """Hand the member their circle, with what each fan agreed to, as CSV or JSON."""
    rows = circle_transfer_selectors.contacts(member_services.ensure_member(user=request.user))
    if kind == "csv":
        # Excel reads UTF-8 only with the mark in front.
        response = HttpResponse(
            "\ufeff" + circle_transfer_selectors.as_csv(rows), content_type="text/csv; charset=utf-8"
        )
    else:
        fans = [{name: getattr(row, name) for name in row.__slots__} for row in rows]
        response = JsonResponse(
            {"exported_at": clock.now().isoformat(), "shop": request.tenant.name, "fans": fans},
            json_dumps_params={"ensure_ascii": False, "indent": 2},
        )
    response["Content-Disposition"] = f'attachment; filename="my-circle.{kind}"'
    return response


def _ask_transfer(request: MemberRequest) -> Question | None:
    if "withdraw" in request.POST:
        return None  # nobody else is told, and the offer can be made again
    circle = circle_selectors.circle_of(request.user)
    return Question(
        title=_("Ask your fans to follow you to %(host)s?") % {"host": request.POST.get("host", "")[:253]},
        facts=[
            _("Fans who are asked to follow you: %(n)d") % {"n": circle.invited_to_follow},
            _("They are told at once, and that cannot be taken back."),
        ],
        button=_("Ask my fans to follow me"),
        back=reverse("circle"),
    )


@member_page("POST")
@asks(_ask_transfer)
def transfer(request: MemberRequest) -> HttpResponse:
    """Offer one's circle to follow to another shop, or take the offer back."""
    member = member_services.ensure_member(user=request.user)
    if "withdraw" in request.POST:
        circle_transfer_services.withdraw(owner=member)
        messages.success(request, _("Nobody is asked to follow any more."))
        return redirect("circle")
    try:
        count = circle_transfer_services.offer(owner=member, host=request.POST.get("host", "")[:253])
        messages.success(request, _("Fans who are asked to follow you: %(n)d") % {"n": count})
    except BanyanError as error:
        messages.error(request, error.text)
    return redirect("circle")


@member_page("GET", "POST")
def follow(request: MemberRequest) -> HttpResponse:
    """Follow a friend to this shop: shown first, done only when the fan says so."""
    text = request.POST.get("invitation") or request.GET.get("invitation", "")
    try:
        invitation = circle_transfer_selectors.read_invitation(text)
        if request.method == "POST":
            circle_transfer_services.accept(user=request.user, text=text)
            messages.success(request, _("Welcome! You now belong to the circle of your friend."))
            return redirect("circle")
        owner = circle_transfer_selectors.owner_of(invitation)
        fault = (
            "" if invitation.fan == request.user.email else _("this invitation was written to somebody else")
        )
    except NotFound:
        raise
    except BanyanError as error:
        messages.error(request, error.text)
        return redirect("circle")
    if owner is None:
        raise Http404
    context = {
        "invitation": text,
        "owner": member_selectors.masked_name(owner.user),
        "fault": fault,
        "tab": "circle",
    }
    return render(request, "storefront/follow.html", context)


@member_page("GET")
def circle(request: MemberRequest) -> HttpResponse:
    """Show the member's fans, and each earning with its amount, order, state and reason."""
    member_services.ensure_member(user=request.user)
    member_circle = circle_selectors.circle_of(request.user)
    context = {"circle": member_circle, "share_url": share_address(request), "tab": "circle"}
    return render(request, "storefront/circle.html", context)


def _ask_deposit(request: MemberRequest) -> Question | None:
    member = member_services.ensure_member(user=request.user)
    deposit = deposit_selectors.deposit_of(member)
    if "return" not in request.POST or deposit is None or deposit.state != Member.DepositState.HELD:
        return None  # paying it is asked on the payment's own page
    return Question(
        title=_("Have your deposit returned?"),
        amount=deposit.amount,
        currency=deposit.currency,
        facts=[_("You are no longer a member from that moment on, and pay the ordinary price.")],
        button=_("Return my deposit"),
        back=reverse("circle"),
    )


@member_page("POST")
@asks(_ask_deposit)
def deposit(request: MemberRequest) -> HttpResponse:
    """Pay the deposit that the shop's rules ask, or have it returned."""
    member_services.ensure_member(user=request.user)
    try:
        if "return" in request.POST:
            deposit_services.return_on_request(user=request.user)
            messages.success(request, _("Your deposit is on its way back to you."))
        else:
            payment = deposit_services.open_deposit(user=request.user)
            return pay.begin(request, payment.id)
    except BanyanError as error:
        messages.error(request, str(error.message))
    return redirect("circle")


def _ask_invitation(request: MemberRequest) -> Question | None:
    return Question(
        title=_("Join the circle of the code %(code)s?")
        % {"code": request.POST.get("code", "")[:20].upper()},
        facts=[_("You belong to one circle, and cannot change to another one yourself.")],
        button=_("Join my friend's circle"),
        back=reverse("circle"),
    )


@member_page("POST")
@asks(_ask_invitation)
def invitation(request: MemberRequest) -> HttpResponse:
    """Become the fan of whoever's code is entered."""
    member = member_services.ensure_member(user=request.user)
    if binding_services.bind(member=member, code=request.POST.get("code", "")[:20], how="code"):
        messages.success(request, _("Welcome! You now belong to the circle of your friend."))
    else:
        messages.error(request, _("This code cannot be used. Ask your friend for another one."))
    return redirect("circle")
