"""Any document, as hypothesis draws it: every key there is, lawful or not."""

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

ROLES = ["member", "keeper", "provider"]
CATEGORIES = ["food", "home", "local"]
PAYEES = ["sharer", "second", "third", "nearest_above", "streamer", "bringer", "author", "leader"]
MONEY = ["own_spend", "own_sales", "sales_of_bound"]
COUNTS = ["purchases", "bound_fans", "tasks"]
amounts = st.integers(0, 10**8).map(lambda cents: f"{cents // 100}.{cents % 100:02}") | st.integers(0, 10**6)
texts = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=8) | st.sampled_from(
    [" x ", "a: b", "- x", "1e5", "null", "# no", "'", "名字 一", "yes", "inf", "0x1f"]
)
names = texts | st.fixed_dictionaries({"zh-hans": texts, "en": texts}) | st.fixed_dictionaries({"en": texts})
windows = st.one_of(
    st.builds(lambda n: {"rolling_months": n}, st.integers(1, 24)),
    st.builds(lambda n: {"rolling_days": n}, st.integers(1, 400)),
    st.sampled_from(["month", "quarter", "year"]).map(lambda period: {"calendar": period}),
)


def sometimes(draw: st.DrawFn, into: dict[str, Any], key: str, value: st.SearchStrategy[Any]) -> None:
    """Put a drawn value under ``key``, or leave it out."""
    if draw(st.booleans()):
        into[key] = draw(value)


@st.composite
def conditions(draw: st.DrawFn, below: tuple[str, ...] = (), depth: int = 2) -> dict[str, Any]:
    """Any condition; ``below`` are the roles whose holders it may count."""
    if depth and draw(st.integers(0, 3)) == 0:
        inner = draw(st.lists(conditions(below, depth - 1), min_size=1, max_size=3))
        return {draw(st.sampled_from(["all", "any"])): inner}
    metric = draw(st.sampled_from([*MONEY, *COUNTS, *(["holders_below"] if below else [])]))
    condition: dict[str, Any] = {"metric": metric}
    condition["at_least"] = draw(amounts if metric in MONEY else st.integers(0, 10**9))
    if metric == "holders_below":
        condition["role"] = draw(st.sampled_from(below))
    sometimes(draw, condition, "window", windows)
    return condition


@st.composite
def roles(draw: st.DrawFn) -> list[dict[str, Any]]:
    """The three roles, each reached, lost and paid in any way."""
    rows: list[dict[str, Any]] = []
    for number, name in enumerate(ROLES):
        role: dict[str, Any] = {"id": name, "name": draw(names), "company": draw(st.booleans())}
        sometimes(draw, role, "reach", conditions(tuple(ROLES[:number])))
        review = st.fixed_dictionaries(
            {"every": st.sampled_from(["month", "quarter", "year"]), "needs": conditions()}
        )
        sometimes(draw, role, "lost", review)
        if draw(st.integers(0, 4)) == 0:
            role["allowance"] = draw(amounts)
        rows.append(role)
    return rows


