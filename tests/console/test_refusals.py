"""Refusals and records are said in words on every surface; what no text can hold is refused with a 400."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from accounts import roles
from billing.payouts.halts import selectors as halt_selectors
from billing.payouts.halts import services as halt_services
from billing.subsidy_budgets import services as subsidy_budget_services
from kernel import audit, clock
from kernel.models import AuditEntry
from kernel.tenancy import in_tenant
from tenants.shop.models import Order
from tests.payouts.people import Shop, earn
from tests.support.consoles import Browser, ShopConsole
from tests.support.world import HOST

pytestmark = pytest.mark.django_db
NUL = "a\0b"


def refused(answer: Any) -> bool:
    """A 400 that says what is wrong."""
    return bool(answer.status_code == 400 and "NUL" in answer.content.decode())


def test_a_nul_is_refused_wherever_it_stands(console: ShopConsole, central_team: Browser) -> None:
    visitor, owner = Browser(HOST), console.browser(roles.OWNER)
    for path in ("/search/?q=%00", "/?via=%00", "/p/farm/te%00a/", "/?%00=1"):
        assert refused(visitor.get(path)), path
    assert refused(visitor.post_plainly("/cart/add/", {"variant_id": NUL, "quantity": "1"}))
    assert refused(visitor.post_plainly("/cart/add/", {NUL: "1"}))
    assert visitor.post("/cart/add/", variant_id=NUL, quantity="1").status_code == 302
    assert refused(visitor.post("/account/login/", login=NUL, password="x"))
    assert refused(visitor.post("/console/login/", username=NUL, password="x"))
    before = AuditEntry.objects.count()
    for path in ("/console/subsidies/", "/console/team/invite/", "/console/prepaid/", "/console/brand/"):
        assert refused(owner.post(path, name=NUL, which="fund")), path
    assert refused(owner.get("/console/shop/order/?q=%00"))
    assert refused(central_team.post("/console/stuck/", queue=NUL, event=NUL, do="give_up", reason="because"))
    assert refused(central_team.post("/console/halts/", stop="1", reason=NUL))
    assert refused(Browser(HOST).get("/api/v1/products?q=%00"))
    assert not halt_selectors.in_force()
    assert AuditEntry.objects.count() == before
    said = visitor.get("/search/?q=%00", **{"accept-language": "zh"})
    assert "请删除后重新提交" in said.content.decode()


def test_a_payout_halt_says_in_words_why_it_is_in_force(central_team: Browser) -> None:
    halt_services.halt("shop.earnings_are_booked does not hold", "invariant sweep")
    for language, words in (("en", "Earnings are booked"), ("zh", "收益均已入账")):
        page = central_team.get("/console/halts/", **{"accept-language": language}).content.decode()
        assert words in page
        assert "shop.earnings_are_booked" not in page
    central_team.post("/console/halts/", lift="1", reason="ok")
    assert "shop.earnings_are_booked" not in central_team.get("/console/halts/").content.decode()
    assert not halt_selectors.in_force(), "two characters are a reason"


def test_what_was_done_to_an_order_by_hand_is_in_words(console: ShopConsole, paid_order: Order) -> None:
    with in_tenant(console.tenant), transaction.atomic():
        audit.record(
            "order.refund",
            actor="Ann",
            object_type="order",
            object_id=paid_order.id,
            object_label=paid_order.number,
            changes={"amount": "CN¥12.00", "name": "缺货"},
            reason="缺货",
        )
    path = f"/console/shop/order/{paid_order.pk}/change/"
    page = console.browser().get(path).content.decode()
    assert "order.refund" not in page
    assert "<b>amount</b>: CN¥12.00" in page
    assert "缺 → 货" not in page, "a word of two characters is no change"
    chinese = console.browser().get(path, **{"accept-language": "zh"}).content.decode()
    assert "<b>金额</b>: CN¥12.00" in chinese
    assert "<td>退款</td>" in chinese


def test_a_refusal_of_a_packet_says_the_truth_in_sentences(console: ShopConsole) -> None:
    shop = Shop(id=console.tenant.id)
    earn(shop, shop.id, 90_000, kind="tenant", wallet=subsidy_budget_services.AccountKind.TENANT_PREPAID)
    owner = console.browser(roles.OWNER)
    owner.confirm(
        "/console/subsidies/", which="fund", key="1", name="A", amount="300", source="tenant_prepaid"
    )
    (budget,) = subsidy_budget_services.budgets_of(console.tenant.id)
    form = {"which": "red_packets", "key": "1", "name": "Welcome", "number": "1", "audience": "link"}
    form |= {"min_spend": "900000000", "expires_at": f"{clock.now() + timedelta(days=3):%Y-%m-%dT%H:%M}"}
    huge = owner.confirm(f"/console/subsidies/{budget.id}/", **form, amount="800000000").content.decode()
    assert "The amount is too large: at most CN¥" in huge
    assert "Write a smaller one." in huge
    assert "above zero" not in huge
    nothing = owner.post(f"/console/subsidies/{budget.id}/", **form, amount="0").content.decode()
    assert "The amount has to be above zero. Check the number." in nothing
