"""What is asked before a button on a case's page moves money, or hands over or closes the case."""

from django.http import HttpRequest
from django.utils.translation import gettext as _

from components.cases.actions import offered
from components.questions import Question
from fulfilment.models import Case, CaseMessage
from kernel.errors import BanyanError
from kernel.money.money import parse_amount
from tenants.shop.refunds import after_sales

Side, Wish = CaseMessage.Side, Case.Wish


def question_of(request: HttpRequest, case: Case, side: str, back: str) -> Question | None:
    """Return what to ask before the pressed button does its work; None where it can be undone or is wrong."""
    pressed = request.POST.get("do", "")
    if pressed not in offered(case, side) or request.POST.get("step", str(case.step)) != str(case.step):
        return None  # the command says why not
    is_back = pressed == "confirm_return" and case.wish != Wish.EXCHANGE
    if pressed == "refund" or is_back:
        return _about_money(request, case, side, back)
    button, fact = {
        "refuse": (
            _("Refuse"),
            _("The central team's answer is final.")
            if side == Side.CENTRAL
            else _("The member reads why, and may ask for another decision."),
        ),
        "escalate": (
            _("Ask for a decision"),
            _("The case leaves whoever has it now; it cannot be called back."),
        ),
        "withdraw": (_("It is resolved"), _("The case is closed; it cannot be opened again.")),
        "confirm_return": (_("The goods are back"), _("A replacement has to be sent then.")),
        "agree_return": (
            _("Agree to the return"),
            _("The member sends the goods back; once they are here, the money goes back."),
        ),
    }.get(pressed, ("", ""))
    if not button:
        return None
    return Question(title=f"{button}?", facts=[fact], button=button, back=back)


def _about_money(request: HttpRequest, case: Case, side: str, back: str) -> Question | None:
    currency, typed = case.supplier_order.currency, request.POST.get("amount", "").strip()
    try:
        amount = parse_amount(typed, currency) if typed else after_sales.amount_of_case(case)
    except BanyanError:
        return None  # the command says what is wrong
    facts = [_("The money leaves at once and cannot be called back.")]
    if not typed:
        facts.insert(0, _("That is all that was paid for these goods and is left of it."))
    if side == Side.SUPPLIER:
        facts.append(_("Your part of it is taken off what you are owed."))
    return Question(
        title=_("Give this back to the member?"),
        amount=amount,
        currency=currency,
        facts=facts,
        button=_("Give it back"),
        back=back,
    )
