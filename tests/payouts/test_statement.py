"""A supplier's statement: its own money only, and where each cent of it is."""

import csv
import io
from datetime import timedelta
from random import Random

import pytest
import time_machine
from django.db import transaction
from django.http import HttpResponse
from django.test import Client

from accounts import roles
from billing.ledger import services as ledger_services
from billing.payouts.bank_payouts import services as bank_payout_services
from billing.payouts.holds import services as hold_services
from billing.payouts.models import Payable, Payout
from billing.payouts.payables import selectors as payable_selectors
from billing.payouts.payables import services as payable_services
from billing.payouts.payables import statements
from billing.payouts.payables.selectors import Totals
from billing.payouts.transfers import services as transfer_services
from catalog.models import Supplier
from fulfilment.models import SupplierOrder
from kernel import clock
from kernel.ids import new_id
from kernel.texts.translated import pick
from tests.payouts.conftest import TENANT, days_later, give_back, held, sell, ship
from tests.support.build import make_supplier, make_user
from tests.support.documents import text_of_pdf
from tests.support.sandbox import RunningSandbox

pytestmark = pytest.mark.django_db
PAGE = "/portal/statements/"


def visit(supplier: Supplier | None, language: str = "en", role: str = roles.SUPPLIER) -> tuple[int, str]:
    """Open the statement as one of the supplier's people."""
    client = Client(HTTP_HOST="localhost")
    client.cookies["lang"] = language
    client.force_login(
        make_user(f"{language}@{supplier}.test", role=role, supplier_id=supplier.id if supplier else None),
        backend="accounts.backends.RoleBackend",
    )
    answer = client.get(PAGE)
    return answer.status_code, answer.content.decode()


def test_totals_say_where_the_money_is(farm: Supplier, sandbox: RunningSandbox) -> None:
    assert payable_selectors.totals_of(farm) == [Totals("CNY")]
    sell(farm, 100)
    ship(sell(farm, 200))
    assert payable_selectors.oldest_due() is not None
    assert payable_selectors.totals_of(farm) == [Totals("CNY", waiting=100, due=200)]
    transfer_services.pay_due()
    assert payable_selectors.oldest_due() is None
    sandbox.break_next("/v1/transfers")
    ship(sell(farm, 400))
    transfer_services.pay_due()
    assert payable_selectors.totals_of(farm) == [Totals("CNY", waiting=100, on_its_way=600)]
    days_later(sandbox, 2)
    assert payable_selectors.totals_of(farm) == [Totals("CNY", waiting=100, on_its_way=400, paid=200)]


def test_paid_is_what_has_arrived_after_setting_off(farm: Supplier, sandbox: RunningSandbox) -> None:
    for amount in (500, 800):
        payable = sell(farm, amount)
        ship(payable)
        transfer_services.pay_due()
        if amount == 500:
            days_later(sandbox, 2)
            give_back(payable)
            assert payable_selectors.totals_of(farm) == [Totals("CNY", paid=500, owed_back=500)]
    days_later(sandbox, 2)
    assert payable_selectors.totals_of(farm) == [Totals("CNY", paid=500 + 300)]


def test_a_supplier_sees_its_own_orders_in_either_language(farm: Supplier) -> None:
    paid = sell(farm, 12_300)
    ship(paid)
    transfer_services.pay_due()
    give_back(paid)
    sell(farm, 45_600)
    status, page = visit(farm)
    assert status == 200
    for text in ("CN¥123.00", "CN¥456.00", "tr_", "Due when you have shipped", "To be set off", "refunded"):
        assert text in page
    status, page = visit(farm, "zh-hans")
    assert status == 200
    for text in ("对账单", "¥123.00", "发货后到期", "待抵扣"):
        assert text in page


