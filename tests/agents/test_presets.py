"""The cases' own numbers, replayed on the documents that come with the product."""

from datetime import date, timedelta

import pytest

from tenants.agents.rules import presets
from tenants.agents.rules.document.parsing import Rules, parse
from tenants.agents.rules.linting.lint import lint
from tenants.agents.rules.people.progress import DayTotal, Facts, progress, reason
from tenants.agents.rules.sale.values import SaleLine
from tenants.agents.rules.splitting.savings import price_reductions
from tenants.agents.rules.splitting.split import split_order
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
    assert [finding.code for finding in lint(rules) if finding.severity == "refuse"] == []
    assert parse(rules.as_yaml()) == rules
    assert parse(rules.as_json()) == rules


class TestDepositClub:
    def test_a_member_saves_twelve_points_at_the_till_and_it_is_never_a_payable(self) -> None:
        lines = [line(10_000, 6_000), line(3_333, 1_000, name="2")]
        assert price_reductions(lines, person("m", "member"), CLUB) == {"1": 1200, "2": 399}
        assert price_reductions(lines, person("visitor"), CLUB) == {"1": 0, "2": 0}
        kinds = {
            earning.kind
            for earning in split_order(order(*lines), chain(person("m", "member")), CLUB).earnings
        }
        assert kinds == {"margin"}

    def test_a_saving_never_takes_a_line_below_its_cost(self) -> None:
        assert price_reductions([line(1000, 950)], person("m", "member"), CLUB) == {"1": 50}

    def test_a_member_who_brings_a_member_gets_nothing(self) -> None:
        earnings = split_order(order(line(10_000, 5_000)), chain(person("bringer", "member")), CLUB).earnings
        assert amounts(earnings) == {"margin": 5_000}

    def test_a_provider_gets_five_points_of_what_those_under_it_spend_however_deep(self) -> None:
        provider = person("co", "member", "provider", company=True)
        above = [person("a", "member"), person("b", "member"), person("c", "member"), provider]
        split = split_order(order(line(15_000, 6_000), fee=150), chain(*above), CLUB.at_version(3))
        assert amounts(split.earnings) == {"service": 750, "margin": 8_100}
        earning = split.earnings[0]
        assert (earning.payee_id, earning.payee_kind, earning.kind, earning.level) == (
            "co",
            "company",
            "service_fee",
            0,
        )
        assert earning.why["en"].startswith("7.50 = 5 % of 150.00 goods paid")
        assert earning.why["zh-hans"].startswith("7.50 = 实付货款 150.00 的 5%")

    def test_only_the_nearest_provider_is_paid_and_only_if_it_is_a_company(self) -> None:
        near, far = (person(name, "provider", company=True) for name in ("near", "far"))
        no_company = person("person", "provider")
        earnings = split_order(order(line(10_000, 5_000)), chain(no_company, near, far), CLUB).earnings
        assert [earning.payee_id for earning in earnings] == ["near", ""]

    def test_a_hundred_thousand_within_three_months_makes_a_provider_and_not_a_cent_less(self) -> None:
        def after(*totals: DayTotal, company: bool = True) -> list[str]:
            return roles_from(
                CLUB, company=company, roles=frozenset({"member"}), totals={"own_sales": totals}
            )

        first_day = date(2026, 8, 23)
        assert after(DayTotal(first_day, 6_000_000), DayTotal(TODAY, 4_000_000)) == ["provider"]
        assert after(DayTotal(first_day, 6_000_000), DayTotal(TODAY, 3_999_999)) == []
        assert after(DayTotal(first_day - timedelta(days=1), 6_000_000), DayTotal(TODAY, 4_000_000)) == []
        assert after(DayTotal(TODAY, 10_000_000), company=False) == []

    def test_the_very_order_that_reaches_it_makes_the_provider_which_the_next_one_pays(self) -> None:
        """One cent less than 100,000 pays nothing; the cent makes the provider, whom the next order pays."""
        totals: list[DayTotal] = []
        roles = frozenset({"member"})
        reached_after = None
        for amount in (99_999, *[900_000] * 11, 1, 900_000):
            seller = person("co", *roles, company=True)
            earnings = amounts(split_order(order(line(amount, 1)), chain(seller), CLUB).earnings)
            assert ("service" in earnings) == ("provider" in roles)
            totals.append(DayTotal(TODAY, amount))
            facts = Facts(TODAY, roles, company=True, totals={"own_sales": tuple(totals)})
            gained = progress(facts, CLUB)
            if gained:
                assert amount == 1
                reached_after = sum(total.amount for total in totals)
                assert gained[0].why["en"].endswith("100000.00 needed")
                roles |= {change.role for change in gained}
        assert reached_after == 10_000_000
        assert earnings["service"] == 45_000

    def test_the_window_of_three_months_slides_over_month_ends_and_leap_days(self) -> None:
        def after(today: date, *totals: DayTotal) -> bool:
            facts = Facts(today, frozenset({"member"}), company=True, totals={"own_sales": totals})
            return bool(progress(facts, CLUB))

        half = 5_000_000
        leap = date(2028, 5, 29)
        assert after(leap, DayTotal(date(2028, 3, 1), half), DayTotal(leap, half))
        assert not after(leap, DayTotal(date(2028, 2, 29), half), DayTotal(leap, half))
        may = date(2027, 5, 31)
        assert after(may, DayTotal(date(2027, 3, 1), half), DayTotal(may, half))
        assert not after(may, DayTotal(date(2027, 2, 28), half), DayTotal(may, half))
        january = date(2027, 1, 31)
        assert after(january, DayTotal(date(2026, 11, 1), half), DayTotal(january, half))
        assert not after(january, DayTotal(date(2026, 10, 31), half), DayTotal(january, half))

    def test_own_spending_of_365_returns_the_deposit_and_364_99_does_not(self) -> None:
        deposit = CLUB.document.join.deposit
        assert deposit is not None
        assert deposit.returned_when is not None
        for spent, is_returned in ((36_499, False), (36_500, True)):
            facts = Facts(
                TODAY, totals={"own_spend": (DayTotal(TODAY, spent - 10_000), DayTotal(TODAY, 10_000))}
            )
            assert bool(reason(deposit.returned_when, facts, CLUB)) == is_returned

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
            totals = {
                "bound_fans": (DayTotal(TODAY, fans),),
                "holders_below:shopkeeper": (DayTotal(TODAY, shopkeepers),),
            }
            return roles_from(MALL, roles=frozenset(roles), totals=totals)

        assert after(9, 0, "member") == []
        assert after(10, 0, "member") == ["shopkeeper"]
        assert after(30, 9, "member", "shopkeeper") == []
        assert after(30, 10, "member", "shopkeeper") == ["manager"]

    def test_two_levels_are_paid_and_the_third_is_not(self) -> None:
        keeper = [person(name, "member", "shopkeeper") for name in ("one", "two", "three", "four")]
        earnings = split_order(order(line(10_000, 5_000)), chain(*keeper), MALL).earnings
        assert amounts(earnings) == {"share": 800, "shopkeeper": 400, "second": 200, "margin": 3_600}
        assert {earning.payee_id for earning in earnings} == {"one", "two", ""}


