"""Schemes that a law or arithmetic stands against, hidden in a document in any of the ways that people try.

Each scheme adds to a lawful document what it needs, and says which finding must come of it. What hides it is
drawn: other conditions around it, other lines, roles and goods beside it, sums split over several lines.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from hypothesis import strategies as st

Data = dict[str, Any]
PERIODS = ("month", "quarter", "year")


class Scheme(NamedTuple):
    """A document with a scheme in it, and the gravest of what must be found."""

    document: Data
    severity: str
    code: str


@st.composite
def lawful(draw: st.DrawFn) -> Data:
    """A document in which nothing is wrong: savings, one level from sales, and people around a sale."""
    roles: list[Data] = [{"id": "fan", "name": "Fan"}]
    earn: list[Data] = []
    if draw(st.booleans()):
        roles.append({"id": "seller", "name": "S", "reach": {"metric": "own_sales", "at_least": 3000}})
        earn.append(line("seller", percent=draw(st.integers(1, 4)), when={"payee_roles": ["seller"]}))
    if draw(st.booleans()):
        roles.append({"id": "helper", "name": "H", "reach": {"metric": "tasks", "at_least": 3}})
        earn.append(line("writer", payee="author", percent=2, when={"payee_roles": ["helper"]}))
    if draw(st.booleans()):
        earn.append(line("share", percent=draw(st.integers(1, 5))))
    if draw(st.booleans()):
        earn.append(line("room", payee="streamer", percent=3))
    if draw(st.booleans()):
        when = draw(st.sampled_from([{}, {"buyer_roles": ["fan"]}, {"first_order": True}]))
        earn.append(line("saving", kind="price_reduction", payee="buyer", percent=8, when=when))
    return {
        "name": "any",
        "roles": roles,
        "join": {"who": draw(st.sampled_from(["anyone", "invited", "approved"])), "grants": ["fan"]},
        "earn": earn,
        "limits": {"payout": {"percent": draw(st.integers(85, 100)), "of": "margin"}},
        "tax": {"commission": "withheld_by_platform", "service_fee": "invoice_by_company"},
    }


def line(name: str, **keys: Any) -> Data:
    """One line of ``earn``: a commission of the sharer's, unless ``keys`` say otherwise."""
    return {"id": name, "kind": "commission", "payee": "sharer", **keys}


def spend(draw: st.DrawFn, least: int = 1) -> Data:
    """Own spending of some sum, within some time."""
    own_spend: Data = {"metric": "own_spend", "at_least": draw(st.integers(least, 2000))}
    if draw(st.booleans()):
        own_spend["window"] = {"calendar": draw(st.sampled_from(PERIODS))}
    return own_spend


def heads(draw: st.DrawFn) -> Data:
    """A number of people, or of holders of a role."""
    count = draw(st.integers(1, 300))
    if draw(st.booleans()):
        return {"metric": "holders_below", "role": "fan", "at_least": count}
    return {"metric": "bound_fans", "at_least": count}


def among(draw: st.DrawFn, condition: Data, depth: int = 2) -> Data:
    """The condition behind others that somebody who sells fulfils anyway, and that do not stand for it."""
    if depth == 0 or draw(st.booleans()):
        return condition
    easy = [{"metric": "own_sales", "at_least": 1}, {"metric": "tasks", "at_least": 1}]
    beside = draw(st.lists(st.sampled_from(easy), max_size=2))
    inner = [*beside, among(draw, condition, depth - 1)]
    way = {"all": draw(st.permutations(inner))}
    return {"any": [way]} if draw(st.booleans()) else way


def earning_role(draw: st.DrawFn, document: Data, role: Data, **keys: Any) -> None:
    """Add a role and a line of ``earn`` that pays who holds it, in any order."""
    document["roles"].insert(
        draw(st.integers(0, len(document["roles"]))), {"id": "agent", "name": "A", **role}
    )
    payee = draw(st.sampled_from(["sharer", "streamer", "author", "leader", "bringer"]))
    goods = draw(st.sampled_from([{}, {"tags": ["pack"]}, {"not_categories": ["food"], "products": ["p"]}]))
    roles = ["agent", *decoys(draw, document)]
    own = line(
        "agent", payee=payee, percent=draw(st.integers(1, 6)), goods=goods, when={"payee_roles": roles}
    )
    document["earn"].insert(draw(st.integers(0, len(document["earn"]))), {**own, **keys})


def decoys(draw: st.DrawFn, document: Data) -> list[str]:
    """Roles that are paid as well, and that nobody comes by: given by hand, or for far more sales."""
    ways: dict[str, Data] = {"staff": {}, "star": {"reach": {"metric": "own_sales", "at_least": 1_000_000}}}
    chosen = draw(st.lists(st.sampled_from(sorted(ways)), unique=True))
    document["roles"] += [{"id": name, "name": "D", **ways[name]} for name in chosen]
    return chosen


