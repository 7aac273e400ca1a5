"""After-sales: every way through a case, its deadlines, and who may see and do what."""

import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from PIL import Image
from time_machine import travel

from accounts import roles
from accounts.models import User
from fulfilment.cases import services as case_services
from fulfilment.cases.services import Author
from fulfilment.models import Case, CaseMessage, CasePicture, SupplierOrder
from fulfilment.orders import services as supplier_order_services
from kernel import clock
from kernel.errors import Conflict, InvalidInput
from kernel.events import outbox
from kernel.ids import new_id
from kernel.models import Event
from kernel.tenancy import in_public, in_tenant
from tests.support.build import make_supplier, make_tenant, make_user
from tests.support.questions import press_and_confirm
from tests.support.refused import refused_by
from tests.support.supplier_orders import ADDRESS, make_supplier_order, make_supplier_user, portal

State, Wish, Outcome = Case.State, Case.Wish, Case.Outcome
MEMBER = Author("member", "Lin", "lin")
SUPPLIER = Author("supplier", "The farm", "farm")
TENANT, CENTRAL = Author("tenant", "Alice's shop", "alice"), Author("central", "Central team", "dana")
PARCEL = {"carrier": "SF", "tracking_number": "SF9"}


def _picture(width: int = 40, kind: str = "PNG") -> SimpleUploadedFile:
    written = io.BytesIO()
    Image.new("RGB", (width, 30), "red").save(written, kind)
    return SimpleUploadedFile("broken.png", written.getvalue())


def _sent() -> SupplierOrder:
    with transaction.atomic():
        order = make_supplier_order(make_supplier())
    supplier_order_services.ship(supplier_order_id=order.pk, acting_user="test", **PARCEL)
    order.refresh_from_db()
    return order


def _case(wish: str = Wish.RETURN, order: SupplierOrder | None = None) -> Case:
    return case_services.open_case(
        supplier_order_id=(order or _sent()).pk,
        author=MEMBER,
        member_id=new_id(),
        wish=wish,
        text="It is broken.",
    )


def _state(case: Case) -> tuple[str, str]:
    case.refresh_from_db()
    return case.state, case.outcome


def _refunds() -> list[dict[str, object]]:
    return [event.payload for event in Event.objects.filter(topic="case.refund").order_by("id")]


def _pass(time: timedelta) -> None:
    with travel(clock.now() + time, tick=False):
        outbox.relay()


def test_a_return_goes_back_and_is_refunded_once(db: None) -> None:
    case = _case()
    case_services.agree_return(case_id=case.pk, author=SUPPLIER, return_to=ADDRESS)
    for _again in range(2):
        case_services.record_return(case_id=case.pk, author=MEMBER, **PARCEL)
    case_services.confirm_return(case_id=case.pk, author=SUPPLIER)
    with pytest.raises(Conflict):
        case_services.confirm_return(case_id=case.pk, author=SUPPLIER)
    (line,) = case.supplier_order.lines.all()
    (refund,) = _refunds()
    assert (refund["units"], refund["amount"], line.refunding) == (
        [[str(line.variant_id), 2]],
        None,
        0,  # they were sent, and came back
    )
    for _again in range(2):
        case_services.mark_refunded(case_id=case.pk, order_id=case.order_id)
    assert _state(case) == (State.CLOSED, Outcome.REFUNDED)
    events = list(case.messages.values_list("event", flat=True))
    assert events == ["opened", "return_agreed", "sent_back", "refund_agreed", "refunded"]


def test_an_exchange_ends_with_other_goods(db: None) -> None:
    case = _case(Wish.EXCHANGE)
    case_services.agree_return(case_id=case.pk, author=SUPPLIER, return_to=ADDRESS)
    case_services.record_return(case_id=case.pk, author=MEMBER, **PARCEL)
    case_services.confirm_return(case_id=case.pk, author=SUPPLIER)
    assert _state(case) == (State.TO_REPLACE, "")
    for _again in range(2):
        case_services.record_replacement(case_id=case.pk, author=SUPPLIER, **PARCEL)
    assert _state(case) == (State.CLOSED, Outcome.EXCHANGED)
    assert _refunds() == []


def test_money_for_goods_not_sent_stops_them(db: None) -> None:
    case = _case(Wish.REFUND, make_supplier_order(make_supplier()))
    case_services.offer_refund(case_id=case.pk, author=SUPPLIER)
    (line,) = case.supplier_order.lines.all()
    assert (line.refunding, line.waiting) == (2, 0)


def test_a_part_of_the_price_stops_nothing(db: None) -> None:
    case = _case(Wish.REFUND, make_supplier_order(make_supplier()))
    case_services.offer_refund(case_id=case.pk, author=SUPPLIER, amount=1_500)
    (line,) = case.supplier_order.lines.all()
    (refund,) = _refunds()
    assert (refund["amount"], line.refunding, line.waiting) == (1_500, 0, 2)


