"""``banyan replay``: the shop's own orders under other rules."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from tenants.agents.earnings import selectors as earning_selectors
from tenants.shop.orders.models import Order
from tests.support.build import RULES
from tests.support.purchases import book_payment, fill_cart, place
from tests.support.world import World


def buy(shop: World, user: User) -> Order:
    """A paid order of a lamp and two teas."""
    return book_payment(place(shop, fill_cart(shop, tea=2, buyer=user), buyer=user))


def run(file: Path, *more: str) -> dict[str, Any]:
    out = StringIO()
    call_command("replay", str(file), "--host", "alice.localhost", "--json", *more, stdout=out)
    facts: dict[str, Any] = json.loads(out.getvalue())
    return facts


def test_the_same_rules_change_nothing_and_other_rules_show_who_gains(shop: World, tmp_path: Path) -> None:
    order = buy(shop, shop.carol)
    file = tmp_path / "rules.yaml"
    file.write_text(RULES)
    same = run(file)
    paid = {earning.payee_id: earning.amount for earning in earning_selectors.earnings_of(order.id)}
    assert same["orders"] == 1
    sellers = (str(shop.alice.pk), str(shop.bob.pk))
    assert same["incomes"] == {key: {"before": paid[key], "after": paid[key]} for key in sellers}
    assert same["shop"] == {"before": paid[str(shop.tenant.id)], "after": paid[str(shop.tenant.id)]}
    assert same["savings"] == {str(shop.carol.pk): {"before": order.saving, "after": order.saving}}
    file.write_text(
        RULES.replace("percent: 8", "percent: 12").replace(
            "payee: second, percent: 3", "payee: second, percent: 1"
        )
    )
    other = run(file)
    bob, alice = other["incomes"][str(shop.bob.pk)], other["incomes"][str(shop.alice.pk)]
    assert bob["after"] * 8 == bob["before"] * 12
    assert alice["after"] * 3 == alice["before"]
    gone = other["shop"]["before"] - other["shop"]["after"]
    assert gone == bob["after"] - bob["before"] + alice["after"] - alice["before"]
    assert run(file, "--days", "0")["orders"] == 0


def test_an_unknown_host_or_a_faulty_document_is_named_and_ends_with_2(
    shop: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("nonsense: 1\n")
    with pytest.raises(SystemExit) as ended:
        call_command("replay", str(file), "--host", "alice.localhost", "--json")
    assert ended.value.code == 2
    assert {"nonsense", "name"} == {fault["path"] for fault in json.loads(capsys.readouterr().out)["faults"]}
    with pytest.raises(CommandError, match="nowhere") as unknown:
        call_command("replay", "deposit-club", "--host", "nowhere.localhost")
    assert unknown.value.returncode == 2


def test_the_table_names_the_people_and_the_totals(shop: World, capsys: pytest.CaptureFixture[str]) -> None:
    buy(shop, shop.carol)
    call_command("replay", "deposit-club", "--host", "alice.localhost")
    shown = capsys.readouterr().out
    assert "1 orders" in shown
    assert "left to the shop" in shown
    assert "0 gain, 2 lose, 0 get the same" in shown


def test_an_order_is_explained_as_it_was_split(shop: World, capsys: pytest.CaptureFixture[str]) -> None:
    order, out = buy(shop, shop.carol), StringIO()
    call_command("explain", "--tenant=alice.localhost", f"--order={order.number}", "--json", stdout=out)
    explained = json.loads(out.getvalue())
    recorded = [
        (earning.payee_id, earning.amount, earning.why) for earning in earning_selectors.earnings_of(order.id)
    ]
    assert [
        (earning["payee"], earning["amount"], earning["why"]) for earning in explained["earnings"]
    ] == recorded
    assert explained["order"] == order.number
    assert {str(shop.alice.pk), str(shop.bob.pk)} <= {
        earning["payee"] for earning in explained["earnings"] if earning["name"]
    }
    call_command("explain", "--tenant=alice.localhost", f"--order={order.number}")
    assert "goods paid" in capsys.readouterr().out
    for arguments in (
        ("--tenant=alice.localhost", "--order=nothing"),
        ("--tenant=nowhere.localhost", "--order=1"),
    ):
        with pytest.raises(CommandError) as error:
            call_command("explain", *arguments, stdout=StringIO())
        assert error.value.returncode == 2
