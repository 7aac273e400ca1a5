"""The cases' own numbers, replayed on the documents that come with the product."""

from datetime import date, timedelta

import pytest

from tenants.agents import presets
from tenants.agents.rules import Deed, Facts, Rules, SaleLine, lint, parse, price_reductions, progress, settle
from tests.agents.sales import amounts, chain, line, order, person

CLUB = presets.rules("deposit-club")
MALL = presets.rules("share-lock")
LOCAL = presets.rules("local-life")
TODAY = date(2026, 11, 22)


def roles_from(rules: Rules, **facts: object) -> list[str]:
    return [change.role for change in progress(Facts(today=TODAY, **facts), rules)]  # type: ignore[arg-type]


@pytest.mark.parametrize("name", presets.names())
def test_a_preset_is_acceptable_and_survives_writing_and_reading(name: str) -> None:
    rules = presets.rules(name)
    assert [found.code for found in lint(rules) if found.severity == "refuse"] == []
    assert parse(rules.as_yaml()) == rules
    assert parse(rules.as_json()) == rules


class TestDepositClub:
    def test_a_member_saves_twelve_points_at_the_till_and_it_is_never_a_payable(self) -> None:
        lines = [line(10_000, 6_000), line(3_333, 1_000, name="2")]
        assert price_reductions(lines, person("m", "member"), CLUB) == {"1": 1200, "2": 399}
        assert price_reductions(lines, person("visitor"), CLUB) == {"1": 0, "2": 0}
        kinds = {share.kind for share in settle(order(*lines), chain(person("m", "member")), CLUB).shares}
        assert kinds == {"margin"}

    def test_a_saving_never_takes_a_line_below_its_cost(self) -> None:
        assert price_reductions([line(1000, 950)], person("m", "member"), CLUB) == {"1": 50}

    def test_a_member_who_brings_a_member_gets_nothing(self) -> None:
        shares = settle(order(line(10_000, 5_000)), chain(person("bringer", "member")), CLUB).shares
        assert amounts(shares) == {"margin": 5_000}

    def test_a_provider_gets_five_points_of_what_those_under_it_spend_however_deep(self) -> None:
        provider = person("co", "member", "provider", company=True)
        above = [person("a", "member"), person("b", "member"), person("c", "member"), provider]
        settled = settle(order(line(15_000, 6_000), fee=150), chain(*above), CLUB.at_version(3))
        assert amounts(settled.shares) == {"service": 750, "margin": 8_100}
        share = settled.shares[0]
        assert (share.payee_id, share.payee_kind, share.kind, share.level) == (
            "co",
            "company",
            "service_fee",
            0,
        )
        assert share.why["en"].startswith("7.50 = 5 % of 150.00 goods paid")
        assert share.why["zh-hans"].startswith("7.50 = 实付货款 150.00 的 5%")

    def test_only_the_nearest_provider_is_paid_and_only_if_it_is_a_company(self) -> None:
        near, far = (person(name, "provider", company=True) for name in ("near", "far"))
        no_company = person("person", "provider")
        shares = settle(order(line(10_000, 5_000)), chain(no_company, near, far), CLUB).shares
        assert [share.payee_id for share in shares] == ["near", ""]

    def test_a_hundred_thousand_within_three_months_makes_a_provider_and_not_a_cent_less(self) -> None:
        def after(*deeds: Deed, company: bool = True) -> list[str]:
            return roles_from(CLUB, company=company, roles=frozenset({"member"}), deeds={"own_sales": deeds})

        first_day = date(2026, 8, 23)
        assert after(Deed(first_day, 6_000_000), Deed(TODAY, 4_000_000)) == ["provider"]
        assert after(Deed(first_day, 6_000_000), Deed(TODAY, 3_999_999)) == []
        assert after(Deed(first_day - timedelta(days=1), 6_000_000), Deed(TODAY, 4_000_000)) == []
        assert after(Deed(TODAY, 10_000_000), company=False) == []

    def test_the_deposit_is_365_returned_by_own_spending_and_on_request(self) -> None:
        deposit = CLUB.document.join.deposit
        assert deposit is not None
        assert deposit.returned_when is not None
        assert (deposit.amount, deposit.returned_on_request) == (365, True)
        assert (deposit.returned_when.metric, deposit.returned_when.at_least) == ("own_spend", 365)


class TestShareLock:
    def test_the_first_to_share_keeps_the_fan_for_good(self) -> None:
        bind = MALL.document.bind
        assert (bind.when, bind.days, bind.takeover) == ("first_touch", None, "never")
        assert "code" not in bind.by

    def test_ten_fans_make_a_shopkeeper_and_ten_shopkeepers_the_next_level(self) -> None:
        def after(fans: int, shopkeepers: int, *roles: str) -> list[str]:
            deeds = {
                "bound_fans": (Deed(TODAY, fans),),
                "holders_below:shopkeeper": (Deed(TODAY, shopkeepers),),
            }
            return roles_from(MALL, roles=frozenset(roles), deeds=deeds)

        assert after(9, 0, "member") == []
        assert after(10, 0, "member") == ["shopkeeper"]
        assert after(30, 9, "member", "shopkeeper") == []
        assert after(30, 10, "member", "shopkeeper") == ["manager"]

    def test_two_levels_are_paid_and_the_third_is_not(self) -> None:
        keeper = [person(name, "member", "shopkeeper") for name in ("one", "two", "three", "four")]
        shares = settle(order(line(10_000, 5_000)), chain(*keeper), MALL).shares
        assert amounts(shares) == {"share": 800, "shopkeeper": 400, "second": 200, "margin": 3_600}
        assert {share.payee_id for share in shares} == {"one", "two", ""}


class TestLocalLife:
    def test_fifteen_make_a_super_promoter_and_a_hundred_and_fifty_a_director(self) -> None:
        def after(fans: int) -> list[str]:
            return roles_from(LOCAL, deeds={"bound_fans": (Deed(TODAY, fans),)})

        assert after(14) == []
        assert after(15) == ["super"]
        assert after(149) == ["super"]
        assert after(150) == ["super", "director"]

    def test_commission_of_two_levels_is_taken_from_the_margin(self) -> None:
        promoter, director = person("p", "promoter"), person("d", "promoter", "super", "director")
        shares = settle(order(line(10_000, 6_000), fee=100), chain(promoter, director), LOCAL).shares
        assert amounts(shares) == {"first": 1_200, "second": 400, "margin": 2_300}
        shares = settle(order(line(10_000, 6_000)), chain(director), LOCAL).shares
        assert amounts(shares) == {"first": 1_200, "super": 200, "director": 200, "margin": 2_400}


def test_a_line_without_margin_pays_nobody_and_the_shop_bears_the_loss() -> None:
    sold_at_a_loss: SaleLine = line(1_000, 1_200)
    settled = settle(order(sold_at_a_loss, fee=10), chain(person("one", "promoter")), LOCAL)
    assert amounts(settled.shares) == {"margin": -210}
    assert settled.distributable == -210