def test_turns_and_a_second_case(db: None) -> None:
    order = _sent()
    case = _case(Wish.QUESTION, order)
    with pytest.raises(Conflict) as caught:
        _case(order=order)
    assert caught.value.code == "case_open"
    case_services.add_message(case_id=case.pk, author=SUPPLIER, text="Which one?")
    assert _state(case)[0] == State.MEMBER
    case_services.add_message(case_id=case.pk, author=MEMBER, text="The red one.")
    assert _state(case)[0] == State.SUPPLIER
    case_services.withdraw(case_id=case.pk, author=MEMBER)
    assert _state(case) == (State.CLOSED, Outcome.ANSWERED)
    with pytest.raises(Conflict):
        case_services.add_message(case_id=case.pk, author=MEMBER, text="One more thing")
    assert _case(order=order).number.endswith("-2")


def test_a_refusal_can_be_taken_to_the_shop_and_then_to_the_central_team(db: None) -> None:
    case = _case(Wish.REFUND)
    case_services.refuse(case_id=case.pk, author=SUPPLIER, text="It was used.")
    case_services.escalate(case_id=case.pk, author=MEMBER, text="It was not.")
    assert _state(case)[0] == State.TENANT
    with pytest.raises(Conflict):
        case_services.offer_refund(case_id=case.pk, author=SUPPLIER)
    with pytest.raises(Conflict):
        case_services.refuse(case_id=case.pk, author=MEMBER, text="no")
    case_services.refuse(case_id=case.pk, author=TENANT, text="We agree with the supplier.")
    case_services.escalate(case_id=case.pk, author=MEMBER)
    assert _state(case)[0] == State.CENTRAL
    with pytest.raises(Conflict):
        case_services.offer_refund(case_id=case.pk, author=TENANT)
    case_services.offer_refund(case_id=case.pk, author=CENTRAL, amount=2_000)
    assert _state(case)[0] == State.REFUNDING


def test_the_central_teams_no_is_the_last(db: None) -> None:
    case = _case(Wish.REFUND)
    for author, text in ((TENANT, "no"), (None, "")):
        case_services.escalate(case_id=case.pk, author=MEMBER, text=text)
        if author:
            case_services.refuse(case_id=case.pk, author=author, text=text)
    case_services.refuse(case_id=case.pk, author=CENTRAL, text="No.")
    assert _state(case) == (State.CLOSED, Outcome.REFUSED)


def test_who_is_silent_is_passed_over(own_database: str) -> None:
    case = _case(Wish.REFUND)
    _pass(timedelta(hours=47))
    assert _state(case)[0] == State.SUPPLIER
    _pass(timedelta(hours=49))
    assert _state(case)[0] == State.TENANT
    _pass(timedelta(hours=49 + 73))
    assert _state(case)[0] == State.CENTRAL
    assert list(case.messages.values_list("event", flat=True)) == ["opened", "supplier_silent", "shop_silent"]


def test_an_old_deadline_does_nothing(own_database: str) -> None:
    case = _case()
    case_services.add_message(case_id=case.pk, author=SUPPLIER, text="Which one?")
    _pass(timedelta(hours=49))
    assert _state(case)[0] == State.MEMBER
    _pass(timedelta(days=8))
    assert _state(case) == (State.CLOSED, Outcome.ANSWERED)


def test_returned_goods_nobody_looks_at_count_as_taken_back(own_database: str) -> None:
    case = _case()
    case_services.agree_return(case_id=case.pk, author=SUPPLIER, return_to=ADDRESS)
    case_services.record_return(case_id=case.pk, author=MEMBER, **PARCEL)
    _pass(timedelta(days=10, minutes=1))
    assert _state(case)[0] == State.REFUNDING
    assert len(_refunds()) == 1


def test_goods_are_not_received_by_the_clock_while_people_talk_about_them(own_database: str) -> None:
    order = _sent()
    case = _case(Wish.QUESTION, order)
    for _round in range(3):
        case_services.add_message(case_id=case.pk, author=SUPPLIER, text="?")
        case_services.add_message(case_id=case.pk, author=MEMBER, text="!")
    Event.objects.filter(topic="case.deadline").delete()
    _pass(timedelta(days=10, minutes=1))
    order.refresh_from_db()
    assert order.state == SupplierOrder.State.SHIPPED
    case_services.withdraw(case_id=case.pk, author=MEMBER)
    _pass(timedelta(days=21, minutes=2))
    order.refresh_from_db()
    assert order.state == SupplierOrder.State.RECEIVED


@pytest.mark.parametrize(
    "fault", [{"text": " "}, {"text": "x" * 2001}, {"wish": "war"}, {"units": {new_id(): 1}}]
)
def test_bad_input_opens_nothing(db: None, fault: dict[str, object]) -> None:
    request = {"wish": Wish.REFUND, "text": "Broken", **fault}
    with pytest.raises(InvalidInput):
        case_services.open_case(supplier_order_id=_sent().pk, author=MEMBER, member_id=new_id(), **request)
    assert not Case.objects.exists()


