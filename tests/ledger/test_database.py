"""What the database refuses by itself, whoever asks: each guard bites, and it is that guard which does."""

from uuid import UUID

import pytest
from django.db import connection, transaction
from django.utils import translation

from billing.ledger.models import Account, AccountKind, Balance, Transfer
from kernel.errors import InsufficientBalance
from tests.ledger.test_posting import prepaid, top_up
from tests.support.refused import refused_by

pytestmark = pytest.mark.django_db
KNOWN = UUID(int=14)

# name -> (statements that must be refused, the key, the guard: table and name)
REFUSED = {
    "legs that do not sum to zero": (
        "{transfer}; {entries} (:t, 1, :clearing, 'CNY', -10), (:t, 2, :prepaid, 'CNY', 9)",
        "ledger.not_zero",
        ("entry", "entries_added"),
    ),
    "legs that sum to zero over two currencies only": (
        "{transfer}; {entries} (:t, 1, :clearing, 'CNY', -10), (:t, 2, :dollars, 'USD', 10)",
        "ledger.not_zero",
        ("entry", "entries_added"),
    ),
    "legs added later": (
        "{entries} (:known, 7, :clearing, 'CNY', -10), (:known, 8, :prepaid, 'CNY', 10)",
        "ledger.leg_added_later",
        ("entry", "entries_added"),
    ),
    "a leg in the place of one that is missing": (
        "{transfer}; {entries} (:t, 2, :clearing, 'CNY', -10), (:t, 3, :prepaid, 'CNY', 10)",
        "ledger.leg_added_later",
        ("entry", "entries_added"),
    ),
    "fewer legs than the transfer has": (
        "{three}; {entries} (:t, 1, :clearing, 'CNY', -10), (:t, 3, :prepaid, 'CNY', 10)",
        "ledger.legs_not_at_once",
        ("entry", "entries_added"),
    ),
    "fewer legs, beside a transfer that is complete": (
        "{three}; {again_complete}; {entries} (:t, 1, :clearing, 'CNY', -10), (:t, 3, :prepaid, 'CNY', 10),"
        " (:other, 1, :clearing, 'CNY', -10), (:other, 2, :prepaid, 'CNY', 10)",
        "ledger.legs_not_at_once",
        ("entry", "entries_added"),
    ),
    "legs in two statements": (
        "{transfer}; {entries} (:t, 1, :clearing, 'CNY', -10); {entries} (:t, 2, :prepaid, 'CNY', 10)",
        "ledger.not_zero",
        ("entry", "entries_added"),
    ),
    "legs of a transfer that does not exist": (
        "{entries} (:t, 1, :clearing, 'CNY', -10), (:t, 2, :prepaid, 'CNY', 10)",
        "ledger.leg_added_later",
        ("entry", "entries_added"),
    ),
    "a leg on an account that does not exist": (
        "{transfer}; {entries} (:t, 1, :clearing, 'CNY', -10), (:t, 2, :t, 'CNY', 10)",
        "ledger.wrong_account",
        ("entry", "entries_added"),
    ),
    "a leg in another currency than its account": (
        "{transfer}; {entries} (:t, 1, :clearing, 'USD', -10), (:t, 2, :dollars, 'USD', 10)",
        "ledger.wrong_account",
        ("entry", "entries_added"),
    ),
    "more than there is": (
        "{transfer}; {entries} (:t, 1, :clearing, 'CNY', 1001), (:t, 2, :prepaid, 'CNY', -1001)",
        "ledger.balance_too_small",
        None,
    ),
    "a transfer without legs": ("{transfer}", "ledger.legs_missing", ("transfer", "transfer_complete")),
    "a back-dated transfer": (
        "INSERT INTO ledger_transfer (id, tenant_id, kind, idempotency_key, payload_hash, legs)"
        " VALUES ('01900000-0000-7000-8000-000000000001', :t, 'x', 'old', '', 2);"
        "{entries} ('01900000-0000-7000-8000-000000000001', 1, :clearing, 'CNY', -10),"
        " ('01900000-0000-7000-8000-000000000001', 2, :prepaid, 'CNY', 10)",
        "ledger.id_too_old",
        ("transfer", "transfer_complete"),
    ),
    "an entry changed": (
        "UPDATE ledger_entry SET amount = amount * 2",
        "kernel.append_only",
        ("entry", "append_only"),
    ),
    "an entry deleted": ("DELETE FROM ledger_entry", "kernel.append_only", ("entry", "append_only")),
    "all entries deleted": ("TRUNCATE ledger_entry", "kernel.append_only", ("entry", "append_only")),
    "a transfer changed": (
        "UPDATE ledger_transfer SET kind = 'y'",
        "kernel.append_only",
        ("transfer", "append_only"),
    ),
    "a transfer deleted": ("DELETE FROM ledger_transfer", "kernel.append_only", ("transfer", "append_only")),
    "all transfers deleted": ("TRUNCATE ledger_transfer", "kernel.append_only", ("transfer", "append_only")),
    "an account changed": (
        "UPDATE ledger_account SET may_go_negative = true",
        "kernel.append_only",
        ("account", "append_only"),
    ),
    "an account deleted": ("DELETE FROM ledger_account", "kernel.append_only", ("account", "append_only")),
    "all accounts deleted": ("TRUNCATE ledger_account", "kernel.append_only", ("account", "append_only")),
    "a balance made by hand": (
        "UPDATE ledger_balance SET amount = amount + 1",
        "kernel.append_only",
        ("balance", "by_entries_only"),
    ),
    "a balance deleted": ("DELETE FROM ledger_balance", "kernel.append_only", ("balance", "by_entries_only")),
    "a second balance": (
        "INSERT INTO ledger_balance VALUES (:clearing, 5)",
        "kernel.append_only",
        ("balance", "by_entries_only"),
    ),
    "all balances deleted": ("TRUNCATE ledger_balance", "kernel.append_only", ("balance", "never_emptied")),
}
CONSTRAINTS = {
    "entry_not_zero": (
        "{transfer}; {entries} (:t, 1, :clearing, 'CNY', 0), (:t, 2, :prepaid, 'CNY', 0)",
        "entry",
    ),
    "transfer_two_legs": (
        "INSERT INTO ledger_transfer (tenant_id, kind, idempotency_key, payload_hash, legs)"
        " VALUES (:t, 'x', 'k', '', 1)",
        "transfer",
    ),
    "transfer_once": ("{again}", "transfer"),
    "account_unique": (
        "INSERT INTO ledger_account (tenant_id, owner_kind, owner_id, kind, currency, may_go_negative)"
        " SELECT tenant_id, owner_kind, owner_id, kind, currency, may_go_negative"
        " FROM ledger_account LIMIT 1",
        "account",
    ),
    "account_kind_known": ("{account} (:t, 'platform', :t, 'pocket', 'CNY', true)", "account"),
    "account_owner_known": ("{account} (:t, 'cat', :t, 'platform_fee', 'CNY', true)", "account"),
    "account_currency_iso": ("{account} (:t, 'platform', :t, 'platform_fee', 'cny', true)", "account"),
}
PARTS = {
    "transfer": "INSERT INTO ledger_transfer (id, tenant_id, kind, idempotency_key, payload_hash, legs)"
    " VALUES (:t, :t, 'test', 'k', '', 2)",
    "three": "INSERT INTO ledger_transfer (id, tenant_id, kind, idempotency_key, payload_hash, legs)"
    " VALUES (:t, :t, 'test', 'k', '', 3)",
    "again_complete": "INSERT INTO ledger_transfer (id, tenant_id, kind, idempotency_key, payload_hash, legs)"
    " VALUES (:other, :t, 'test', 'k2', '', 2)",
    "entries": "INSERT INTO ledger_entry (transfer_id, seq, account_id, currency, amount) VALUES",
    "account": "INSERT INTO ledger_account"
    " (tenant_id, owner_kind, owner_id, kind, currency, may_go_negative) VALUES",
    "again": "INSERT INTO ledger_transfer (tenant_id, kind, idempotency_key, payload_hash, legs)"
    " SELECT tenant_id, kind, idempotency_key, '', 2 FROM ledger_transfer LIMIT 1",
}


