"""Suppliers and members find each other: nobody unasked, nobody's contact before both agreed."""

from datetime import timedelta

import pytest

from fulfilment.directory import selectors as directory_selectors
from fulfilment.directory import services as directory_services
from fulfilment.models import ContactRequest, DirectoryCard, Fair
from kernel import clock
from kernel.errors import Conflict, InvalidInput, NotFound
from kernel.ids import new_id
from tests.support.build import make_supplier
from tests.support.supplier_orders import make_supplier_user, portal

BOB = {"schema": "t_alice", "member_id": new_id()}


def _farm(is_open: bool = True) -> DirectoryCard:
    supplier = make_supplier()
    return directory_services.save_card(
        name="The farm", about="Rice", contact="farm-139", is_open=is_open, supplier=supplier
    )


def _bob(is_open: bool = True) -> DirectoryCard:
    return directory_services.save_card(
        name="Bob", about="300 fans", contact="bob-138", is_open=is_open, **BOB
    )


def test_a_closed_card_is_shown_to_nobody(db: None) -> None:
    farm, bob = _farm(), _bob(is_open=False)
    assert list(directory_selectors.open_cards_for(farm)) == []
    with pytest.raises(NotFound):
        directory_services.request_contact(card=farm, other_id=bob.pk)
    with pytest.raises(Conflict):
        directory_services.request_contact(card=bob, other_id=farm.pk)


def test_one_side_does_not_see_its_own(db: None) -> None:
    farm, bob = _farm(), _bob()
    assert [
        list(directory_selectors.open_cards_for(farm)),
        list(directory_selectors.open_cards_for(bob)),
    ] == [[bob], [farm]]
    assert list(directory_selectors.open_cards_for(farm, "fans")) == [bob]
    assert list(directory_selectors.open_cards_for(farm, "wheat")) == []


def test_contacts_are_known_when_both_agreed_and_not_after_a_no(db: None) -> None:
    farm, bob = _farm(), _bob()
    for _again in range(2):
        contact_request = directory_services.request_contact(card=farm, other_id=bob.pk, note="Sell our rice")
    assert ContactRequest.objects.count() == 1
    assert directory_selectors.contacts_of(farm) == directory_selectors.contacts_of(bob) == []
    with pytest.raises(NotFound):
        directory_services.answer_request(card=farm, request_id=contact_request.pk, agrees=True)
    directory_services.answer_request(card=bob, request_id=contact_request.pk, agrees=True)
    assert (directory_selectors.contacts_of(farm), directory_selectors.contacts_of(bob)) == ([bob], [farm])
    directory_services.answer_request(card=bob, request_id=contact_request.pk, agrees=False)
    assert directory_selectors.contacts_of(farm) == []


def test_two_who_ask_each_other_have_agreed(db: None) -> None:
    farm, bob = _farm(), _bob()
    directory_services.request_contact(card=farm, other_id=bob.pk)
    directory_services.request_contact(card=bob, other_id=farm.pk)
    assert directory_selectors.contacts_of(bob) == [farm]


@pytest.mark.parametrize(("field", "value"), [("name", " "), ("contact", ""), ("about", "x" * 501)])
def test_a_card_says_which_field_is_wrong(db: None, field: str, value: str) -> None:
    texts = {"name": "Bob", "about": "", "contact": "138", field: value}
    with pytest.raises(InvalidInput) as caught:
        directory_services.save_card(is_open=True, **texts, **BOB)
    assert caught.value.field == field
    assert not DirectoryCard.objects.exists()


def test_a_fair_and_who_comes(db: None) -> None:
    now = clock.now()
    open_fair, secret = (
        Fair.objects.create(
            title={"en": "Fair"},
            place="Hangzhou",
            starts_at=now + timedelta(days=3),
            ends_at=now + timedelta(days=4),
            is_published=is_published,
        )
        for is_published in (True, False)
    )
    farm, bob = _farm(), _bob(is_open=False)
    directory_services.join_fair(card=bob, fair_id=open_fair.pk)
    for brings in ("Rice", "Rice and tea"):
        directory_services.join_fair(card=farm, fair_id=open_fair.pk, brings=brings)
    with pytest.raises(NotFound):
        directory_services.join_fair(card=bob, fair_id=secret.pk)
    (row,) = directory_selectors.fair_rows(farm)
    assert ([guest.brings for guest in row["stalls"]], row["visitors"]) == (["Rice and tea"], 1)
    directory_services.leave_fair(card=farm, fair_id=open_fair.pk)
    assert directory_selectors.fair_rows(farm)[0]["own"] is None


def test_the_portals_page(db: None) -> None:
    supplier = make_supplier()
    bob = _bob()
    client = portal(make_supplier_user(supplier))
    assert "300 fans" not in client.get("/portal/directory/").content.decode()
    card = {"do": "card", "name": "The farm", "about": "Rice", "contact": "farm-139", "is_open": "on"}
    client.post("/portal/directory/", card)
    page = client.get("/portal/directory/").content.decode()
    assert "300 fans" in page
    assert "bob-138" not in page
    client.post("/portal/directory/", {"do": "ask", "id": str(bob.pk)})
    directory_services.answer_request(card=bob, request_id=ContactRequest.objects.get().pk, agrees=True)
    assert "bob-138" in client.get("/portal/directory/").content.decode()
    assert client.post("/portal/directory/", {"do": "ask", "id": "x"}).status_code == 302


def test_the_page_offers_nobody_twice_and_says_who_was_asked(db: None) -> None:
    supplier = make_supplier()
    farm = directory_services.save_card(
        name="The farm", about="", contact="1", is_open=True, supplier=supplier
    )
    bob = _bob()
    client, page = portal(make_supplier_user(supplier)), "/portal/directory/"
    answer = client.post(page, {"do": "ask", "id": str(bob.pk)}, follow=True)
    assert "You see the contact once they agree" in answer.content.decode()
    assert (list(answer.context["others"]), answer.context["unanswered"]) == ([], [bob])
    assert list(directory_selectors.unconnected_cards(bob)) == []
    (contact_request,) = directory_selectors.requests_to(bob)
    directory_services.answer_request(card=bob, request_id=contact_request.pk, agrees=True)
    assert (client.get(page).context["unanswered"], directory_selectors.contacts_of(farm)) == ([], [bob])
    directory_services.answer_request(card=bob, request_id=contact_request.pk, agrees=False)
    assert list(directory_selectors.unconnected_cards(bob)) == [farm], "who said no may ask in turn"
