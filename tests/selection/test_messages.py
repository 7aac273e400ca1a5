"""Who has something to do learns of it: judges by mail, the central team on its pages."""

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client

from accounts import roles
from accounts.models import User
from catalog.licences import services as licence_services
from catalog.models import Licence
from kernel import clock
from kernel.errors import InvalidInput
from kernel.events import outbox
from kernel.tenancy import in_public, in_tenant
from selection.admission import services as admission_services
from selection.models import Evidence
from selection.proposals import selectors as proposal_selectors
from selection.proposals import services as proposal_services
from selection.proposals.selectors import FRESH
from selection.proposals.services import ProposalLicence
from selection.rounds import messages
from selection.rounds import services as round_services
from tenants.registry.models import Tenant
from tests.support.build import make_product, make_supplier, make_tenant, make_user
from tests.support.rounds import SMALL, make_club, make_proposal, vote

BACKEND = "accounts.backends.RoleBackend"


@pytest.fixture
def club(db: None) -> Tenant:
    """A club of four sellers and eight members."""
    tenant = make_tenant()
    make_club(tenant)
    return tenant


def my_page(tenant: Tenant, email: str) -> str:
    """Return the page "Me" of a member."""
    client = Client(headers={"host": "alice.localhost", "accept-language": "en"})
    with in_tenant(tenant):
        client.force_login(User.objects.get(email=email), backend=BACKEND)
    with in_public():
        return client.get("/me/").content.decode()


def test_a_judge_gets_one_mail_and_a_note_on_their_page_until_they_have_scored(club: Tenant) -> None:
    tea = make_proposal(make_product(make_supplier(), "tea"))
    jar = make_proposal(make_product(make_supplier("potter"), "jar"))
    round_ = round_services.open_round(proposal_ids=[tea.pk, jar.pk], terms=SMALL, acting_user="central")
    assert "2 samples wait for you" in my_page(club, "seller0@club.test")
    assert "for you</span>" not in my_page(club, "member0@club.test")
    assert messages.notify_judges(round_id=round_.pk, gate="panel") == 3
    assert messages.notify_judges(round_id=round_.pk, gate="panel") == 0
    mailed = {address for message in mail.outbox for address in message.to}
    assert mailed == {f"seller{place}@club.test" for place in range(3)}
    vote(round_, "panel", 90)
    assert "for you</span>" not in my_page(club, "seller0@club.test")


def test_the_mail_is_a_workers_task_that_starts_after_the_commit(
    club: Tenant, django_capture_on_commit_callbacks: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued: list[tuple[str, str]] = []
    monkeypatch.setattr("selection.tasks.notify_judges.delay", lambda *about: queued.append(about))
    round_ = round_services.open_round(
        proposal_ids=[make_proposal(make_product(make_supplier())).pk], terms=SMALL, acting_user="central"
    )
    with django_capture_on_commit_callbacks() as waiting:  # type: ignore[operator]
        outbox.relay()
        assert queued == []
        assert mail.outbox == []
    for callback in waiting:
        callback()
    assert queued == [(str(round_.pk), "panel")]


def test_prices_that_have_grown_old_are_on_the_central_teams_list_until_looked_at(db: None) -> None:
    fresh = make_proposal(make_product(make_supplier(), "tea"))
    old = make_proposal(make_product(make_supplier("potter"), "jar"))
    evidence = old.evidence.get()
    long_ago = clock.today() - FRESH - timedelta(days=1)
    Evidence.objects.filter(pk=evidence.pk).update(seen_on=long_ago)
    assert [row.pk for row in proposal_selectors.prices_to_recheck()] == [evidence.pk]
    assert fresh.evidence.get().pk != evidence.pk
    central_team = Client(headers={"host": "localhost", "accept-language": "en"})
    central_team.force_login(make_user("chief@central.test", roles.CENTRAL_ADMIN), backend=BACKEND)
    with in_public():
        page = central_team.get("/console/selection/").content.decode()
        assert f"proposals/{old.pk}" in page.partition('id="old-prices"')[2].partition("</section>")[0]
    proposal_services.recheck_price(evidence_id=evidence.pk, price=10_800, acting_user="central")
    assert proposal_selectors.prices_to_recheck() == []


def test_a_licence_on_record_fills_the_form_and_its_own_date_counts(db: None) -> None:
    farm = make_supplier("farm")
    tea = make_product(farm, "tea")
    day = clock.today()
    kept = licence_services.add_licence(
        supplier=farm, kind="food", number="SC1", expires_on=day + timedelta(days=90), acting_user="central"
    )
    portal = Client(headers={"host": "localhost", "accept-language": "en"})
    portal.force_login(make_user("farmer@farm.test", roles.SUPPLIER, supplier_id=farm.pk), backend=BACKEND)
    with in_public():
        assert 'value="SC1"' in portal.get("/portal/proposals/new/").content.decode()
    typed = [ProposalLicence("food", "SC1", day + timedelta(days=9_000))]
    (row,) = make_proposal(tea, licences=typed).licences
    assert (row["recorded"], row["until"]) == (str(kept.pk), f"{day + timedelta(days=90)}")
    Licence.objects.filter(pk=kept.pk).update(expires_on=day - timedelta(days=1))
    with pytest.raises(InvalidInput, match="has run out"):
        make_proposal(make_product(farm, "jar"), licences=typed)


def overview() -> str:
    """Return the central team's first page."""
    chief = User.objects.filter(email="chief@central.test").first() or make_user(
        "chief@central.test", roles.CENTRAL_ADMIN
    )
    browser = Client(headers={"host": "localhost", "accept-language": "en"})
    browser.force_login(chief, backend=BACKEND)
    with in_public():
        return browser.get("/console/").content.decode()


def test_the_central_teams_first_page_counts_what_waits_for_it(club: Tenant) -> None:
    farm = make_supplier()
    milk = make_proposal(make_product(farm, "milk"))
    page = overview()
    assert "to be checked" not in page
    assert "called back" not in page
    proposal_services.return_proposal(proposal_id=milk.pk, reason="no licence", acting_user="chief")
    make_proposal(make_product(farm, "tea"), checked=False)
    admission_services.recall_product(
        product_id=make_product(farm, "jar").pk, reason="cracks", acting_user="chief"
    )
    page = overview()
    assert "1 proposal is to be checked" in page
    assert "1 product was called back and waits for a jury" in page