@st.composite
def earn_lines(draw: st.DrawFn, *, mixed: bool = False) -> list[dict[str, Any]]:
    """Any lines of ``earn`` whose percents fit into one whole; ``mixed`` ones call savings income too."""
    lines: list[dict[str, Any]] = []
    left = {"goods_paid": Decimal(100), "margin": Decimal(100)}
    for number in range(draw(st.integers(0, 6))):
        payee = draw(st.sampled_from([*PAYEES, "buyer"]))
        kind = draw(st.sampled_from(["commission", "service_fee"]))
        base = draw(st.sampled_from(["goods_paid", "margin"]))
        is_mixed = mixed and draw(st.integers(0, 4)) == 0
        if (payee == "buyer") != is_mixed:
            kind, base = "price_reduction", "goods_paid"
        earn: dict[str, Any] = {"id": f"e{number}", "kind": kind, "payee": payee, "base": base, "when": {}}
        if draw(st.booleans()):
            percent = draw(st.decimals(0, left[base], places=draw(st.integers(0, 4))))
            left[base] -= percent
            earn["percent"] = str(percent)
        else:
            earn["fixed"] = str(draw(st.decimals(0, 50, places=2)))
            earn["per"] = draw(st.sampled_from(["order", "unit"]))
        if draw(st.booleans()):
            earn["cap"] = str(draw(st.decimals(0, 100, places=2)))
        if payee == "nearest_above" or draw(st.booleans()):
            earn["when"]["payee_roles"] = draw(st.lists(st.sampled_from(ROLES), min_size=1, unique=True))
        if draw(st.integers(0, 3)) == 0:
            earn["when"]["buyer_roles"] = ["member"]
        if draw(st.integers(0, 3)) == 0:
            earn["when"]["first_order"] = draw(st.booleans())
        if draw(st.integers(0, 3)) == 0:
            earn["when"]["order_at_least"] = draw(amounts)
        if draw(st.integers(0, 3)) == 0:
            key = draw(st.sampled_from(["categories", "not_categories"]))
            earn["goods"] = {key: draw(st.lists(st.sampled_from(CATEGORIES), min_size=1, unique=True))}
        if draw(st.booleans()):
            earn["hold_days"] = draw(st.integers(0, 60))
        lines.append(earn)
    return lines


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Any document as far as splitting goes."""
    limits: dict[str, Any] = {}
    if draw(st.booleans()):
        percent = str(draw(st.integers(0, 100)))
        limits["payout"] = {"percent": percent, "of": draw(st.sampled_from(["margin", "goods_paid"]))}
    for key in ("per_person_day", "budget_month"):
        if draw(st.integers(0, 3)) == 0:
            limits[key] = str(draw(st.decimals(0, 100, places=2)))
    plain = [{"id": name, "name": name, "company": name == "provider"} for name in ROLES]
    return {"name": "any", "roles": plain, "earn": draw(earn_lines()), "limits": limits}


@st.composite
def whole_documents(draw: st.DrawFn) -> dict[str, Any]:
    """Any document with any of its parts, also those that exist to be refused."""
    document: dict[str, Any] = {
        "name": draw(names),
        "roles": draw(roles()),
        "earn": draw(earn_lines(mixed=True)),
    }
    sometimes(draw, document, "about", names)
    join: dict[str, Any] = {"who": draw(st.sampled_from(["anyone", "invited", "buyers", "approved"]))}
    deposit: dict[str, Any] = {"amount": draw(amounts), "returned_on_request": draw(st.booleans())}
    sometimes(draw, deposit, "returned_when", conditions())
    sometimes(draw, join, "deposit", st.just(deposit))
    fee = {"amount": amounts, "buys": st.sampled_from(["nothing", "goods"]), "refundable": st.booleans()}
    sometimes(draw, join, "fee", st.fixed_dictionaries(fee))
    sometimes(draw, join, "grants", st.lists(st.sampled_from(ROLES), unique=True))
    sometimes(draw, document, "join", st.just(join))
    bind = {
        "by": st.lists(st.sampled_from(["link", "code", "poster"]), min_size=1, unique=True),
        "when": st.sampled_from(["first_touch", "sign_up"]),
        "days": st.none() | st.integers(1, 3650),
        "takeover": st.sampled_from(["never", "after_expiry"]),
    }
    sometimes(draw, document, "bind", st.fixed_dictionaries(bind))
    invites = {
        "at_start": st.integers(0, 1000),
        "price": amounts,
        "reward": amounts,
        "expire_days": st.integers(1, 90),
    }
    sometimes(draw, document, "invites", st.fixed_dictionaries({}, optional=invites))
    head = st.fixed_dictionaries({"payee": st.sampled_from(PAYEES), "amount": amounts})
    sometimes(draw, document, "rewards_per_head", st.lists(head, max_size=2))
    payout = {
        "percent": st.integers(0, 100),
        "of": st.sampled_from(["margin", "goods_paid"]),
    }
    limits = {
        "payout": st.fixed_dictionaries(payout),
        "per_person_day": amounts,
        "budget_month": amounts,
        "below_cost": st.booleans(),
    }
    sometimes(draw, document, "limits", st.fixed_dictionaries({}, optional=limits))
    tax = {
        "commission": st.sampled_from(["withheld_by_platform", "declared_by_payee"]),
        "service_fee": st.just("invoice_by_company"),
    }
    sometimes(draw, document, "tax", st.fixed_dictionaries({}, optional=tax))
    ways = st.sampled_from(["refuse", "hold", "note"])
    fraud = {"shared_device": ways, "shared_payout_account": ways}
    sometimes(draw, document, "fraud", st.fixed_dictionaries({}, optional=fraud))
    sometimes(draw, document, "effective_from", st.dates().map(str))
    return document
