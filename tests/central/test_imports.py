"""Files brought in through the central team's console, from the form to the worker and back."""

from typing import Any

import pytest
from celery import current_app
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts import roles
from catalog import tasks
from catalog.importing.formats import FORMATS
from catalog.models import ImportRun, Product
from kernel.tenancy import in_public
from tests.support.build import make_category, make_supplier, make_user

HEAD = "handle,title_en,cost,suggested_price,stock,category\n"


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[list[Any]]:
    """What was handed to a worker: the arguments of each task."""
    calls: list[list[Any]] = []
    monkeypatch.setattr(current_app, "send_task", lambda _name, args, **_options: calls.append(args))
    return calls


def central_team(language: str) -> Client:
    chief = make_user(f"chief-{language}@central.test", roles.CENTRAL_ADMIN)
    browser = Client(headers={"host": "localhost", "accept-language": language})
    browser.force_login(chief, backend="accounts.backends.RoleBackend")
    return browser


def bring(browser: Client, text: str) -> str:
    """Send a file by the form; return the address of its page."""
    make_category("food")
    supplier = make_supplier()
    file = SimpleUploadedFile("goods.csv", (HEAD + text).encode())
    with in_public():
        answer = browser.post("/console/imports/", {"supplier": supplier.pk, "file": file})
    return str(answer["Location"])


def read(browser: Client, path: str) -> str:
    with in_public():
        return browser.get(path).content.decode()


@pytest.mark.parametrize(
    ("language", "said"), [("en", "this is not an amount"), ("zh-hans", "这不是一个金额")]
)
def test_what_is_wrong_is_said_in_the_language_of_whoever_asked(
    own_database: str, sent: list[list[Any]], language: str, said: str
) -> None:
    browser = central_team(language)
    path = bring(browser, "tea,Tea,6,ten,5,food\n")
    tasks.run_import(*sent.pop())
    assert said in read(browser, path)


def test_every_faulty_line_is_named_and_changes_are_put_in_words(
    own_database: str, sent: list[list[Any]]
) -> None:
    browser = central_team("zh-hans")
    path = bring(browser, "tea,Tea,6,10,5,food\n" + "".join(f"bad{n},Tea,6,ten\n" for n in range(300)))
    tasks.run_import(*sent.pop())
    page = read(browser, path)
    assert all(f"<td>{line}</td>" in page for line in range(3, 303))
    assert "新增规格款 1" in page
    assert "variants_added" not in page


def test_a_run_that_breaks_down_says_so_and_is_not_looked_at_for_ever(
    own_database: str, sent: list[list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_given: Any) -> None:
        raise RuntimeError("the disk is gone")

    browser = central_team("en")
    path = bring(browser, "tea,Tea,6,10,5,food\n")
    monkeypatch.setitem(FORMATS, ImportRun.objects.get().format, broken)
    with pytest.raises(RuntimeError):
        tasks.run_import(*sent.pop())
    page = read(browser, path)
    assert "nothing was changed" in page
    assert "the disk is gone" not in page
    assert 'http-equiv="refresh"' not in page
    assert not Product.objects.exists()


TABLE = '品名,规格,售价,备注\n龙井,50克,"88,00",x\n龙井,100克,160,\n普洱,,0,\n'.encode("gbk")


def test_a_table_of_anybodys_own_is_chosen_looked_at_asked_about_and_kept_for_the_next_time(
    own_database: str, sent: list[list[Any]]
) -> None:
    browser = central_team("en")
    make_category("tea")
    supplier = make_supplier()

    def send(name: str, data: bytes) -> str:
        with in_public():
            answer = browser.post(
                "/console/imports/", {"supplier": supplier.pk, "file": SimpleUploadedFile(name, data)}
            )
        return str(answer["Location"])

    def post(path: str, **fields: str) -> Any:
        with in_public():
            return browser.post(path, fields)

    path = send("表格" * 110 + ".csv", TABLE)
    assert sent == []
    with in_public():
        page = browser.get(path, follow=True).content.decode()
    assert "GBK / GB18030" in page
    assert '<option value="售价" selected>' in page
    assert '<td dir="auto">88,00</td>' in page
    columns = {"title": "品名", "price": "售价", "value1": "规格", "body": "备注"}
    shown = post(f"{path}columns/", **columns, look="1").content.decode()
    assert "<th>description</th>" in shown
    assert sent == []
    for codec in ("rot13", "utf-8"):  # no encoding of files, and not that of this one
        assert post(f"{path}columns/", **columns, encoding=codec).status_code == 200
    assert sent == []
    assert "This field is required" in post(f"{path}columns/", title="品名").content.decode()
    assert post(f"{path}columns/", **columns)["Location"] == path
    tasks.run_import(*sent.pop())
    page = read(browser, path)
    assert "how many of each?" in page
    assert "without a price it is not for sale" in page
    assert post(path, category="tea").status_code == 200  # the number is missing
    assert sent == []
    assert post(path, category="tea", units="7").status_code == 302
    tasks.run_import(*sent.pop())
    assert {
        product.category.slug for product in Product.objects.select_related("category") if product.category
    } == {"tea"}
    assert Product.objects.count() == 2
    assert "truncated" not in read(browser, "/console/imports/")
    again = send("next.csv", TABLE)
    tasks.run_import(*sent.pop())
    assert "0 new, 0 changed, 2 as they were, 0 not taken" in read(browser, again)
