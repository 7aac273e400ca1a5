"""Whatever moves money or cannot be undone shows the sum and asks once; all else can be undone.

Every view that takes a form stands in a table here, with how it keeps that. A new one is missing until
somebody has said which it is.
"""

import inspect
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.urls import URLPattern, URLResolver

from central.urls import central
from components import questions
from components.questions import Question
from portal import urls as portal_urls
from storefront_theme import urls as storefront_urls
from tenants.console.urls import console

ASKS = "asks once, with the sum where money moves"
TAKES_FORMS = ("POST", "press(", "attempt(", "form_screen(", "_act(", "invite(", "revoke(")

STOREFRONT = {
    "cart_add": "the line can be taken out",
    "cart_change": "the cart offers to put back what was taken out",
    "checkout": "the button stands below the total; unpaid, the order can be cancelled",
    "address_place": "shows fields",
    "pay": "the page is about this sum alone, and its button names it",
    "order_cancel": ASKS,
    "order_again": "the lines can be taken out",
    "order_receive": ASKS,
    "case_new": "can be withdrawn",
    "case_act": ASKS,
    "deposit": ASKS,
    "invitation": ASKS,
    "circle_task": "an operator looks at it first",
    "circle_agree": "can be changed at any time",
    "circle_transfer": ASKS,
    "circle_follow": "the page is the question",
    "red_packet_take": "costs nobody anything until it is used",
    "wallet_preview": "shows what it would cost",
    "wallet_withdraw": "pressed on the preview, which shows the sum, the fee and the tax",
    "wallet_account": "the provider's own pages ask",
    "directory": "a card can be written anew, a fair left",
    "profile": "can be written anew",
    "jury_seat": ASKS,
    "jury_received": "only opens the form for the score",
    "jury_score": ASKS,
    "jury_volunteer": "the draw decides",
    "complain": "is read by people",
    "set_language": "can be changed back",
    "set_region": "can be changed back",
}
PORTAL = {
    "ship": "a number can be corrected",
    "correct_parcel": "can be corrected again",
    "out_of_stock": ASKS,
    "import": "a number can be corrected",
    "set_stock": "can be set again",
    "redeem": "can be undone for a while",
    "undo_redemption": "can be redeemed again",
    "redeem_offline": "each can be undone for a while",
    "case_act": ASKS,
    "propose": "can be withdrawn until it is checked",
    "proposal": "a price can be noted anew",
    "account": "the provider's own pages ask",
    "directory": "a card can be written anew, a fair left",
    "sign_in": "no money and no goods",
    "code": "no money and no goods",
    "second_factor": "no money and no goods",
    "password": "no money and no goods",
    "sign_out": "no money and no goods",
    "language": "can be changed back",
}
CONSOLE = {
    "order_refund": "shows who gives back how much, and asks for the same again",
    "order_cancel": ASKS,
    "case": ASKS,
    "listing": "can be written anew",
    "passed_list": "can be hidden again",
    "passed_charter": "the page says that it is for good, and wants a tick",
    "assortment": "is tried first, and can be written anew",
    "campaigns": "can be ended",
    "campaign_release": ASKS,
    "campaign_end": ASKS,
    "team_invite": "the invitation can be taken back",
    "invitation_revoke": "another one can be sent",
    "member_grant": "can be taken away",
    "member_revoke": "can be given again",
    "member_company": "can be written anew",
    "rules": "another version can be switched on; orders keep theirs",
    "rules_findings": "only looks",
    "rules_preview": "only looks",
    "member_tasks": "can be closed",
    "member_task_open": "can be closed and opened",
    "member_task_decide": ASKS,
    "earning_review_decide": ASKS,
    "origins": "can be closed",
    "origin_close": ASKS,
    "brand": "every version can be published again",
    "prepaid": "the payment's page asks, with the sum",
    "withdrawals": ASKS,
    "withdrawal": "the page is about this sum alone, with fee and tax",
    "payout_account": "the provider's own pages ask",
    "subsidies": ASKS,
    "subsidy": ASKS,
    "goods_subsidy_end": "can be given again; orders keep theirs",
    "red_packets_stop": ASKS,
    "subsidy_close": ASKS,
    "plan": ASKS,
    "keys": "can be revoked",
    "key_revoke": ASKS,
}
CENTRAL = {
    "team_invite": "the invitation can be taken back",
    "invitation_revoke": "another one can be sent",
    "spawn": "can be retired",
    "retire": "the page says what is lost, and wants the host's name",
    "signing": "another version can be switched on; orders keep theirs",
    "circle_seen": "a note",
    "agree_plan": "another can be agreed on",
    "selection_propose": "can be returned",
    "supplier_licences": "can be written down anew",
    "selection_proposal": "what was checked still has to pass a round",
    "selection_open": "chooses nothing itself",
    "selection_charter": "the page says that it is for good, and wants the network's name",
    "selection_product": ASKS,
    "product_pictures": "can be uploaded again",
    "product_prices": "can be written anew",
    "supplier_people": "can be switched off",
    "bulk_edit": "shows every change first",
    "imports": "is looked at before it counts",
    "import_run": "shows what it would change first",
    "import_columns": "shows what it would read first",
    "case": ASKS,
    "watch": "a halt can be set again",
    "finding": "the page is about this difference alone, with its sums, and wants a reason",
    "withdrawal": "the page is about this sum alone, with fee and tax",
    "halts": "can be lifted and set again",
    "payout_holds": "can be placed again",
    "dispute_answer": "the page names the sum at stake, and that it is sent once",
    "dispute_accept": "the page names the sum, and wants a reason",
    "payment_send_back": "the page names the sum, and wants a reason",
    "stuck": "wants a reason for each",
}


