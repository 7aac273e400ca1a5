"""What a browser never sends and an attacker does."""

import pytest

from fulfilment.cases import services as case_services
from fulfilment.cases.services import Author
from fulfilment.directory import services as directory_services
from fulfilment.models import Case
from kernel.errors import Conflict
from kernel.ids import new_id
from tests.fulfilment.test_vouchers import _redeem, _sell
from tests.support.build import make_supplier
from tests.support.questions import press_and_confirm
from tests.support.supplier_orders import make_supplier_order, make_supplier_user, portal

MEMBER = Author("member", "Carol", "carol")
FIELDS = ("text", "name", "phone", "region", "address", "carrier", "tracking_number")


def _case(supplier) -> Case:
    return case_services.open_case(
        supplier_order_id=make_supplier_order(supplier).pk,
        author=MEMBER,
        member_id=new_id(),
        wish="refund",
        text="Broken",
    )


def test_a_nul_in_a_search_breaks_nothing(db: None) -> None:
    supplier = make_supplier()
    browser = portal(make_supplier_user(supplier))
    directory_services.save_card(name="Farm", about="", contact="1", is_open=True, supplier=supplier)
    for path in ("/portal/?q=%00", "/portal/directory/?q=%00", "/portal/vouchers/?code=%00"):
        assert browser.get(path).status_code == 400


@pytest.mark.parametrize("do", ["say", "refund", "agree_return", "record_replacement", "refuse"])
def test_a_nul_in_any_field_of_a_case_breaks_nothing(db: None, do: str) -> None:
    supplier = make_supplier()
    case, browser = _case(supplier), portal(make_supplier_user(supplier))
    words = dict.fromkeys(FIELDS, "a\x00b")
    answer = browser.post(f"/portal/cases/{case.pk}/act/", {"do": do, "amount": "", **words})
    assert answer.status_code == 400
    assert case.messages.count() == 1


def test_a_button_pressed_on_an_old_page_does_nothing(db: None) -> None:
    supplier = make_supplier()
    case, browser = _case(supplier), portal(make_supplier_user(supplier))
    press_and_confirm(
        browser, f"/portal/cases/{case.pk}/act/", {"do": "refuse", "text": "No", "step": case.step}
    )
    browser.post(f"/portal/cases/{case.pk}/act/", {"do": "refund", "text": "", "step": case.step})
    case.refresh_from_db()
    assert case.state == Case.State.MEMBER


def test_one_form_redeems_one_voucher(db: None) -> None:
    order = _sell(make_supplier(), quantity=2)
    first, second = [voucher for line in order.lines.all() for voucher in line.vouchers.all()]
    _redeem(first, key="form")
    assert _redeem(first, key="form").voucher_id == first.pk
    with pytest.raises(Conflict):
        _redeem(second, key="form")
    second.refresh_from_db()
    assert second.redeemed == 0


def test_codes_written_down_count_once_in_whatever_order_they_come_again(db: None) -> None:
    supplier = make_supplier()
    order = _sell(supplier, quantity=2)
    first, second = [voucher for line in order.lines.all() for voucher in line.vouchers.all()]
    browser, key = portal(make_supplier_user(supplier)), str(new_id())
    for codes in ([first.code, first.code, second.code], [second.spaced, first.code.lower(), first.code]):
        answer = browser.post("/portal/vouchers/offline/", {"codes": "\n".join(codes), "key": key})
        assert answer.status_code == 200
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.redeemed, second.redeemed) == (2, 1)


def test_a_console_s_sign_in_refuses_a_supplier_s_person(db: None) -> None:
    user = make_supplier_user(make_supplier())
    user.set_password("long-enough-2026")
    user.save()
    browser = portal()
    browser.post("/console/login/", {"username": user.email, "password": "long-enough-2026"})
    assert "_auth_user_id" not in browser.session
