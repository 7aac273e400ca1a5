"""The central team watches: what differs, what is stuck, and the payout halt, through its pages."""

import pytest

from accounts import roles
from billing.payouts.halts import selectors as halt_selectors
from billing.payouts.halts import services as halt_services
from billing.watch.models import Finding, Sweep
from kernel.ids import new_id
from kernel.models import AuditEntry, Event
from kernel.texts.translated import pick
from tests.support.build import make_user
from tests.support.consoles import Browser
from tests.support.sandbox import RunningSandbox
from tests.support.world import PLATFORM, World

pytestmark = pytest.mark.django_db
WATCH, STUCK = "/console/watch/", "/console/stuck/"


def staff() -> Browser:
    """Somebody of the central team who may look, and no more."""
    make_user("staff@central.test", role=roles.CENTRAL_STAFF)
    browser = Browser(PLATFORM)
    assert browser.sign_in("staff@central.test").status_code == 302
    return browser


def test_the_halt_is_seen_and_lifted_with_a_reason(central_team: Browser) -> None:
    halt_services.halt("ledger.sums_are_zero does not hold", "invariant sweep")
    Finding.objects.create(check_name="ledger.sums_are_zero", subject="abc", facts={"expected": 0, "sum": 3})
    shown = central_team.get(WATCH).content.decode()
    assert "No money leaves" in shown
    assert "Every transfer sums to zero" in shown
    assert "abc" in shown
    assert central_team.post(WATCH, do="lift", reason="").status_code == 200
    assert halt_selectors.in_force(), "not without a reason"
    looker = staff()
    assert looker.get(WATCH).status_code == 200
    assert looker.post(WATCH, do="lift", reason="because").status_code == 403
    assert looker.post(WATCH, do="sweep").status_code == 403
    assert central_team.post(WATCH, do="lift", reason="the cause was found").status_code == 302
    assert not halt_selectors.in_force()
    assert AuditEntry.objects.get(action="payouts.lift").reason == "the cause was found"


def test_everything_is_looked_at_when_somebody_asks(central_team: Browser, sandbox: RunningSandbox) -> None:
    assert central_team.post(WATCH, do="sweep").status_code == 302
    assert central_team.post(WATCH, do="reconcile").status_code == 302
    kinds = Sweep.objects.order_by("kind").values_list("kind", "asked_by")
    assert [kind for kind, _by in kinds] == ["invariants", "reconciliation"]
    assert all("chief" in by for _kind, by in kinds)


def test_a_difference_has_a_page_of_its_own(central_team: Browser) -> None:
    finding = Finding.objects.create(check_name="payouts.owed_is_booked", subject="abc", facts={"ledger": 5})
    page = f"{WATCH}{finding.id}/"
    assert "closes by itself" in central_team.get(page).content.decode()
    assert central_team.post(page, do="book", reason="no line here").status_code == 200
    finding.refresh_from_db()
    assert finding.closed_at is None
    assert central_team.get(f"{WATCH}{finding.id.hex[::-1]}/").status_code == 404


def test_a_difference_is_shown_in_names_and_money(central_team: Browser, world: World) -> None:
    halt_services.halt("payouts.owed_is_booked does not hold", "invariant sweep")
    nobody = new_id()
    finding = Finding.objects.create(
        check_name="payouts.owed_is_booked",
        subject=f"{world.farm.id} {nobody} CNY",
        facts={"payables": 123_456, "ledger": 0, "since": "2026-01-31T20:15:00+00:00"},
    )
    for page in (WATCH, f"{WATCH}{finding.id}/"):
        shown = central_team.get(page).content.decode()
        assert f"{pick(world.farm.name, 'en')} {nobody} CNY" in shown, "a name where there is one"
        assert "by the payables" in shown
        assert "1,234.56" in shown
        assert "123456" not in shown, "nobody reads minor units"
        assert "payouts.owed_is_booked" not in shown
        assert "Feb. 1, 2026, 4:15 a.m." in shown, "a moment as people write it, where the central team is"
    assert "this does not hold: What suppliers are owed is booked" in central_team.get(WATCH).content.decode()


def test_what_is_stuck_is_tried_again_or_given_up(central_team: Browser) -> None:
    event = Event.objects.create(topic="order.paid", schema="t_x", payload={"n": 1}, attempts=20)
    received = Event.objects.create(
        queue="inbox",
        schema="public",
        source="stripe",
        external_id="evt_1",
        topic="charge.odd",
        payload={"object_id": "ch_1"},
        attempts=3,
        last_error="boom",
    )
    shown = central_team.get(STUCK).content.decode()
    assert "nobody tries any more" in shown
    assert "boom" in shown
    assert staff().post(STUCK, event=received.id, do="give_up", reason="mine").status_code == 403
    unsaid = central_team.post(STUCK, event=received.id, do="give_up", reason="")
    assert unsaid.status_code == 200
    assert "Nothing was done: write a reason" in unsaid.content.decode()
    assert central_team.post(STUCK, event="x", do="give_up", reason="nonsense").status_code == 404
    assert central_team.post(STUCK, event=received.id, do="give_up", reason="a test").status_code == 302
    assert central_team.post(STUCK, event=event.id, do="try_again", reason="mended").status_code == 302
    event.refresh_from_db()
    received.refresh_from_db()
    assert (received.given_up, received.handled_at is not None) == ("a test", True)
    assert (event.attempts, event.handled_at) == (0, None)
    again = central_team.post(STUCK, event=received.id, do="try_again", reason="late")
    assert "finished meanwhile" in again.content.decode()
    actions = set(AuditEntry.objects.values_list("action", "reason"))
    assert {("inbox.give_up", "a test"), ("outbox.retry", "mended")} <= actions
