"""``banyan import`` from the command line: what it prints and how it ends."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from catalog.models import Price, Product, Supplier
from kernel.models import AuditEntry
from tests.support.build import make_category, make_supplier

SAMPLES = Path(__file__).parent / "samples"


ANSWERS = ("--units", "0", "--unshipped", "voucher", "--no-category")


def _run(*arguments: str, code: int = 0, answers: tuple[str, ...] = ANSWERS) -> dict[str, Any]:
    """Run with --json and an answer to every question, expect the exit ``code``, return what was printed."""
    out = io.StringIO()
    arguments += answers
    if code:
        with pytest.raises(SystemExit) as end:
            call_command("import", *arguments, "--json", stdout=out)
        assert end.value.code == code
    else:
        call_command("import", *arguments, "--json", stdout=out)
    printed: dict[str, Any] = json.loads(out.getvalue())
    return printed


def test_a_good_file(db: None) -> None:
    make_supplier()
    category = make_category("home")
    report = _run(
        str(SAMPLES / "newest.csv"), "--supplier", "farm", "--currency", "usd", "--category", "home"
    )
    assert (report["created"], report["variants"], report["errors"]) == (1, 2, [])
    assert Product.objects.get().category_id == category.pk
    assert set(Price.objects.values_list("currency", flat=True)) == {"USD"}
    assert AuditEntry.objects.get(action="import_products").actor_label == "banyan import"


def test_the_cost_is_a_share_of_the_price(db: None) -> None:
    make_supplier()
    _run(str(SAMPLES / "classic.csv"), "--supplier", "farm", "--cost-percent", "72.5")
    price = Price.objects.get(variant__sku="MUG-M-250")
    assert (price.suggested, price.cost) == (1850, 1341)


def test_some_products_refused(db: None, tmp_path: Path) -> None:
    make_supplier()
    file = tmp_path / "mixed.csv"
    file.write_text("Handle,Title,Price\ncup,Cup,5\npot,Pot,dear\n", encoding="utf-8")
    report = _run(str(file), "--supplier", "farm", code=1)
    assert (report["created"], report["failed"]) == (1, 1)
    assert report["errors"][0]["line"] == 3
    assert report["errors"][0]["value"] == "dear"


def test_a_new_supplier_must_be_asked_for(db: None) -> None:
    file = str(SAMPLES / "classic.csv")
    answer = _run(file, "--supplier", "potter", code=2)
    assert answer["error"]["field"] == "supplier"
    create = ("--supplier", "potter", "--create-supplier")
    assert _run(file, *create, code=2)["error"]["field"] == "--currency"
    _run(file, *create, "--currency", "usd", "--dry-run")
    assert not Supplier.objects.exists()
    assert _run(file, *create, "--currency", "usd")["created"] == 2
    assert Supplier.objects.get().currency == "USD"
    assert set(Price.objects.values_list("currency", flat=True)) == {"USD"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["nowhere.csv", "--supplier", "farm"],
        [str(SAMPLES / "classic.csv"), "--supplier", "farm", "--cost-percent", "120"],
        [str(SAMPLES / "classic.csv"), "--supplier", "farm", "--category", "nothing"],
        [str(SAMPLES / "classic.csv"), "--supplier", "No Code", "--create-supplier"],
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(db: None, arguments: list[str]) -> None:
    make_supplier()
    with pytest.raises(CommandError) as refusal:
        call_command("import", *arguments)
    assert refusal.value.returncode == 2
    assert not Product.objects.exists()


def test_the_report_for_people_names_the_fault(
    db: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_supplier()
    file = tmp_path / "mixed.csv"
    file.write_text("Handle,Title,Price\ncup,Cup,5\npot,Pot,dear\n", encoding="utf-8")
    with pytest.raises(SystemExit):
        call_command("import", str(file), "--supplier", "farm", "--dry-run")
    shown = capsys.readouterr().out
    assert "dear" in shown
    assert "cup" in shown


GOODS = "Handle,Title,Price\ncup,Cup,5\npot,Pot,dear\n"


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"LANG": "en_US.UTF-8"}, "this is not an amount of money"),
        ({"LANG": "fr_FR.UTF-8"}, "this is not an amount of money"),
        ({"LANG": "zh_CN.UTF-8"}, "这不是一个金额"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "zh_TW.UTF-8"}, "这不是一个金额"),
        ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "en_GB.UTF-8"}, "this is not an amount of money"),
        ({"LANG": "C.UTF-8"}, "这不是一个金额"),
    ],
)
def test_the_command_speaks_the_language_of_its_environment(
    db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], said: str
) -> None:
    make_supplier()
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    file = tmp_path / "goods.csv"
    file.write_text(GOODS, encoding="utf-8")
    assert _run(str(file), "--supplier", "farm", "--dry-run", code=1)["errors"][0]["message"] == said


def test_nothing_is_brought_in_before_every_question_is_answered(db: None, tmp_path: Path) -> None:
    make_supplier()
    file = tmp_path / "goods.csv"
    file.write_text("Handle,Title,Price\ncup,Cup,5\n", encoding="utf-8")
    report = _run(str(file), "--supplier", "farm", code=2, answers=("--no-category",))
    assert [(question["key"], question["count"]) for question in report["questions"]] == [("stock", 1)]
    assert not Product.objects.exists()
    assert _run(str(file), "--supplier", "farm", answers=("--no-category", "--units", "3"))["created"] == 1


def test_columns_named_once_are_kept_for_the_supplier(db: None, tmp_path: Path) -> None:
    make_supplier()
    make_supplier("other")
    file = tmp_path / "goods.csv"
    file.write_text("a,b\nCup,5\n", encoding="utf-8")
    assert _run(str(file), "--supplier", "farm", code=2)["error"]["field"] == "columns"
    named = ("--column", "title=a", "--column", "price=b")
    assert _run(str(file), "--supplier", "farm", *named)["created"] == 1
    assert _run(str(file), "--supplier", "farm")["unchanged"] == 1
    assert _run(str(file), "--supplier", "other", code=2)["error"]["field"] == "columns"


@pytest.mark.parametrize("currency", ["RMB", "XXX", "DEM", "EURO"])
def test_no_supplier_and_no_price_in_what_is_no_currency(db: None, currency: str) -> None:
    make_supplier()
    file = str(SAMPLES / "classic.csv")
    for arguments in (["--supplier", "farm"], ["--supplier", "new", "--create-supplier"]):
        error = _run(file, *arguments, "--currency", currency, code=2)["error"]
        assert (error["field"], error["value"], bool(error["remedy"])) == ("currency", currency, True)
    assert not Price.objects.exists()
    assert Supplier.objects.count() == 1
