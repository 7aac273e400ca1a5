"""The wallet in the shop and the money pages of both consoles, over HTTP."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts import roles
from accounts.models import User
from billing.ledger.models import AccountKind
from billing.payouts.accounts import services as payout_account_services
from billing.payouts.halts import selectors as halt_selectors
from billing.payouts.models import PayoutAccount, Withdrawal
from billing.payouts.transfers import services as transfer_services
from billing.subsidy_budgets import services as subsidy_budget_services
from kernel import clock
from kernel.models import AuditEntry
from kernel.tenancy import in_public, in_tenant
from tenants.agents.earnings.wallets import wallet_of
from tenants.agents.models import Earning, Member, Sale
from tenants.registry.models import Tenant
from tenants.shop.promotions.goods_subsidies.models import GoodsSubsidy
from tenants.shop.promotions.red_packets.models import RedPacketBatch
from tests.payouts.conftest import days_later
from tests.payouts.people import Shop, earn, fill
from tests.payouts.people import wallet_of as balances
from tests.support.consoles import Browser, ShopConsole
from tests.support.sandbox import RunningSandbox

pytestmark = pytest.mark.django_db
INVOICE = b"%PDF-1.7\n1 0 obj\n%%EOF\n"
SHARE = {"en": "8 % of the goods", "zh-hans": "货款的 8%"}


class Person:
    """A member's browser."""

    def __init__(self, tenant: Tenant, user: User) -> None:
        self.tenant, self.user = tenant, user
        self.client = Client(HTTP_HOST="alice.localhost", HTTP_ACCEPT_LANGUAGE="en")
        with in_tenant(tenant):
            self.client.force_login(user, backend="accounts.backends.RoleBackend")

    def get(self, path: str, language: str = "en") -> str:
        """Open a page."""
        with in_public():
            answer = self.client.get(path, headers={"accept-language": language})
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.content.decode()

    def post(self, path: str, **content: Any) -> Any:
        """Send a form."""
        with in_public():
            return self.client.post(path, content, follow=True)


@pytest.fixture
def bob(console: ShopConsole, sandbox: RunningSandbox) -> Person:
    """Bob, a member, with 5,000.00 that can be taken out."""
    user = console.person(roles.MEMBER)
    earn(Shop(id=console.tenant.id), user.pk, 500_000)
    fill(sandbox, 100_000_000)
    return Person(console.tenant, user)


def key_in(page: str) -> str:
    """The idempotency key of a form."""
    match = re.search(r'name="idempotency_key" value="([^"]+)"', page)
    assert match, page
    return match[1]


@pytest.mark.slow
def test_from_an_empty_account_to_money_in_the_bank(bob: Person, sandbox: RunningSandbox) -> None:
    page = bob.get("/wallet/")
    assert "Open a payout account" in page
    assert "CN¥5,000.00" in page
    bob.post("/wallet/account/", country="CN")
    account = PayoutAccount.objects.get(owner_id=bob.user.pk)
    assert (account.state, account.tenant_id) == ("able", bob.tenant.id)
    with in_public():
        away = bob.client.get("/wallet/account/go/")
    assert away["Location"] == f"{sandbox.url}/onboarding/{account.external_id}"
    preview = bob.post("/wallet/preview/", amount="900.00", wallet="commission_payable").content.decode()
    assert "CN¥900.00" in preview
    assert "5,000 a month" in preview
    key = key_in(preview)
    for _click in range(3):
        done = bob.post(
            "/wallet/withdraw/", amount="900.00", wallet="commission_payable", idempotency_key=key
        )
        assert "Your money is on its way" in done.content.decode()
    assert Withdrawal.objects.count() == 1
    transfer_services.pay_due()
    page = bob.get("/wallet/")
    assert "Paid to me" in page
    assert "Expected in your bank by" in page
    assert "On its way to me" in page
    days_later(sandbox, 2)
    assert "On its way to me" not in bob.get("/wallet/")
    assert "In your bank since" in bob.get("/wallet/")
    assert "CN¥4,100.00" in page
    assert "提现记录" in bob.get("/wallet/", "zh-hans")


