"""People who try to earn twice, from themselves, or beyond what a day and a month may give."""

from uuid import uuid4

import pytest
from django.db import OperationalError, connection, transaction

from billing.payouts.models import PayoutAccount
from kernel.tenancy import in_public, in_tenant
from tenants.agents import limits, shares
from tenants.agents.models import Sale, Share
from tenants.agents.rules import Chain, Person, parse
from tests.agents.running.house import House, make_house
from tests.agents.running.threads import in_a_thread

SHARE = """
name: Test
limits: {payout: {percent: 100, of: margin}%s}
tax: {commission: withheld_by_platform}
fraud: {shared_device: note, shared_payout_account: %s}
earn:
  - {id: share, kind: commission, payee: sharer, percent: 10}
"""


class TestSharedPayoutAccounts:
    """The bank tells by a fingerprint that two people are paid to one account."""

    def paid_to(self, house: House, name: str, fingerprint: str) -> None:
        with in_public():
            PayoutAccount.objects.create(
                owner_kind=PayoutAccount.OwnerKind.MEMBER,
                owner_id=house.people[name].pk,
                tenant_id=house.tenant.id,
                external_id=f"acct_{uuid4().hex}",
                fingerprint=fingerprint,
            )

    def house(self, action: str) -> House:
        """Bob and his fan are paid to one account; his other fan to another."""
        house = make_house(SHARE % ("", action))
        for name in ("fan", "other"):
            house.bring(name, "bob")
        for name, fingerprint in (("bob", "one"), ("fan", "one"), ("other", "two")):
            self.paid_to(house, name, fingerprint)
        return house

    def test_refused_means_that_the_shop_keeps_it(self, db: None) -> None:
        house = self.house("refuse")
        assert house.earned(house.buy("fan")) == {"margin": 9_900}
        assert house.earned(house.buy("other"))["share"] == 1_000

    def test_held_means_that_it_waits_after_receipt_until_somebody_decides(self, db: None) -> None:
        house = self.house("hold")
        sale = house.buy("fan")
        with in_tenant(house.tenant):
            with transaction.atomic():
                shares.hold(order_id=sale.pk)
            share = Share.objects.get(sale_id=sale.pk, kind="commission")
            assert (share.state, share.blocked_by) == ("held", ["shared_payout_account"])
        operator = house.owner()
        assert "are paid to one account" in operator.get("/console/doubts/").content.decode()
        operator.post(f"/console/doubts/{share.pk}/", {"decision": "pay", "reason": "a couple"})
        with in_tenant(house.tenant):
            share.refresh_from_db()
        assert (share.state, share.blocked_by) == ("payable", [])

    def test_noted_means_that_it_is_paid_and_written_down(self, db: None) -> None:
        house = self.house("note")
        sale = house.buy("fan")
        assert house.earned(sale)["share"] == 1_000
        with in_tenant(house.tenant):
            found = Sale.objects.get(pk=sale.pk).suspicions
        assert [(one["kind"], one["action"]) for one in found] == [("shared_payout_account", "note")]

    def test_another_shops_accounts_say_nothing_here(self, db: None) -> None:
        house = make_house(SHARE % ("", "refuse"))
        house.bring("fan", "bob")
        self.paid_to(house, "bob", "one")
        with in_public():
            PayoutAccount.objects.create(
                owner_kind=PayoutAccount.OwnerKind.MEMBER,
                owner_id=house.people["fan"].pk,
                tenant_id=uuid4(),
                external_id=f"acct_{uuid4().hex}",
                fingerprint="one",
            )
        assert house.earned(house.buy("fan"))["share"] == 1_000


class TestLimitsAreSettledOneByOne:
    @pytest.mark.parametrize(
        ("limit", "waits"),
        [("per_person_day: 15", {"bob"}), ("budget_month: 15", {"bob", "eve"})],
    )
    def test_who_draws_on_the_same_limit_waits(self, own_database: str, limit: str, waits: set[str]) -> None:
        """A sale that is being settled holds back those that would count without it, and no others."""
        house = make_house(SHARE % (f", {limit}", "note"))
        rules = parse(SHARE % (f", {limit}", "note"))
        people = {name: Person(str(house.member(name).pk)) for name in ("bob", "eve")}

        def count(name: str) -> bool:
            """Whether another connection has to wait to count what ``name`` has earned."""
            with in_tenant(house.tenant), transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("SET LOCAL lock_timeout = '100ms'")
                try:
                    limits.count_spent(Chain(Person("x"), people[name]), rules)
                except OperationalError:
                    return True
            return False

        with in_tenant(house.tenant), transaction.atomic():
            limits.count_spent(Chain(Person("x"), people["bob"]), rules)
            found = {name for name in people if in_a_thread(count, name)}
        assert found == waits

    def test_what_was_refused_gave_nothing(self, db: None) -> None:
        house = make_house(SHARE % (", per_person_day: 15, budget_month: 15", "note"))
        house.bring("fan", "bob")
        first = house.buy("fan")
        operator = house.owner()
        assert operator
        with in_tenant(house.tenant):
            share = Share.objects.get(sale_id=first.pk, kind="commission")
            shares.refuse(share_id=share.pk, reason="one person", acting_user=house.people["owner"])
        assert house.earned(house.buy("fan"))["share"] == 1_000
