"""The page of campaigns, as an owner uses it, and what buyers see of one."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from accounts import roles
from catalog.models import Allocation, Stock
from kernel import clock
from kernel.ids import new_id
from kernel.tenancy import in_tenant
from tenants.agents.bindings import services as binding_services
from tenants.agents.models import Member
from tests.support.consoles import Browser, ShopConsole
from tests.support.world import HOST


def at(hours: int) -> str:
    return f"{(clock.now() + timedelta(hours=hours)).astimezone(ZoneInfo('Asia/Shanghai')):%Y-%m-%dT%H:%M}"


def asked(code: str, goods: str, **changes: str) -> dict[str, str]:
    return {
        "which": "campaign", "key": str(new_id()), "name": "Tea night", "seller": code, "goods": goods,
        "starts_at": at(0), "ends_at": at(2), "matrix_until": at(5), **changes,
    }  # fmt: skip


def code_of(console: ShopConsole, role: str) -> str:
    with in_tenant(console.tenant):
        code: str = Member.objects.get(user=console.person(role)).referral_code
        return code


def units(console: ShopConsole) -> tuple[int, int, int]:
    row = Allocation.objects.get()
    return row.own, row.open, Stock.objects.get(variant=console.tea.variants.get()).available


def text(answer: Any) -> str:
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_an_owner_sets_goods_aside_releases_and_ends(console: ShopConsole) -> None:
    owner, manager = console.browser(), code_of(console, roles.MANAGER)
    with in_tenant(console.tenant):
        member = Member.objects.get(user=console.person(roles.MEMBER))
        binding_services.bind(member=member, code=manager, how="link")
        buyer = Browser(HOST)
        buyer.client.force_login(console.person(roles.MEMBER), backend="accounts.backends.RoleBackend")
    sent = asked(manager, "https://alice.localhost/p/farm/tea/ 4 90.00 80.00")
    for wrong, fault in (
        ({"goods": "/p/farm/tea/ 4 50.00"}, "Ask at least"),
        ({"goods": "/p/farm/tea/ 11"}, "Set fewer aside"),
        ({"goods": "/p/farm/nothing/ 1"}, "leads to no goods"),
        ({"goods": "/p/farm/tea/ some"}, "parted by spaces"),
        ({"seller": "NOBODY"}, "Nobody in the shop has this code."),
        ({"ends_at": at(6)}, "over within 31 days"),
    ):
        page = owner.post("/console/campaigns/", **{**sent, **wrong})
        assert fault in text(page), (wrong, page.context["form"].errors)
    assert not Allocation.objects.exists()
    for _twice in range(2):
        assert owner.post("/console/campaigns/", **sent).status_code == 302
    assert units(console) == (4, 0, 6)
    assert "Tea night" in text(owner.get("/console/campaigns/"))
    page = buyer.get("/p/farm/tea/")
    assert "4 left" in text(page)
    price = text(page).partition("price-panel")[2].partition("</div>")[0]
    assert "</span>90<" in price
    assert "private" in page.headers["Cache-Control"]
    assert "left" not in text(owner.get("/p/farm/tea/")).partition("price-panel")[2].partition("</div>")[0]

    path = f"/console/campaigns/{Allocation.objects.get().campaign_id}/"
    support = console.browser(roles.SUPPORT)
    for act in ("release", "end"):
        assert support.post(f"{path}{act}/").status_code == 403
    assert owner.confirm(f"{path}release/").status_code == 302
    assert units(console) == (0, 4, 6)
    assert "open to the others" in text(owner.get(path))
    assert owner.confirm(f"{path}end/").status_code == 302
    assert units(console) == (0, 0, 10)
    assert "stock again" in text(owner.get(path))
    assert "Campaign until" not in text(buyer.get("/p/farm/tea/"))