def run(statements: str, *, without: str = "") -> None:
    """Run statements past all of our code, after others were committed, and do what a commit would do."""
    posted = top_up(1000)
    accounts = dict(Account.objects.values_list("kind", "id"))
    with connection.cursor() as cursor:
        cursor.execute(f"SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED; {without}")
        cursor.execute("SELECT uuidv7()")
        (fresh,) = cursor.fetchone()
        cursor.execute("SELECT uuidv7()")
        (other,) = cursor.fetchone()
        cursor.execute(
            "INSERT INTO ledger_account (tenant_id, owner_kind, owner_id, kind, currency, may_go_negative)"
            " VALUES (%s, 'platform', %s, 'tax_withheld', 'USD', true) RETURNING id",
            [fresh, fresh],
        )
        (dollars,) = cursor.fetchone()
        text = statements.format(**PARTS)
        for name, value in {
            "clearing": accounts[AccountKind.PSP_CLEARING],
            "prepaid": accounts[AccountKind.TENANT_PREPAID],
            "dollars": dollars,
            "known": posted.transfer_id,
            "other": other,
            "t": fresh,
        }.items():
            text = text.replace(f":{name}", f"'{value}'")
        cursor.execute(text)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize("name", REFUSED)
def test_the_database_refuses(name: str) -> None:
    statements, key, _guard = REFUSED[name]
    with refused_by(key), transaction.atomic():
        run(statements)
    assert Transfer.objects.count() == 0


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("legs that do not sum to zero", "do not sum to zero in CNY: -1 is left"),
        ("legs added later", "leg 7 cannot be added to transfer .* later"),
        ("a leg in the place of one that is missing", "leg 3 cannot be added"),
    ],
)
def test_a_refusal_names_what_is_wrong(name: str, sentence: str) -> None:
    statements, key, _guard = REFUSED[name]
    with translation.override("en"), refused_by(key, match=sentence), transaction.atomic():
        run(statements)