def test_a_supplier_reads_of_its_payout_hold_and_what_the_penalty_is_for(farm: Supplier) -> None:
    ship(sell(farm, 700))
    hold = hold_services.place_hold(supplier_id=farm.pk, reason="not said here", acting_user="chief")
    with transaction.atomic():
        payable_services.charge_penalty(supplier_id=farm.pk, amount=5_000, currency="CNY", ruling_id=new_id())
    page = visit(farm)[1]
    for text in (
        "payouts are on hold",
        "Due, on hold",
        "CN¥50.00 was charged as the penalty for a counterfeit",
    ):
        assert text in page
    for text in ("can be paid", "Due, paid today", "Orders were refunded", hold.reason):
        assert text not in page
    page = visit(farm, "zh-hans")[1]
    assert "暂停打款" in page
    assert "因假货被收取罚金 ¥50.00" in page
    hold_services.lift_hold(hold_id=hold.pk, reason="cleared", acting_user="chief")
    assert payable_selectors.totals_of(farm) == [Totals("CNY", due=700, owed_back=5_000, penalties=5_000)]


def test_nobody_else_sees_it(farm: Supplier) -> None:
    sell(farm, 12_300)
    status, page = visit(make_supplier("forge"))
    assert (status, "123.00" in page) == (200, False)
    assert "Nothing yet" in page
    assert "no account yet" in page
    assert visit(None, role=roles.CENTRAL_STAFF)[0] == 403
    answer = Client(HTTP_HOST="localhost").get(PAGE)
    assert answer.status_code == 302
    assert "sign-in" in answer["Location"]


def test_a_long_statement_is_paged_with_few_queries(
    farm: Supplier, django_assert_max_num_queries: pytest.FixtureRequest
) -> None:
    for _order in range(payable_selectors.PER_PAGE + 1):
        sell(farm, 100, prepaid=True)
    with django_assert_max_num_queries(4):  # type: ignore[operator]
        page, lines = payable_selectors.statement(farm, 2)
        assert (len(lines), page.paginator.num_pages) == (1, 2)


def download(supplier: Supplier, name: str, language: str = "en", **query: str) -> HttpResponse:
    """Fetch a file of the statement as one of the supplier's people."""
    client = Client(HTTP_HOST="localhost", HTTP_ACCEPT_LANGUAGE=language)
    client.force_login(
        make_user(f"{new_id()}@farm.test", role=roles.SUPPLIER, supplier_id=supplier.id),
        backend="accounts.backends.RoleBackend",
    )
    return client.get(f"{PAGE}month.{name}", query)


