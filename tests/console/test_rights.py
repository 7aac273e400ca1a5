"""What each role may do: as the guides say it, and money apart from everything else."""

from pathlib import Path

import pytest

from accounts import roles

GUIDES = Path(__file__).parents[2] / "docs" / "guides"
AREAS = {
    "shop": "orders, goods, prices, campaigns",
    "agents": "members, circles, rules",
    "fulfilment": "after-sales, supplier orders",
    "catalog": "suppliers, categories, products",
    "payouts": "withdrawals, payout accounts",
    "accounts": "people and roles",
    "api_keys": "API keys",
    "plans": "plan",
    "*": "everything else",
}
WORDS = [
    ({"view"}, "look"),
    ({"add"}, "add"),
    ({"change"}, "change"),
    ({"delete"}, "delete"),
    ({"refund"}, "give money back"),
]


def cell(role: str, area: str) -> str:
    """Return what a role may do in an area, in words."""
    rights = roles.RIGHTS[role]
    actions = rights.get(area, rights.get("*", frozenset()))
    words = [word for needed, word in WORDS if needed <= actions]
    return "everything" if len(words) == len(WORDS) else ", ".join(words) or "–"


def table(people: list[str]) -> str:
    """Return the table of a guide."""
    lines = ["| area | " + " | ".join(people) + " |", "|---" * (len(people) + 1) + "|"]
    lines += [
        f"| {name} | " + " | ".join(cell(role, area) for role in people) + " |"
        for area, name in AREAS.items()
    ]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("guide", "people"),
    [
        ("operators.md", [roles.OWNER, roles.MANAGER, roles.FINANCE, roles.SUPPORT]),
        ("central-team.md", [roles.CENTRAL_ADMIN, roles.CENTRAL_STAFF]),
    ],
)
def test_the_guide_says_what_the_code_allows(guide: str, people: list[str]) -> None:
    assert table(people) in (GUIDES / guide).read_text()


def test_no_right_is_given_for_an_area_the_guides_do_not_name() -> None:
    assert {area for rights in roles.RIGHTS.values() for area in rights} <= set(AREAS)


def test_looking_and_changing_give_no_money_back() -> None:
    for role in (roles.SUPPORT, roles.FINANCE, roles.CENTRAL_STAFF, roles.MEMBER, roles.SUPPLIER):
        for permission in ("fulfilment.refund_case", "shop.refund_order"):
            assert not roles.allows(role, permission)
