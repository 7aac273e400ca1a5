"""Invitations are earned by own sales, spent oldest first, and run out."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tenants.agents.rules import presets
from tenants.agents.rules.document.parsing import Rules, parse
from tenants.agents.rules.people.invitations import Quota, quota
from tenants.agents.rules.people.progress import DayTotal

JOINED = date(2027, 1, 1)


def rules(text: str) -> Rules:
    return parse(f"name: x\nbind: {{by: [code]}}\ninvites: {text}\n")


def left(
    text: str, today: date, *, sales: tuple[tuple[date, int], ...] = (), used: tuple[date, ...] = ()
) -> Quota:
    totals = [DayTotal(*sale) for sale in sales]
    invitations = quota(joined=JOINED, own_sales=totals, used=used, today=today, rules=rules(text))
    assert invitations
    return invitations


def test_without_invites_nothing_is_rationed() -> None:
    invitations = quota(joined=JOINED, own_sales=(), used=(), today=JOINED, rules=presets.rules("share-lock"))
    assert invitations is None


def test_own_sales_earn_one_for_each_two_thousand_and_not_a_cent_before() -> None:
    mall, day = presets.rules("invitation-quota"), date(2027, 2, 1)

    def after(*amounts: int) -> int:
        totals = [DayTotal(day, amount) for amount in amounts]
        invitations = quota(joined=JOINED, own_sales=totals, used=(), today=day, rules=mall)
        assert invitations
        return invitations.left

    assert after() == 3
    assert after(199_999) == 3
    assert after(199_999, 1) == 4
    assert after(399_999) == 4
    assert after(1_000_000) == 8


def test_an_invitation_can_be_used_until_the_last_day_and_not_after() -> None:
    text, last = "{at_start: 2, expire_days: 30}", JOINED + timedelta(days=30)
    assert left(text, last) == Quota(earned=2, used=0, expired=0, left=2, next_expiry=last)
    assert left(text, last + timedelta(days=1)) == Quota(
        earned=2, used=0, expired=2, left=0, next_expiry=None
    )
    assert left(text, last, used=(last,)).left == 1


def test_the_oldest_is_used_first_and_each_runs_out_on_its_own_day() -> None:
    text = "{at_start: 1, one_per_own_sales: 10, expire_days: 30}"
    sales = ((JOINED + timedelta(days=20), 2_000),)
    used = (JOINED + timedelta(days=25),)
    after = left(text, JOINED + timedelta(days=31), sales=sales, used=used)
    assert after == Quota(earned=3, used=1, expired=0, left=2, next_expiry=JOINED + timedelta(days=50))
    assert left(text, JOINED + timedelta(days=51), sales=sales, used=used).left == 0


def test_a_refund_takes_an_invitation_back_and_the_next_one_makes_up_for_what_was_used() -> None:
    text, day = "{at_start: 0, one_per_own_sales: 10}", JOINED + timedelta(days=5)
    assert left(text, day, sales=((day, 1_000),), used=(day,)).left == 0
    # The sale was refunded: what it earned is gone, though it was used.
    assert left(text, day, sales=((day, 0),), used=(day,)) == Quota(0, 1, 0, 0, None)
    later = day + timedelta(days=9)
    assert left(text, later, sales=((day, 0), (later, 1_000)), used=(day,)).left == 0
    assert left(text, later, sales=((day, 0), (later, 2_000)), used=(day,)).left == 1


days = st.integers(0, 200).map(lambda n: JOINED + timedelta(days=n))


@given(
    st.lists(st.tuples(days, st.integers(0, 5_000)), max_size=8),
    st.lists(days, max_size=6),
    st.none() | st.integers(1, 60),
    days,
)
def test_nothing_is_left_that_was_not_earned(
    sales: list[tuple[date, int]], used: list[date], lasting: int | None, today: date
) -> None:
    text = "{at_start: 2, one_per_own_sales: 10" + (f", expire_days: {lasting}}}" if lasting else "}")
    invitations = left(text, today, sales=tuple(sales), used=tuple(used))
    assert invitations.earned == 2 + sum(amount for day, amount in sales if day <= today) // 1_000
    assert 0 <= invitations.left <= invitations.earned
    assert invitations.left + invitations.expired <= invitations.earned
    if lasting is None:
        assert invitations.left == max(invitations.earned - invitations.used, 0)
    more = left(text, today, sales=(*sales, (today, 1_000)), used=tuple(used))
    assert more.left >= invitations.left