def test_pictures_are_drawn_anew_and_other_files_refused(db: None) -> None:
    case = _case()
    case_services.add_message(case_id=case.pk, author=MEMBER, text="Look", pictures=[_picture(4000, "JPEG")])
    client = portal(make_supplier_user(case.supplier))
    picture = CasePicture.objects.get()
    answer = client.get(f"/portal/cases/{case.pk}/pictures/{picture.pk}.webp")
    drawn = Image.open(io.BytesIO(answer.content))
    assert (drawn.format, drawn.width) == ("WEBP", 1600)
    with pytest.raises(InvalidInput):
        case_services.add_message(
            case_id=case.pk,
            author=MEMBER,
            text="x",
            pictures=[SimpleUploadedFile("a.png", b"<svg onload=1>")],
        )
    assert case.messages.count() == 2
    assert Path(picture.path).parts[0] == "cases"


def test_a_thread_cannot_be_rewritten(db: None) -> None:
    _case()
    with refused_by("kernel.append_only"):
        CaseMessage.objects.update(text="Never mind")


def test_the_supplier_answers_in_the_portal(db: None) -> None:
    case = _case(Wish.REFUND)
    client = portal(make_supplier_user(case.supplier))
    assert case.number in client.get("/portal/cases/").content.decode()
    assert "It is broken." in client.get(f"/portal/cases/{case.pk}/").content.decode()
    press_and_confirm(client, f"/portal/cases/{case.pk}/act/", {"do": "refund", "amount": "12.50"})
    assert _state(case)[0] == State.REFUNDING
    assert _refunds()[0]["amount"] == 1_250
    answer = client.post(f"/portal/cases/{case.pk}/act/", {"do": "explode"}, follow=True)
    assert "Choose what to do" in answer.content.decode()


def test_another_suppliers_case_is_unknown(db: None) -> None:
    case = _case()
    case_services.add_message(case_id=case.pk, author=MEMBER, text="Look", pictures=[_picture()])
    client = portal(make_supplier_user(make_supplier("mill")))
    picture = CasePicture.objects.get()
    for address in (f"/portal/cases/{case.pk}/", f"/portal/cases/{case.pk}/pictures/{picture.pk}.webp"):
        assert client.get(address).status_code == 404
    assert client.post(f"/portal/cases/{case.pk}/act/", {"do": "refund"}).status_code == 404
    assert _state(case)[0] == State.SUPPLIER


def test_whoever_has_to_decide_reads_it_on_their_first_page(db: None) -> None:
    tenant = make_tenant()
    chief = make_user("chief@central.test", roles.CENTRAL_ADMIN)
    with in_tenant(tenant):
        owner = make_user("owner@alice.test", roles.OWNER)

    def first_page(host: str, person: User) -> str:
        client = Client(headers={"host": host, "accept-language": "en"})
        with in_tenant(tenant) if host != "localhost" else in_public():
            client.force_login(person, backend="accounts.backends.RoleBackend")
        with in_public():
            return client.get("/console/").content.decode()

    case = _case(Wish.REFUND)
    Case.objects.filter(pk=case.pk).update(tenant_id=tenant.pk)
    assert "after-sales case waits" not in first_page("alice.localhost", owner)
    case_services.refuse(case_id=case.pk, author=SUPPLIER, text="It was used.")
    case_services.escalate(case_id=case.pk, author=MEMBER, text="It was not.")
    assert "1 after-sales case waits for your decision" in first_page("alice.localhost", owner)
    assert "after-sales case waits" not in first_page("localhost", chief)
    case_services.refuse(case_id=case.pk, author=TENANT, text="We agree with the supplier.")
    case_services.escalate(case_id=case.pk, author=MEMBER)
    assert "after-sales case waits" not in first_page("alice.localhost", owner)
    page = first_page("localhost", chief)
    assert "1 after-sales case waits for the central team" in page


@pytest.mark.parametrize("decision", ["refund", "agree_return", "refuse"])
def test_who_may_only_look_writes_in_a_case_and_decides_nothing(db: None, decision: str) -> None:
    tenant = make_tenant()
    with in_tenant(tenant):
        support = make_user("support@alice.test", roles.SUPPORT)
    case = _case(Wish.REFUND)
    Case.objects.filter(pk=case.pk).update(tenant_id=tenant.pk)
    case_services.refuse(case_id=case.pk, author=SUPPLIER, text="It was used.")
    case_services.escalate(case_id=case.pk, author=MEMBER, text="It was not.")
    client = Client(headers={"host": "alice.localhost", "accept-language": "en"})
    with in_tenant(tenant):
        client.force_login(support, backend="accounts.backends.RoleBackend")
    with in_public():
        page = client.get(f"/console/cases/{case.pk}/")
        assert 'value="refund"' not in page.content.decode()
        path = f"/console/cases/{case.pk}/"
        assert (
            client.post(path, {"do": decision, "text": "x", "amount": "1", "confirmed": "1"}).status_code
            == 403
        )
        assert client.post(path, {"do": "say", "text": "We look into it."}).status_code == 302
    assert _state(case)[0] == State.TENANT
