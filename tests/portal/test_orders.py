"""The portal through its pages: what a supplier's person sees and does, and what nobody else may."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts import roles
from catalog.models import Licence, Stock, Supplier
from fulfilment.models import Shipment, SupplierOrder
from kernel import clock
from kernel.models import AuditEntry, Event
from tests.support.build import make_product, make_supplier, make_user
from tests.support.supplier_orders import make_supplier_order, make_supplier_user, portal, two_suppliers

PARCEL = {"carrier": "SF", "tracking_number": "SF1"}


def _file(text: str) -> dict[str, SimpleUploadedFile]:
    return {"file": SimpleUploadedFile("numbers.csv", text.encode(), "text/csv")}


def test_signing_in_with_the_right_password_leads_to_where_one_wanted_to_go(db: None) -> None:
    supplier = make_supplier()
    order = make_supplier_order(supplier)
    make_supplier_user(supplier, "farmer@example.test")
    browser = portal()
    redirected = browser.get(f"/portal/orders/{order.pk}/")
    assert redirected.status_code == 302
    wrong = browser.post(redirected["Location"], {"username": "farmer@example.test", "password": "wrong"})
    assert wrong.status_code == 422
    right = browser.post(
        redirected["Location"], {"username": "Farmer@example.test", "password": "secret-pass-1"}
    )
    assert right["Location"] == f"/portal/orders/{order.pk}/"
    assert browser.get(right["Location"]).status_code == 200
    assert AuditEntry.objects.filter(action="signed_in").count() == 1


def test_signing_in_never_leads_to_another_site(db: None) -> None:
    make_supplier_user(make_supplier(), "farmer@example.test")
    answer = portal().post(
        "/portal/sign-in/?next=https://evil.example/",
        {"username": "farmer@example.test", "password": "secret-pass-1"},
    )
    assert answer["Location"] == "/portal/"


def test_ten_wrong_passwords_lock_the_account_even_for_the_right_one(db: None) -> None:
    make_supplier_user(make_supplier(), "farmer@example.test")
    browser = portal()
    for _try in range(10):
        browser.post("/portal/sign-in/", {"username": "farmer@example.test", "password": "wrong"})
    answer = browser.post(
        "/portal/sign-in/", {"username": "farmer@example.test", "password": "secret-pass-1"}
    )
    assert answer.status_code == 422
    assert b"Too many tries" in answer.content


@pytest.mark.parametrize("role", [roles.MEMBER, roles.CENTRAL_ADMIN])
def test_others_learn_that_the_portal_is_not_theirs(db: None, role: str) -> None:
    user = make_user("else@example.test", role)
    assert portal(user).get("/portal/").status_code == 403
    answer = portal().post("/portal/sign-in/", {"username": user.email, "password": "secret-pass-1"})
    assert answer.status_code == 422


def test_the_portal_is_not_on_a_shops_host(db: None) -> None:
    browser = Client(headers={"host": "nobody.localhost"})
    assert browser.get("/portal/").status_code == 404


def test_the_list_shows_what_waits_and_counts_the_rest(db: None) -> None:
    supplier = make_supplier()
    orders = [make_supplier_order(supplier, f"N{number}") for number in range(3)]
    browser = portal(make_supplier_user(supplier))
    browser.post(f"/portal/orders/{orders[0].pk}/ship/", PARCEL, follow=True)
    page = browser.get("/portal/").content.decode()
    assert orders[0].number not in page
    assert orders[1].number in page
    assert "To ship <b>2</b>" in page
    shipped = browser.get("/portal/?state=shipped").content.decode()
    assert orders[0].number in shipped
    assert "SF SF1" in shipped
    assert orders[2].number in browser.get(f"/portal/?q={orders[2].number}").content.decode()


def test_licences_that_end_or_are_missing_are_said_above_the_orders(db: None) -> None:
    supplier, other = two_suppliers()
    Supplier.objects.filter(pk=supplier.pk).update(required_licences=["brand"])
    for kind, days in (("food", -3), ("alcohol", 20), ("import", 200)):
        Licence.objects.create(
            supplier=supplier, kind=kind, number=kind, expires_on=clock.today() + timedelta(days=days)
        )
    page = portal(make_supplier_user(supplier)).get("/portal/").content.decode()
    assert "right to the brand: not recorded" in page
    assert f"food permit: ended on {clock.today() - timedelta(days=3)}" in page
    assert f"alcohol permit: ends on {clock.today() + timedelta(days=20)}" in page
    assert "import papers" not in page
    others = portal(make_supplier_user(other, "other@example.test")).get("/portal/").content.decode()
    assert "permit" not in others


def test_a_longer_list_needs_no_more_queries(
    db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    supplier = make_supplier()
    browser = portal(make_supplier_user(supplier))
    for length in (2, 12):
        for _number in range(length):
            make_supplier_order(supplier)
        with django_assert_num_queries(12):
            browser.get("/portal/")


def test_shipping_by_hand(db: None) -> None:
    supplier = make_supplier()
    order = make_supplier_order(supplier)
    user = make_supplier_user(supplier)
    browser = portal(user)
    page = browser.get(f"/portal/orders/{order.pk}/").content.decode()
    assert "文三路 90 号" in page
    assert "Noodles" in page
    empty = browser.post(f"/portal/orders/{order.pk}/ship/", {"carrier": "SF", "tracking_number": ""})
    assert empty.status_code == 422
    done = browser.post(f"/portal/orders/{order.pk}/ship/", PARCEL, follow=True)
    assert "SF1" in done.content.decode()
    order.refresh_from_db()
    assert order.state == SupplierOrder.State.SHIPPED
    entry = AuditEntry.objects.get(action="supplier_order.shipped")
    assert (entry.actor_id, entry.object_id) == (user.pk, str(order.pk))


def test_a_cancelled_order_cannot_be_shipped(db: None) -> None:
    supplier = make_supplier()
    order = make_supplier_order(supplier)
    SupplierOrder.objects.update(state=SupplierOrder.State.CANCELLED)
    answer = portal(make_supplier_user(supplier)).post(f"/portal/orders/{order.pk}/ship/", PARCEL)
    assert answer.status_code == 422
    assert not Shipment.objects.exists()


DENIALS: dict[str, Callable[[Client, SupplierOrder], int]] = {
    "look": lambda browser, order: browser.get(f"/portal/orders/{order.pk}/").status_code,
    "ship": lambda browser, order: browser.post(f"/portal/orders/{order.pk}/ship/", PARCEL).status_code,
}


@pytest.mark.parametrize("attempt", DENIALS.values(), ids=DENIALS)
def test_another_suppliers_order_is_unknown_and_stays_as_it_is(
    db: None, attempt: Callable[[Client, SupplierOrder], int]
) -> None:
    farm, mill = two_suppliers()
    theirs = make_supplier_order(mill)
    assert attempt(portal(make_supplier_user(farm)), theirs) == 404
    theirs.refresh_from_db()
    assert theirs.state == SupplierOrder.State.TO_SHIP
    assert not Shipment.objects.exists()
    assert not Event.objects.exists()


def test_lists_and_files_hold_nothing_of_another_supplier(db: None) -> None:
    farm, mill = two_suppliers()
    own, theirs = make_supplier_order(farm), make_supplier_order(mill, name="Secret Person")
    browser = portal(make_supplier_user(farm))
    for path in ("/portal/", f"/portal/?q={theirs.number}", "/portal/orders.csv", "/portal/import/"):
        page = browser.get(path).content.decode()
        assert "Secret Person" not in page
        assert str(theirs.pk) not in page
    assert theirs.number not in browser.get("/portal/orders.csv").content.decode()
    assert own.number in browser.get("/portal/orders.csv").content.decode()
    answer = browser.post(
        "/portal/import/", _file(f"number,carrier,tracking_number\n{theirs.number},SF,SF1\n")
    )
    assert "none of your orders has this number" in answer.content.decode()
    assert not Shipment.objects.exists()


def test_forms_are_guarded_against_other_sites(db: None) -> None:
    supplier = make_supplier()
    order = make_supplier_order(supplier)
    browser = Client(enforce_csrf_checks=True, headers={"host": "localhost"})
    browser.force_login(make_supplier_user(supplier), backend="accounts.backends.RoleBackend")
    assert browser.post(f"/portal/orders/{order.pk}/ship/", PARCEL).status_code == 403
    assert browser.post("/portal/import/", _file("number,carrier,tracking_number\n")).status_code == 403
    assert browser.get(f"/portal/orders/{order.pk}/ship/").status_code == 405
    assert not Shipment.objects.exists()


def test_pages_stay_out_of_caches_and_carry_no_inline_code(db: None) -> None:
    supplier = make_supplier()
    order = make_supplier_order(supplier)
    browser = portal(make_supplier_user(supplier))
    for path in (
        "/portal/",
        f"/portal/orders/{order.pk}/",
        "/portal/import/",
        "/portal/goods/",
        "/portal/password/",
    ):
        answer = browser.get(path, follow=True)
        page = answer.content.decode()
        assert "no-store" in answer["Cache-Control"]
        assert "style=" not in page
        assert "<script" not in page.replace('<script src="/static/', ""), "scripts are files of our own"
        assert " onclick" not in page


def test_both_languages(db: None) -> None:
    supplier = make_supplier()
    make_supplier_order(supplier)
    browser = portal(make_supplier_user(supplier))
    assert "面条" in browser.get("/portal/", headers={"accept-language": "zh-CN"}).content.decode()
    browser.post("/portal/language/", {"language": "zh-hans", "next": "/portal/"})
    assert "待发货" in browser.get("/portal/").content.decode()


def test_signing_out(db: None) -> None:
    browser = portal(make_supplier_user(make_supplier()))
    browser.post("/portal/sign-out/")
    assert browser.get("/portal/").status_code == 302


def test_a_supplier_counts_its_own_stock(db: None) -> None:
    supplier = make_supplier()
    variant = make_product(supplier, "noodles", stock=5).variants.get()
    browser = portal(make_supplier_user(supplier))
    page = browser.get("/portal/goods/?q=NOODLES").content.decode()
    assert "Product noodles" in page
    assert 'value="5"' in page
    answer = browser.post(
        f"/portal/goods/{variant.pk}/stock/", {"available": "8", "next": "/portal/goods/?q=NOODLES"}
    )
    assert answer["Location"] == "/portal/goods/?q=NOODLES"
    assert Stock.objects.get(variant=variant).available == 8
    assert AuditEntry.objects.get(action="set_stock").changes == {"available": [5, 8]}


def test_stock_of_another_supplier_is_unknown_and_stays(db: None) -> None:
    farm, mill = two_suppliers()
    variant = make_product(mill, "flour", stock=5).variants.get()
    browser = portal(make_supplier_user(farm))
    assert "flour" not in browser.get("/portal/goods/").content.decode()
    assert browser.post(f"/portal/goods/{variant.pk}/stock/", {"available": "0"}).status_code == 404
    assert Stock.objects.get(variant=variant).available == 5


@pytest.mark.parametrize("available", ["-1", "many", "", "9" * 20])
@pytest.mark.slow
def test_stock_is_a_number_of_units(db: None, available: str) -> None:
    supplier = make_supplier()
    variant = make_product(supplier, stock=5).variants.get()
    browser = portal(make_supplier_user(supplier))
    browser.post(
        f"/portal/goods/{variant.pk}/stock/", {"available": available, "next": "https://evil.example/"}
    )
    assert Stock.objects.get(variant=variant).available == 5


def test_changing_ones_password(db: None) -> None:
    user = make_supplier_user(make_supplier())
    browser, elsewhere = portal(user), portal(user)
    passwords = {"new_password1": "quite-new-pass-2", "new_password2": "quite-new-pass-2"}
    assert browser.post("/portal/password/", {"old_password": "wrong", **passwords}).status_code == 422
    assert (
        browser.post("/portal/password/", {"old_password": "secret-pass-1", **passwords}).status_code == 302
    )
    user.refresh_from_db()
    assert user.check_password("quite-new-pass-2")
    assert browser.get("/portal/").status_code == 200
    assert elsewhere.get("/portal/").status_code == 302