@pytest.mark.slow
def test_what_cannot_be_taken_out_is_said_in_words(
    bob: Person, sandbox: RunningSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    bob.post("/wallet/account/", country="CN")
    account = PayoutAccount.objects.get()
    for amount in ("0", "-5", "1.234", "9.99", "many", "99999999999999999999"):
        answer = bob.post("/wallet/preview/", amount=amount, wallet="commission_payable")
        assert answer.redirect_chain[-1][0] == "/wallet/", amount
    assert "Take out at least CN¥10.00." in bob.post("/wallet/preview/", amount="9.99").content.decode()
    with caplog.at_level("INFO", logger="storefront_theme.pages.wallet"):
        answer = bob.post("/wallet/withdraw/", amount="5000.01", idempotency_key="ab")
    assert "Take out at most CN¥5,000.00." in answer.content.decode()
    logged = [vars(record) for record in caplog.records if record.name == "storefront_theme.pages.wallet"]
    line = logged[-1]
    assert (line["code"], line["field"]) == ("insufficient_balance", "amount")
    too_much = bob.post("/wallet/preview/", amount="5000.01", wallet="commission_payable").content.decode()
    assert "does not hold that much" in too_much
    assert bob.post("/wallet/preview/", amount="10", wallet="tenant_margin").status_code == 400
    sandbox.control(f"accounts/{account.external_id}/disable")
    with in_public():
        bob.client.get("/wallet/account/return/")
    page = bob.get("/wallet/")
    for text in ("overdue", "a picture of an identity document", "stopped for now"):
        assert text in page
    refused = bob.post("/wallet/withdraw/", amount="100", wallet="commission_payable").content.decode()
    assert "cannot pay to this account" in refused
    assert Withdrawal.objects.count() == 0


def test_what_did_not_go_through_says_why_in_the_reader_s_language(
    bob: Person, sandbox: RunningSandbox
) -> None:
    bob.post("/wallet/account/", country="CN")
    bob.post("/wallet/withdraw/", amount="900.00")
    sandbox.control(f"accounts/{PayoutAccount.objects.get().external_id}/disable")
    transfer_services.pay_due()
    assert Withdrawal.objects.get().state == Withdrawal.State.FAILED
    assert "could not pay to the payout account" in bob.get("/wallet/")
    page = bob.get("/wallet/", "zh-hans")
    assert "支付服务方无法向收款账户打款" in page
    assert "insufficient_capabilities" not in page


def test_what_nobody_can_type_is_no_fault_of_the_page(bob: Person) -> None:
    bob.post("/wallet/account/", country="CN")
    for field in ("amount", "idempotency_key", "invoice_number", "wallet"):
        answer = bob.post("/wallet/withdraw/", **{"amount": "20", field: "2\0"})
        assert answer.status_code == 400
        assert "NUL" in answer.content.decode()
    assert not Withdrawal.objects.exists()


def test_each_share_says_what_it_is_by_now(bob: Person) -> None:
    now = clock.now()
    with in_tenant(bob.tenant):
        member = Member.objects.get(pk=bob.user.pk)
        for position, (state, amount, more) in enumerate(
            [
                ("pending", 1_100, {}),
                ("holding", 1_200, {"payable_at": now + timedelta(days=7)}),
                ("holding", 1_300, {"payable_at": now, "review_reasons": ["shared device"]}),
                ("payable", 1_400, {"payable_at": now, "released_at": now}),
                ("payable", 500_000, {"payable_at": now, "released_at": now + timedelta(hours=1)}),
                ("reversed", 1_500, {"clawed_back": 1_500}),
                ("refused", 1_600, {}),
            ]
        ):
            sale = Sale.objects.create(
                order_id=UUID(int=position + 1),
                order_number=f"N{position}",
                currency="CNY",
                paid=1,
                rules_version=1,
            )
            Earning.objects.create(
                sale=sale,
                position=0,
                payee=member,
                payee_kind="member",
                kind="commission",
                earn_id="share",
                amount=amount,
                portions=[amount],
                why=SHARE,
                payee_why=SHARE,
                state=state,
                **more,
            )
    bob.post("/wallet/account/", country="CN")
    bob.post("/wallet/withdraw/", amount="14.00", wallet="commission_payable", idempotency_key="k")
    with in_tenant(bob.tenant):
        wallet = wallet_of(bob.user, bob.tenant)
    assert {line.amount: line.state for line in wallet.earnings} == {
        1_100: "pending", 1_200: "holding", 1_300: "under_review", 1_400: "withdrawn", 500_000: "payable",
        1_500: "reversed", 1_600: "refused",
    }  # fmt: skip
    assert (wallet.pending, wallet.holding) == (1_100, 2_500)
    page = bob.get("/wallet/")
    for text in (
        "Not received yet",
        "Holding period until",
        "The shop has to look at it",
        "Taken out",
        "Clawed back",
    ):
        assert text in page


@pytest.mark.slow
def test_a_company_names_its_invoice_and_sends_it(
    bob: Person, console: ShopConsole, central_team: Browser
) -> None:
    with in_tenant(bob.tenant):
        Member.objects.filter(pk=bob.user.pk).update(company_name="Bob Ltd", company_number="91310000")
    earn(Shop(id=bob.tenant.id), bob.user.pk, 300_000, wallet=AccountKind.SERVICE_FEE_PAYABLE)
    bob.post("/wallet/account/", country="CN")
    assert "Number of my invoice" in bob.get("/wallet/")
    refused = bob.post("/wallet/withdraw/", amount="900", wallet="service_fee_payable").content.decode()
    assert "against its invoice" in refused
    papers = {"amount": "900", "wallet": "service_fee_payable", "invoice_number": "F-1"}
    assert "file is missing" in bob.post("/wallet/withdraw/", **papers).content.decode()
    for wrong in (b"<script>", b"%PDF-1.7 without an end", b"PK\x03\x04 no zip", b"\x89PNG\r\n\x1a\n?"):
        sent = bob.post("/wallet/withdraw/", **papers, invoice_file=SimpleUploadedFile("a.pdf", wrong))
        assert "at most" in sent.content.decode()
    assert Withdrawal.objects.count() == 0
    bob.post("/wallet/withdraw/", **papers, invoice_file=SimpleUploadedFile("../F 1.pdf", INVOICE))
    withdrawal = Withdrawal.objects.get()
    assert (withdrawal.payee, withdrawal.invoice_number, withdrawal.tax) == ("Bob Ltd", "F-1", 0)
    # Only the company itself, the shop's finance and the central team open it; never as a page.
    own, shops = f"/wallet/invoices/{withdrawal.id}/", f"/console/withdrawals/{withdrawal.id}/invoice/"
    other = Person(console.tenant, console.person(roles.OWNER))
    finance = console.browser(roles.FINANCE)
    with in_public():
        answers = [bob.client.get(own), finance.get(shops), central_team.get(shops)]
        refused = [other.client.get(own), console.browser(roles.SUPPORT).get(shops)]
    for answer in answers:
        assert b"".join(answer.streaming_content) == INVOICE
        assert answer["Content-Disposition"] == 'attachment; filename="F 1.pdf"'
    assert [answer.status_code for answer in refused] == [404, 403]
    assert shops in finance.get(f"/console/withdrawals/{withdrawal.id}/").content.decode()


def test_the_shop_approves_and_refuses(bob: Person, console: ShopConsole) -> None:
    bob.post("/wallet/account/", country="CN")
    waiting = bob.post("/wallet/withdraw/", amount="1500", wallet="commission_payable", idempotency_key="1")
    assert "waits for approval" in waiting.content.decode()
    bob.post("/wallet/withdraw/", amount="1600", wallet="commission_payable", idempotency_key="2")
    first, second = Withdrawal.objects.order_by("id")
    finance = console.browser(roles.FINANCE)
    page = finance.get("/console/withdrawals/").content.decode()
    assert "To be approved" in page
    assert "CN¥1,500.00" in page
    assert finance.post(f"/console/withdrawals/{first.id}/", approve="1").status_code == 302
    short = finance.post(f"/console/withdrawals/{second.id}/", refuse="1", reason="x")
    assert short.status_code == 200
    finance.post(f"/console/withdrawals/{second.id}/", refuse="1", reason="no papers")
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state, second.reason) == ("requested", "refused", "no papers")
    assert "no papers" in bob.get("/wallet/")
    assert console.browser(roles.SUPPORT).get("/console/withdrawals/").status_code == 403