def test_the_month_as_a_table_for_the_books(farm: Supplier, sandbox: RunningSandbox) -> None:
    payable = sell(farm, 70_000)
    ship(payable)
    transfer_services.pay_due()
    give_back(payable)
    number = name_order(payable, "=cmd|'/c calc'!A1")
    answer = download(farm, "csv")
    assert answer["Content-Type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0] == ["When", "What", "Number", "Amount", "Currency"]
    assert [row[1:] for row in rows[1:]] == [
        ["order", f"'{number}", "700.00", "CNY"],
        ["paid to your account", Payout.objects.get().external_id, "-700.00", "CNY"],
        ["refund", f"'{number}", "-700.00", "CNY"],
    ], "no cell is a formula"
    assert "金额" in download(farm, "csv", "zh-hans").content.decode()
    assert len(download(farm, "csv", month="2020-01").content.decode().splitlines()) == 1


def name_order(payable: Payable, number: str) -> str:
    """Give the supplier's order of a payable its number."""
    SupplierOrder.objects.create(
        id=payable.supplier_order_id,
        supplier=payable.supplier,
        tenant_id=TENANT,
        order_id=payable.order_id,
        number=number,
        schema="t_ready1",
        shop_name="Shop",
        ship_to={},
        currency="CNY",
        cost=payable.amount,
    )
    return number


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("name", ["csv", "pdf"])
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.slow
def test_a_month_that_is_over_never_changes(
    farm: Supplier,
    sandbox: RunningSandbox,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    language: str,
    seed: int,
) -> None:
    """Orders, payouts, refunds, penalties at random over three months: each month's file stays as it was."""
    post = ledger_services._post
    monkeypatch.setattr(ledger_services, "_post", lambda *row: post(*row[:6], row[6] or clock.now(), row[7]))
    random, kept, payables = Random(seed), dict[str, str](), list[Payable]()
    begin = clock.now().replace(day=3)

    def written(month: object) -> str:
        """Return what a month's file says; a document also says when it was made."""
        content = download(farm, name, language, month=str(month)).content
        return text_of_pdf(content) if name == "pdf" else content.decode()

    owed = 0
    for number in range(3):
        with time_machine.travel(begin + timedelta(days=31 * number), tick=False):
            month = statements.read_month("", farm)
            for _act in range(6):
                match random.choice(["sell", "sell", "pay", "refund", "penalty"]):
                    case "sell":
                        payables.append(sell(farm, random.randint(100, 9_000), prepaid=True))
                    case "pay":
                        for payable in payables:
                            ship(payable)
                        transfer_services.pay_due()
                    case "refund" if payables:
                        give_back(payables.pop(random.randrange(len(payables))))
                    case "penalty":
                        with transaction.atomic():
                            payable_services.charge_penalty(
                                supplier_id=farm.id, amount=500, currency="CNY", ruling_id=new_id()
                            )
            statement = statements.statement_of(farm, month)
            assert statement.opening.get("CNY", 0) == owed, "it begins where the last one ended"
            owed += statement.total("CNY")
            kept[str(month)] = written(month)
            balances = held(farm)
            assert owed == sum(balances.get(kind, 0) for kind in statements.OWED)
        for earlier, content in list(kept.items()):
            assert written(earlier) == content
    assert len(kept) == 3


@pytest.mark.slow
def test_the_month_as_a_document(farm: Supplier) -> None:
    ship(sell(farm, 70_000))
    transfer_services.pay_due()
    answer = download(farm, "pdf")
    assert answer.content.startswith(b"%PDF-")
    assert answer["Content-Disposition"].endswith('.pdf"')
    text = text_of_pdf(answer.content)
    for word in ("700.00", "The farm", "Owed at the end", "paid to your account"):
        assert word in text
    assert "农场" in text_of_pdf(download(farm, "pdf", "zh-hans").content)


@pytest.mark.parametrize("month", ["2026-13", "x", "2026-11-01", "-1", "9999-12", "0001-01"])
def test_a_month_that_is_none_is_said_so(farm: Supplier, month: str) -> None:
    for name in ("csv", "pdf"):
        answer = download(farm, name, month=month)
        assert answer.status_code == 422
        assert "write it like 2026-11" in answer.content.decode()


def test_a_supplier_opens_and_completes_its_account(sandbox: RunningSandbox) -> None:
    supplier = make_supplier("new", email="new+incomplete@example.test")
    client = Client(HTTP_HOST="localhost", HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(
        make_user("n@new.test", role=roles.SUPPLIER, supplier_id=supplier.id),
        backend="accounts.backends.RoleBackend",
    )
    assert "no account yet" in client.get(PAGE).content.decode()
    assert client.post(f"{PAGE}account/", {"country": "CN"}).status_code == 302
    page = client.get(PAGE).content.decode()
    for text in ("not complete yet", "a bank account to be paid to", "Go on at the payment service"):
        assert text in page
    link = client.get(f"{PAGE}account/go/")["Location"]
    assert link.startswith(f"{sandbox.url}/onboarding/acct_")
    sandbox.control(f"accounts/{link.rpartition('/')[2]}/enable")
    client.get(f"{PAGE}account/return/")
    assert "can be paid" in client.get(PAGE).content.decode()


def test_the_central_team_sees_it_too(farm: Supplier) -> None:
    ship(sell(farm, 70_000))
    transfer_services.pay_due()
    client = Client(HTTP_HOST="localhost", HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(
        make_user("chief@central.test", role=roles.CENTRAL_STAFF), backend="accounts.backends.RoleBackend"
    )
    address = f"/console/statements/{farm.id}/"
    assert "CN¥700.00" in client.get(address).content.decode()
    assert client.get(address, {"file": "csv"}).content.decode().count("700.00") == 2
    assert client.get(address, {"file": "pdf"}).content.startswith(b"%PDF-")
    bank_payout_services.send_on()
    assert pick(farm.name, "en") in client.get("/console/payouts/bankpayout/").content.decode(), "whose bank"