class TestLocalLife:
    def test_fifteen_make_a_super_promoter_and_a_hundred_and_fifty_a_director(self) -> None:
        def after(fans: int) -> list[str]:
            return roles_from(LOCAL, totals={"bound_fans": (DayTotal(TODAY, fans),)})

        assert after(14) == []
        assert after(15) == ["super"]
        assert after(149) == ["super"]
        assert after(150) == ["super", "director"]

    def test_commission_of_two_levels_is_taken_from_the_margin(self) -> None:
        promoter, director = person("p", "promoter"), person("d", "promoter", "super", "director")
        earnings = split_order(order(line(10_000, 6_000), fee=100), chain(promoter, director), LOCAL).earnings
        assert amounts(earnings) == {"first": 1_200, "second": 400, "margin": 2_300}
        earnings = split_order(order(line(10_000, 6_000)), chain(director), LOCAL).earnings
        assert amounts(earnings) == {"first": 1_200, "super": 200, "director": 200, "margin": 2_400}


class TestTheOtherCases:
    def test_buying_anything_makes_a_promoter_and_five_shopkeepers_a_leader(self) -> None:
        mall = presets.rules("buy-anything")
        assert (mall.document.join.who, mall.document.join.grants) == ("buyers", ["promoter"])

        def after(**totals: int) -> list[str]:
            by_metric = {
                name.replace("__", ":"): (DayTotal(TODAY, amount),) for name, amount in totals.items()
            }
            return roles_from(mall, totals=by_metric)

        assert after(own_sales=299_999) == []
        assert after(own_sales=300_000) == ["shopkeeper"]
        assert after(holders_below__shopkeeper=4) == []
        assert after(holders_below__shopkeeper=5) == ["leader"]

    def test_the_quota_mall_pays_two_levels_and_invites_by_own_sales(self) -> None:
        mall = presets.rules("invitation-quota")
        promoters = [person(name, "promoter") for name in ("one", "two", "three")]
        earnings = split_order(order(line(10_000, 5_000)), chain(*promoters), mall).earnings
        assert amounts(earnings) == {"own": 1_000, "brought": 300, "margin": 3_700}
        invites = mall.document.invites
        assert invites is not None
        assert (invites.price, invites.reward, invites.at_start) == (None, None, 3)

    def test_a_shop_owner_by_spending_or_by_tasks_of_selling_and_steady_sales_lead_on(self) -> None:
        network = presets.rules("shop-network")
        for totals in (
            {"own_spend": (DayTotal(TODAY, 30_000),)},
            {"own_sales": (DayTotal(TODAY, 50_000),)},
        ):
            assert roles_from(network, totals=totals) == ["owner"]
        assert roles_from(network, totals={"own_spend": (DayTotal(TODAY, 29_999),)}) == []

    def test_the_opener_of_a_group_earns_and_a_first_order_is_cheaper(self) -> None:
        buying = presets.rules("group-buying")
        goods = [line(10_000, 5_000)]
        assert price_reductions(goods, person("m", "member"), buying, first_order=True) == {"1": 500}
        assert price_reductions(goods, person("m", "member"), buying) == {"1": 0}
        assert price_reductions([line(2_999, 1)], person("m"), buying, first_order=True) == {"1": 0}
        opened = chain(person("a", "member"))._replace(leader=person("b", "member"))
        assert amounts(split_order(order(*goods), opened, buying).earnings) == {
            "share": 500,
            "opened": 300,
            "margin": 4_200,
        }

    def test_the_leader_of_a_neighbourhood_earns_per_order(self) -> None:
        group = presets.rules("community-group")
        led = chain()._replace(leader=person("l", "leader"))
        fresh, dry = line(5_000, 3_000, tags=("fresh",)), line(5_000, 3_000, name="2")
        assert amounts(split_order(order(fresh), led, group).earnings) == {
            "order": 100,
            "goods": 400,
            "margin": 1_500,
        }
        both = amounts(split_order(order(fresh, dry), led, group).earnings)
        assert both == {"order": 100, "goods": 800, "dry-goods": 100, "margin": 3_000}
        assert "order" not in amounts(split_order(order(line(999, 1)), led, group).earnings)

    def test_streamer_and_bringer_share_one_sale(self) -> None:
        live = presets.rules("live-network")
        sold = chain()._replace(streamer=person("s", "streamer", "star"), bringer=person("b"))
        earnings = amounts(split_order(order(line(10_000, 5_000)), sold, live).earnings)
        assert earnings == {"stream": 1_000, "star": 200, "bring": 400, "margin": 3_400}

    def test_a_purchase_through_a_note_is_the_authors(self) -> None:
        mall = presets.rules("content-mall")
        through = chain(first=True)._replace(author=person("w"))
        earnings = amounts(split_order(order(line(10_000, 6_000)), through, mall).earnings)
        assert earnings == {"note": 1_200, "new-customer": 300, "margin": 2_500}
        assert amounts(split_order(order(line(10_000, 6_000)), chain(person("sharer")), mall).earnings) == {
            "margin": 4_000
        }


def test_a_line_without_margin_pays_nobody_and_the_shop_bears_the_loss() -> None:
    sold_at_a_loss: SaleLine = line(1_000, 1_200)
    split = split_order(order(sold_at_a_loss, fee=10), chain(person("one", "promoter")), LOCAL)
    assert amounts(split.earnings) == {"margin": -210}
    assert split.distributable == -210