def test_the_owner_cannot_approve_their_own(console: ShopConsole, sandbox: RunningSandbox) -> None:
    owner = console.person(roles.OWNER)
    earn(Shop(id=console.tenant.id), owner.pk, 500_000)
    own = Person(console.tenant, owner)
    own.post("/wallet/account/", country="CN")
    own.post("/wallet/withdraw/", amount="1500", wallet="commission_payable")
    withdrawal = Withdrawal.objects.get()
    said = (
        console.browser(roles.OWNER)
        .post(f"/console/withdrawals/{withdrawal.id}/", approve="1")
        .content.decode()
    )
    assert "Nobody decides about their own money" in said
    withdrawal.refresh_from_db()
    assert withdrawal.state == "awaiting"


def test_terms_margin_and_account_of_the_shop(console: ShopConsole, sandbox: RunningSandbox) -> None:
    fill(sandbox, 100_000_000)
    shop = Shop(id=console.tenant.id)
    earn(shop, shop.id, 90_000, wallet=AccountKind.TENANT_MARGIN, kind="tenant", days_ago=30)
    owner, finance = console.browser(roles.OWNER), console.browser(roles.FINANCE)
    terms = {"which": "terms", "key": "1", "minimum": "20", "fee": "1", "approval_above": "500"}
    finance.post("/console/withdrawals/", **terms)
    assert AuditEntry.objects.filter(action="withdrawal.terms").count() == 0
    assert owner.post("/console/withdrawals/", **terms).status_code == 302
    wrong = owner.post("/console/withdrawals/", **{**terms, "approval_above": "10000.01"})
    assert "higher than the platform allows" in wrong.content.decode()
    owner.post("/console/payout-account/", country="CN")
    assert "can be paid" in owner.get("/console/payout-account/").content.decode()
    assert owner.get("/console/payout-account/go/")["Location"].startswith(sandbox.url)
    assert owner.get("/console/payout-account/return/").status_code == 302
    manager = console.browser(roles.MANAGER)
    assert "CN¥900.00" in manager.get("/console/withdrawals/").content.decode()
    manager.confirm("/console/withdrawals/", which="take", key="1", amount="400")
    manager.confirm("/console/withdrawals/", which="take", key="1", amount="400")
    withdrawal = Withdrawal.objects.get()
    assert (withdrawal.state, withdrawal.amount, withdrawal.wallet) == ("requested", 40_000, "tenant_margin")
    transfer_services.pay_due()
    assert balances(shop, shop.id, "tenant")["tenant_margin"] == 50_000