def patterns(entries: Any) -> Iterator[URLPattern]:
    for entry in entries:
        if isinstance(entry, URLPattern):
            yield entry
        elif isinstance(entry, URLResolver) and "allauth" not in str(entry.urlconf_name):
            yield from patterns(entry.url_patterns)


def takes_forms(view: Any) -> bool:
    source = inspect.getsource(inspect.unwrap(view))
    return hasattr(view, "asks") or any(sign in source for sign in TAKES_FORMS)


VIEWS: list[tuple[str, dict[str, str], dict[str, Any]]] = [
    (
        "storefront",
        STOREFRONT,
        {str(row.name): row.callback for row in patterns(storefront_urls.urlpatterns)},
    ),
    ("portal", PORTAL, {str(row.name): row.callback for row in patterns(portal_urls.urlpatterns)}),
    ("console", CONSOLE, {screen.name: screen.view for screen in console.screens}),
    ("central", CENTRAL, {screen.name: screen.view for screen in central.screens}),
]


@pytest.mark.parametrize(("table", "views"), [row[1:] for row in VIEWS], ids=[row[0] for row in VIEWS])
def test_every_view_that_takes_a_form_asks_or_says_why_it_need_not(
    table: dict[str, str], views: dict[str, Any]
) -> None:
    assert sorted(name for name, view in views.items() if takes_forms(view)) == sorted(table)
    asking = {name for name, how in table.items() if how == ASKS}
    assert asking == {name for name, view in views.items() if hasattr(view, "asks")}


def test_nothing_happens_until_what_was_shown_is_answered() -> None:
    done: list[str] = []
    owed = {"amount": 44_990}

    def question_of(request: HttpRequest) -> Question | None:
        if "nothing" in request.POST:
            return None
        return Question("Give it back?", "Give it back", "/", ["For good."], owed["amount"], "CNY")

    def show(_request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
        return HttpResponse(f"{context['question'].amount} {context['fields']}")

    def view(_request: HttpRequest) -> HttpResponse:
        done.append("done")
        return HttpResponse("done")

    guarded = questions.asks(question_of, show)(view)
    posts = RequestFactory()
    first = guarded(posts.post("/", {"text": "broken", "step": "3"}))
    assert first.content.decode() == "44990 [('text', 'broken'), ('step', '3')]"
    assert done == []
    answer = question_of(posts.post("/")).answer  # type: ignore[union-attr]
    owed["amount"] = 44_991
    assert guarded(posts.post("/", {"confirmed": answer})).content.startswith(b"44991"), (
        "another sum is shown"
    )
    assert done == []
    owed["amount"] = 44_990
    assert guarded(posts.post("/", {"confirmed": answer})).content == b"done"
    assert guarded(posts.post("/", {"nothing": "1"})).content == b"done"
    assert guarded(posts.get("/")).content == b"done"
