"""What a button on a case's page does: one table for the portal and the two consoles."""

from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from fulfilment.cases import services as case_services
from fulfilment.cases.services import Author
from fulfilment.models import Case, CaseMessage
from kernel.errors import Conflict, InvalidInput
from kernel.money.money import parse_amount

State, Side = Case.State, CaseMessage.Side


DECISIONS = {"refund", "agree_return", "refuse"}
CAN: dict[CaseMessage.Side, dict[Case.State, set[str]]] = {
    Side.SUPPLIER: {
        State.SUPPLIER: DECISIONS | {"record_replacement"},
        State.MEMBER: DECISIONS | {"record_replacement"},
        State.RETURNING: {"confirm_return", "refund", "refuse"},
        State.TO_REPLACE: {"record_replacement", "refund"},
    },
    Side.TENANT: {State.TENANT: DECISIONS},
    Side.CENTRAL: {State.TENANT: DECISIONS, State.CENTRAL: DECISIONS},
    Side.MEMBER: {
        State.SUPPLIER: {"escalate", "withdraw"},
        State.MEMBER: {"escalate", "withdraw"},
        State.TENANT: {"escalate", "withdraw"},
        State.CENTRAL: {"withdraw"},
        State.TO_RETURN: {"record_return", "withdraw"},
        State.RETURNING: {"escalate"},
        State.TO_REPLACE: {"escalate"},
    },
}


def pictures_of(request: HttpRequest) -> list[UploadedFile[Any]]:
    """Return the pictures that came with a form."""
    return [file for file in request.FILES.getlist("pictures") if isinstance(file, UploadedFile)]


def act(request: HttpRequest, case: Case, author: Author) -> None:
    """Do what the pressed button says. Raises BanyanError with the reason if that is not possible."""
    posted = request.POST
    text = posted.get("text", "")
    if posted.get("do") != "say" and posted.get("step", str(case.step)) != str(case.step):
        # A second click, or somebody else was faster: what was pressed was meant for what the page showed.
        raise Conflict(
            _("this case has moved on meanwhile"),
            field="step",
            remedy=_("look at what happened, then choose"),
            code="moved_on",
        )
    table: dict[str, Callable[[], Any]] = {
        "say": lambda: case_services.add_message(
            case_id=case.pk, author=author, text=text, pictures=pictures_of(request)
        ),
        "refund": lambda: case_services.offer_refund(
            case_id=case.pk, author=author, text=text, amount=_amount(case, posted.get("amount", ""))
        ),
        "agree_return": lambda: case_services.agree_return(
            case_id=case.pk,
            author=author,
            text=text,
            return_to={key: posted.get(key, "") for key in case_services.RETURN_FIELDS},
        ),
        "confirm_return": lambda: case_services.confirm_return(case_id=case.pk, author=author, text=text),
        "record_replacement": lambda: case_services.record_replacement(
            case_id=case.pk,
            author=author,
            carrier=posted.get("carrier", ""),
            tracking_number=posted.get("tracking_number", ""),
        ),
        "refuse": lambda: case_services.refuse(case_id=case.pk, author=author, text=text),
    }
    if author.side == Side.MEMBER:
        table = {
            "say": table["say"],
            "record_return": lambda: case_services.record_return(
                case_id=case.pk,
                author=author,
                carrier=posted.get("carrier", ""),
                tracking_number=posted.get("tracking_number", ""),
            ),
            "escalate": lambda: case_services.escalate(case_id=case.pk, author=author, text=text),
            "withdraw": lambda: case_services.withdraw(case_id=case.pk, author=author),
        }
    chosen = table.get(posted.get("do", ""))
    if chosen is None:
        raise InvalidInput(_("choose what to do"), field="do", value=posted.get("do", "")[:40])
    chosen()


def offered(case: Case, side: str) -> set[str]:
    """Return what this side can do now: the buttons of its page."""
    if case.state == State.CLOSED:
        return set()
    return {"say"} | CAN[Side(side)].get(State(case.state), set())


def _amount(case: Case, text: str) -> int | None:
    return parse_amount(text, case.supplier_order.currency) if text.strip() else None