def test_a_balance_that_is_too_small_says_by_how_much() -> None:
    statements, key, _guard = REFUSED["more than there is"]
    with refused_by(key) as caught, transaction.atomic():
        run(statements)
    assert isinstance(caught.value, InsufficientBalance)
    assert caught.value.details == {"missing": 1}


@pytest.mark.parametrize("name", [name for name, case in REFUSED.items() if case[2]])
def test_without_its_guard_it_would_pass(name: str) -> None:
    statements, _key, guard = REFUSED[name]
    assert guard is not None
    run(statements, without=f"DROP TRIGGER {guard[1]} ON ledger_{guard[0]}")


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_each_constraint_bites_and_only_it(name: str) -> None:
    statements, table = CONSTRAINTS[name]
    with refused_by(name), transaction.atomic():
        run(statements)
    others = "DROP TRIGGER transfer_complete ON ledger_transfer"
    run(statements, without=f"{others}; ALTER TABLE ledger_{table} DROP CONSTRAINT {name}")


def test_a_negative_balance_is_refused_even_without_the_trigger() -> None:
    top_up(1000)
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER by_entries_only ON ledger_balance")
    with refused_by("balance_not_negative"), transaction.atomic():
        Balance.objects.update(amount=-1)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_balance DROP CONSTRAINT balance_not_negative")
    Balance.objects.update(amount=-1)
    assert prepaid() == -1


def test_an_owner_of_the_tables_has_no_right_to_change_them_either() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, privilege_type FROM information_schema.role_table_grants"
            " WHERE table_name IN ('ledger_account', 'ledger_transfer', 'ledger_entry')"
            " AND privilege_type IN ('UPDATE', 'DELETE', 'TRUNCATE')"
        )
        assert cursor.fetchall() == []


def test_a_reversal_needs_something_to_reverse() -> None:
    with (
        refused_by("ledger.nothing_to_reverse"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "SELECT ledger_post(%s, 'x', 'k', '{\"(,,,,,,1)\",\"(,,,,,,-1)\"}', NULL, NULL, %s, NULL)",
            [KNOWN, KNOWN],
        )