@pytest.mark.slow
def test_subsidy_budgets_in_the_console(console: ShopConsole) -> None:
    shop = Shop(id=console.tenant.id)
    earn(shop, shop.id, 90_000, wallet=AccountKind.TENANT_PREPAID, kind="tenant")
    owner = console.browser(roles.OWNER)
    form = {"which": "fund", "key": "1", "name": "Opening", "amount": "300", "source": "tenant_prepaid"}
    for _click in range(2):
        assert owner.confirm("/console/subsidies/", **form).status_code == 302
    too_much = owner.confirm("/console/subsidies/", **{**form, "key": "2", "amount": "601"})
    assert "balance does not cover" in too_much.content.decode()
    page = owner.get("/console/subsidies/").content.decode()
    assert "Opening" in page
    assert "CN¥300.00" in page
    (budget,) = subsidy_budget_services.budgets_of(console.tenant.id)
    page_url, now = f"/console/subsidies/{budget.id}/", clock.now()
    window = {"starts_at": f"{now:%Y-%m-%dT%H:%M}", "ends_at": f"{now + timedelta(days=3):%Y-%m-%dT%H:%M}"}
    goods = {"which": "goods", "key": "1", "amount": "3", **window}
    for far in ({"starts_at": "0001-01-01T00:00"}, {"ends_at": "9999-12-31T23:59"}):
        refused = owner.post(page_url, **goods | far, goods="/p/farm/tea/").content.decode()
        assert "between the years 2000 and 2100" in refused
    assert "leads to no goods" in owner.post(page_url, **goods, goods="/p/farm/none/").content.decode()
    assert owner.post(page_url, **goods, goods="http://alice.localhost/p/farm/tea/").status_code == 302
    handed = {"which": "red_packets", "key": "1", "name": "Welcome", "amount": "5", "number": "10",
              "min_spend": "20", "expires_at": window["ends_at"], "audience": "link"}  # fmt: skip
    assert owner.confirm(page_url, **handed).status_code == 302
    assert "balance does not cover" in owner.confirm(page_url, **{**handed, "number": "99"}).content.decode()
    with in_tenant(console.tenant):
        packets, running = RedPacketBatch.objects.get(), GoodsSubsidy.objects.get()
    member = Person(console.tenant, console.person(roles.MEMBER))
    assert "for goods from CN¥20.00" in member.get(f"/red-packets/{packets.code}/")
    assert "Subsidy" in member.get("/p/farm/tea/")
    for _tap in range(2):
        assert "is yours" in member.post(f"/red-packets/{packets.id}/take/").content.decode()
    assert "have this red packet already" in member.get(f"/red-packets/{packets.code}/")
    assert "1 to use" in member.get("/wallet/")
    page = owner.get(page_url).content.decode()
    assert "1 / 10" in page
    assert f"/red-packets/{packets.code}/" in page
    finance = console.browser(roles.FINANCE)
    for way, press in (
        (f"red-packets/{packets.id}/stop/", owner.confirm),
        (f"goods/{running.id}/end/", owner.post),
    ):
        assert finance.post(f"/console/subsidies/{way}").status_code == 403
        assert press(f"/console/subsidies/{way}").status_code == 302
    (budget,) = subsidy_budget_services.budgets_of(console.tenant.id)
    assert (budget.left, budget.set_aside, budget.spent) == (29_500, 500, 0)
    console.browser(roles.FINANCE).post(f"/console/subsidies/{budget.id}/close/")
    assert subsidy_budget_services.budgets_of(console.tenant.id)[0].is_open
    owner.confirm(f"/console/subsidies/{budget.id}/close/")
    assert balances(shop, shop.id, "tenant") == {"tenant_prepaid": 89_500}


def test_the_central_team_decides_stops_and_lets_go(bob: Person, central_team: Browser) -> None:
    bob.post("/wallet/account/", country="CN")
    bob.post("/wallet/withdraw/", amount="1500", wallet="commission_payable")
    withdrawal = Withdrawal.objects.get()
    assert "CN¥1,500.00" in central_team.get("/console/withdrawals/").content.decode()
    assert central_team.post("/console/halts/", stop="1", reason="we look into it").status_code == 302
    assert halt_selectors.in_force()
    assert "we look into it" in central_team.get("/console/halts/").content.decode()
    central_team.post(f"/console/withdrawals/{withdrawal.id}/", approve="1")
    transfer_services.pay_due()
    withdrawal.refresh_from_db()
    assert withdrawal.state == "requested"
    central_team.post("/console/halts/", lift="1", reason="all is well")
    assert not halt_selectors.in_force()
    for page in ("payoutaccount", "bankpayout", "payout", "payable"):
        assert central_team.get(f"/console/payouts/{page}/").status_code == 200
    account = payout_account_services.account_of("member", bob.user.pk, bob.tenant.id)
    assert account is not None
    assert central_team.get(f"/console/payouts/payoutaccount/{account.pk}/change/").status_code == 200