def granted(draw: st.DrawFn, document: Data) -> Data:
    """A role that everybody is granted on joining, and what it takes to keep it is added by the caller."""
    document["join"]["grants"].append("agent")
    return {}


def buying_to_keep(draw: st.DrawFn, document: Data) -> tuple[str, str]:
    """A role is free to have, and lost by whoever does not go on buying."""
    granted(draw, document)
    condition = draw(st.sampled_from([spend(draw), {"metric": "purchases", "at_least": 1}]))
    if draw(st.booleans()):
        condition = {"any": [condition, heads(draw)]}
    needs = among(draw, condition)
    earning_role(draw, document, {"lost": {"every": draw(st.sampled_from(PERIODS)), "needs": needs}})
    return "refuse", "purchase_to_keep"


def heads_to_keep(draw: st.DrawFn, document: Data) -> tuple[str, str]:
    """A role is free to have, and lost by whoever brings too few."""
    granted(draw, document)
    needs = among(draw, heads(draw))
    earning_role(draw, document, {"lost": {"every": draw(st.sampled_from(PERIODS)), "needs": needs}})
    return "sign_off", "headcount_to_keep"


def buying_to_earn(draw: st.DrawFn, document: Data) -> tuple[str, str]:
    """A role must be bought, whatever stands beside it as another way."""
    own_spend = spend(draw)
    ways = [
        own_spend,
        {"metric": "purchases", "at_least": draw(st.integers(2, 50))},
        {"any": [own_spend, heads(draw)]},
        {
            "any": [
                own_spend,
                {"metric": "own_sales", "at_least": own_spend["at_least"] * draw(st.integers(101, 9999))},
            ]
        },
        {"any": [own_spend, {"metric": "tasks", "at_least": draw(st.integers(1001, 10**6))}]},
        {"any": [own_spend, {"metric": "sales_of_bound", "at_least": 5000}]},
    ]
    earning_role(draw, document, {"reach": among(draw, draw(st.sampled_from(ways)))})
    return "refuse", "purchase_to_earn"


def deposit_to_earn(draw: st.DrawFn, document: Data) -> tuple[str, str]:
    """A deposit comes back, but without it nobody earns."""
    document["join"]["deposit"] = {"amount": draw(st.integers(1, 5000))}
    granted(draw, document)
    reach = draw(st.sampled_from([{}, {"reach": heads(draw)}, {"reach": spend(draw)}]))
    earning_role(draw, document, reach)
    return "sign_off", "deposit_to_earn"


def fee_for_goods(draw: st.DrawFn, document: Data) -> tuple[str, str]:
    """A fee is called refundable, and buys goods that stay."""
    document["join"]["fee"] = {"amount": draw(st.integers(1, 999)), "buys": "goods", "refundable": True}
    document["earn"].append(line("any", percent=1))
    return "refuse", "entry_fee"


def bounty(draw: st.DrawFn, document: Data) -> tuple[str, str]:
    """The first order of somebody brought pays more than their later ones."""
    payee = draw(st.sampled_from(["sharer", "second", "bringer", "leader"]))
    rate = draw(st.sampled_from([{"fixed": draw(st.integers(1, 300))}, {"percent": draw(st.integers(2, 6))}]))
    for number in range(draw(st.integers(1, 3))):
        when: Data = {"first_order": True}
        if draw(st.booleans()):
            when["order_at_least"] = draw(st.integers(1, 500))
        document["earn"].append(line(f"new{number}", payee=payee, when=when, **rate))
    if "percent" in rate and draw(st.booleans()):
        later = {"percent": 1, "when": {"first_order": False}}
        document["earn"].append(line("later", payee=payee, **later))
    return "sign_off", "first_order_bounty"


