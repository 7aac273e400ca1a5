"""A supplier's statement: its own money only, and where each cent of it is."""

import pytest
from django.test import Client

from accounts import roles
from billing.payouts import selectors, services
from billing.payouts.selectors import Totals
from catalog.models import Supplier
from tests.build import make_supplier, make_user
from tests.payouts.conftest import give_back, sell, ship
from tests.sandbox import RunningSandbox

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
    assert selectors.totals_of(farm) == [Totals("CNY")]
    sell(farm, 100)
    ship(sell(farm, 200))
    assert selectors.oldest_due() is not None
    assert selectors.totals_of(farm) == [Totals("CNY", waiting=100, due=200)]
    services.pay_due()
    assert selectors.oldest_due() is None
    sandbox.break_next("/v1/transfers")
    ship(sell(farm, 400))
    services.pay_due()
    assert selectors.totals_of(farm) == [Totals("CNY", waiting=100, on_its_way=400, paid=200)]


def test_paid_is_what_was_transferred_after_setting_off(farm: Supplier) -> None:
    for amount in (500, 800):
        payable = sell(farm, amount)
        ship(payable)
        services.pay_due()
        if amount == 500:
            give_back(payable)
            assert selectors.totals_of(farm) == [Totals("CNY", paid=500, owed_back=500)]
    assert selectors.totals_of(farm) == [Totals("CNY", paid=500 + 300)]


def test_a_supplier_sees_its_own_orders_in_either_language(farm: Supplier) -> None:
    paid = sell(farm, 12_300)
    ship(paid)
    services.pay_due()
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
    for _order in range(selectors.PER_PAGE + 1):
        sell(farm, 100, prepaid=True)
    with django_assert_max_num_queries(4):  # type: ignore[operator]
        page, lines = selectors.statement(farm, 2)
        assert (len(lines), page.paginator.num_pages) == (1, 2)
