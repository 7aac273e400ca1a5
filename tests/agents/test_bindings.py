"""Who becomes whose fan, and who does not. Bob and Carol are members."""

from datetime import timedelta

import time_machine

from kernel import clock
from tenants.agents.bindings import selectors as binding_selectors
from tenants.agents.bindings import services as binding_services
from tenants.agents.models import Member
from tenants.agents.roles import services as role_services
from tenants.registry.models import Tenant
from tests.agents.people import bound, buy, invitations_left, make_member, refund, switch_on


class TestBinding:
    def test_the_first_visit_wins_and_nobody_is_bound_to_themselves(self, tenant: Tenant) -> None:
        switch_on("share-lock")
        bob, carol, fan = make_member("bob"), make_member("carol"), make_member("fan")
        assert not binding_services.bind(member=bob, code=bob.referral_code, how="link")
        assert not binding_services.bind(member=fan, code="NOSUCH2", how="link")
        assert not binding_services.bind(member=fan, code=bob.referral_code, how="code")
        assert binding_services.bind(member=fan, code=bob.referral_code.lower(), how="link")
        assert not binding_services.bind(member=fan, code=carol.referral_code, how="link")
        fan.refresh_from_db()
        assert (fan.bound_to, fan.bound_by, fan.bound_until) == (bob, "link", None)

    def test_invitations_are_scarce_and_earned_with_own_sales(self, tenant: Tenant) -> None:
        switch_on("invitation-quota")
        bob = make_member("bob")
        assert bob.roles == []

        def invite(nick: str) -> bool:
            return binding_services.bind(member=make_member(nick), code=bob.referral_code, how="code")

        assert [invite(f"fan{number}") for number in range(4)] == [True, True, True, False]
        assert Member.objects.get(user__email="fan0@example.test").roles == ["promoter"]
        assert Member.objects.get(user__email="fan3@example.test").roles == []
        buyer = Member.objects.get(user__email="fan0@example.test")
        order_id = buy(buyer, paid=199_999)
        assert (invitations_left(bob), invite("fan4")) == (0, False)
        buy(buyer, paid=1)
        assert (invitations_left(bob), invite("fan5"), invite("fan6")) == (1, True, False)
        refund(order_id)
        assert invitations_left(bob) == 0
        assert not binding_services.bind(member=make_member("late"), code=bob.referral_code, how="link")

    def test_the_first_purchase_makes_a_promoter_where_buying_does(self, tenant: Tenant) -> None:
        switch_on("buy-anything")
        bob = make_member("bob")
        assert bob.roles == []
        buy(bob)
        bob.refresh_from_db()
        assert bob.roles == ["promoter"]

    def test_binding_never_closes_a_circle(self, tenant: Tenant) -> None:
        top = make_member("top")
        below = bound("below", bound("middle", top))
        assert not binding_services.bind(member=top, code=below.referral_code, how="link")
        top.refresh_from_db()
        assert top.bound_to is None

    def test_a_binding_for_days_ends_and_may_be_taken_over_if_the_rules_say_so(self, tenant: Tenant) -> None:
        switch_on("name: x\nbind: {days: 30, takeover: after_expiry}\n")
        bob, carol = make_member("bob"), make_member("carol")
        fan = bound("fan", bob)
        with time_machine.travel(clock.now() + timedelta(days=29), tick=False):
            assert not binding_services.bind(member=fan, code=carol.referral_code, how="link")
            assert binding_selectors.chain_of(fan.user).sharer
        with time_machine.travel(clock.now() + timedelta(days=31), tick=False):
            assert binding_selectors.chain_of(fan.user).sharer is None
            assert binding_services.bind(member=fan, code=carol.referral_code, how="link")

    def test_the_chain_is_the_whole_line_nearest_first_and_survives_json(self, tenant: Tenant) -> None:
        switch_on("deposit-club")
        provider = make_member("provider", company=True)
        provider = role_services.grant_role(member=provider, role="provider", acting_user=None)
        bob = bound("bob", provider)
        fan = bound("fan", bob)
        chain = binding_selectors.chain_of(fan.user)
        assert [person.id for person in chain.above] == [str(bob.pk), str(provider.pk)]
        assert (chain.sharer, chain.second) == chain.above
        assert chain.above[1].company
        assert chain.above[1].roles == {"provider"}
        assert binding_selectors.chain_from_json(binding_selectors.chain_to_json(chain)) == chain
        nobody = binding_selectors.chain_of(None)
        assert binding_selectors.chain_from_json(binding_selectors.chain_to_json(nobody)) == nobody
        assert binding_selectors.chain_from_json({}) == nobody