def whole_margin(draw: st.DrawFn, document: Data) -> tuple[str, str]:
    """One person gets nearly all that a sale leaves, by however many lines, as whatever they are."""
    least, parts = draw(st.integers(10, 900)), draw(st.integers(1, 4))
    each = {"fixed": -(-least * 3 // parts) / 1, "when": {"order_at_least": least}}
    ways: list[Data] = [
        each,
        {"percent": 100 // parts, "cap": least * 2},
        {"base": "margin", "percent": 100 // parts},
    ]
    rate = draw(st.sampled_from(ways))
    goods = draw(st.sampled_from([{}, {"tags": ["pack"]}]))
    payees = ["sharer", "streamer", "author", "leader", "bringer"]
    document["earn"] = [
        line(f"part{number}", payee=draw(st.sampled_from(payees)), goods=goods, **rate)
        for number in range(parts)
    ]
    return "sign_off", "margin_taken"


def company_tiers(draw: st.DrawFn, document: Data) -> tuple[str, str]:
    """Company stands above company, each with a fee of its own."""
    tiers = draw(st.integers(2, 5))
    for number in range(tiers):
        role = {"id": f"tier{number}", "name": "T", "company": True}
        document["roles"].insert(draw(st.integers(0, len(document["roles"]))), role)
        goods = draw(st.sampled_from([{}, {"tags": [f"t{number}"]}]))
        when = {"payee_roles": [f"tier{number}"]}
        fee = line(
            f"fee{number}", kind="service_fee", payee="nearest_above", percent=1, goods=goods, when=when
        )
        document["earn"].append(fee)
    also_sharer = any(earn["payee"] == "sharer" for earn in document["earn"])
    return ("refuse", "third_level") if tiers + also_sharer > 2 else ("sign_off", "second_level")


def companies_that_share(draw: st.DrawFn, document: Data) -> tuple[str, str]:
    """Whoever also_sharer registers a company, and is paid against an invoice, at two levels."""
    document["roles"].append({"id": "studio", "name": "S", "company": True})
    for payee in ("sharer", "second"):
        own = {"kind": "service_fee", "percent": draw(st.integers(1, 9)), "when": {"payee_roles": ["studio"]}}
        document["earn"].append(line(f"studio-{payee}", payee=payee, **own))
    return "sign_off", "second_level"


def third_as_company(draw: st.DrawFn, document: Data) -> tuple[str, str]:
    """The third level is a company that joining, or next to nothing, makes."""
    studio: Data = {"id": "studio", "name": "S", "company": True}
    document["roles"].append(studio)
    if draw(st.booleans()):
        document["join"]["grants"].append("studio")
    else:
        metric = draw(st.sampled_from(["tasks", "purchases", "own_sales", "bound_fans"]))
        studio["reach"] = {"metric": metric, "at_least": 1, "window": {"rolling_days": 30}}
    own = {"kind": "service_fee", "payee": "nearest_above", "percent": 2, "when": {"payee_roles": ["studio"]}}
    document["earn"] += [line("one", percent=5), line("two", payee="second", percent=3), line("three", **own)]
    return "refuse", "third_level"


def rate_by_team(draw: st.DrawFn, document: Data) -> tuple[str, str]:
    """What somebody earns rises with what the people below sell, or falls without it."""
    team = {"metric": "sales_of_bound", "at_least": draw(st.integers(1, 10**6))}
    condition = among(
        draw, draw(st.sampled_from([team, {"any": [team, {"metric": "tasks", "at_least": 2}]}]))
    )
    if draw(st.booleans()):
        granted(draw, document)
        earning_role(draw, document, {"lost": {"every": "month", "needs": condition}})
    else:
        earning_role(draw, document, {"reach": condition})
    return "sign_off", "team_sales"


def held_for_years(draw: st.DrawFn, document: Data) -> tuple[str, str]:
    """Income waits for years."""
    document["earn"].append(line("waits", percent=1, hold_days=draw(st.integers(181, 3650))))
    return "sign_off", "long_hold"


def recruit_pays_first(draw: st.DrawFn, document: Data) -> tuple[str, str]:
    """Whoever also_sharer earns only from buyers who paid, bought or brought people first."""
    role: Data = {"id": "partner", "name": "P"}
    way = draw(st.sampled_from(["spend", "deposit", "heads"]))
    if way == "deposit":
        document["join"]["deposit"] = {"amount": 365}
        document["join"]["grants"].append("partner")
    else:
        role["reach"] = among(draw, spend(draw) if way == "spend" else heads(draw))
    document["roles"].append(role)
    rate = draw(st.sampled_from([{"fixed": 150}, {"percent": 5}]))
    document["earn"].append(line("partner", when={"buyer_roles": ["partner"]}, **rate))
    return "sign_off", "buyer_pays_first"


SCHEMES: tuple[Callable[[st.DrawFn, Data], tuple[str, str]], ...] = (
    buying_to_keep,
    heads_to_keep,
    buying_to_earn,
    deposit_to_earn,
    fee_for_goods,
    bounty,
    whole_margin,
    company_tiers,
    companies_that_share,
    third_as_company,
    rate_by_team,
    held_for_years,
    recruit_pays_first,
)


@st.composite
def hidden(draw: st.DrawFn, scheme: Callable[[st.DrawFn, Data], tuple[str, str]]) -> Scheme:
    """A lawful document with the scheme hidden in it."""
    document = draw(lawful())
    severity, code = scheme(draw, document)
    return Scheme(document, severity, code)
