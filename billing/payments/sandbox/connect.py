"""Connected accounts, and the money that goes to them and on to their banks."""

from typing import Any

from billing.payments.sandbox import forms, money
from billing.payments.sandbox.events import emit
from billing.payments.sandbox.faults import Fault, missing
from billing.payments.sandbox.store import Store, Thing, random_id

ARRIVAL = 24 * 3600  # seconds until a standard payout is in the bank


def create_account(store: Store, params: dict[str, Any]) -> Thing:
    """POST /v1/accounts: ready at once, as if the payee had completed everything."""
    account_id, country = random_id("acct", 16), params.get("country") or "US"
    account = {
        "id": account_id,
        "object": "account",
        "business_profile": {"name": (params.get("business_profile") or {}).get("name"), "url": None},
        "business_type": params.get("business_type") or None,
        "capabilities": {"transfers": "active"},
        "charges_enabled": True,
        "country": country,
        "created": store.now(),
        "default_currency": {"CN": "cny", "HK": "hkd", "GB": "gbp", "JP": "jpy", "US": "usd"}.get(
            country, "eur"
        ),
        "details_submitted": True,
        "email": params.get("email") or None,
        "external_accounts": {
            "object": "list",
            "data": [],
            "has_more": False,
            "url": f"/v1/accounts/{account_id}/external_accounts",
        },
        "future_requirements": _requirements(),
        "metadata": forms.metadata(params),
        "payouts_enabled": True,
        "requirements": _requirements(),
        "settings": {"payouts": {"debit_negative_balances": True, "schedule": {"interval": "daily"}}},
        "tos_acceptance": {"date": store.now()},
        "type": params.get("type") or "express",
    }
    store.save(account)
    emit(store, "account.updated", account, account_id)
    return account


def _requirements() -> Thing:
    return {
        "alternatives": [],
        "current_deadline": None,
        "currently_due": [],
        "disabled_reason": None,
        "errors": [],
        "eventually_due": [],
        "past_due": [],
        "pending_verification": [],
    }


def found_account(store: Store, account_id: str, param: str = "account") -> Thing:
    """Return an Account or the fault that there is none."""
    account = store.get(account_id, "account")
    if account is None:
        raise missing("account", account_id, param)
    return account


def disable_account(store: Store, account_id: str) -> Thing:
    """What happens when Stripe needs papers from a payee: nothing can be sent to them."""
    account = found_account(store, account_id)
    account |= {"payouts_enabled": False, "charges_enabled": False, "capabilities": {"transfers": "inactive"}}
    account["requirements"] |= {
        "currently_due": ["individual.verification.document"],
        "disabled_reason": "requirements.past_due",
    }
    store.save(account)
    emit(store, "account.updated", account, account_id)
    return account


def account_link(store: Store, params: dict[str, Any], base: str) -> Thing:
    """POST /v1/account_links"""
    account = found_account(store, forms.text(params, "account"))
    forms.text(params, "type")
    store.save(
        {"id": f"return_{account['id']}", "object": "_return", "url": forms.text(params, "return_url")}
    )
    return {
        "object": "account_link",
        "created": store.now(),
        "expires_at": store.now() + 300,
        "url": f"{base}/onboarding/{account['id']}",
    }


def transfer(store: Store, params: dict[str, Any]) -> Thing:
    """POST /v1/transfers"""
    amount, currency = forms.amount(params), forms.currency(params)
    account = found_account(store, forms.text(params, "destination"), "destination")
    if account["capabilities"].get("transfers") != "active":
        raise Fault(
            "Your destination account needs to have at least one of the following capabilities"
            " enabled: transfers",
            code="insufficient_capabilities_for_transfer",
            keep=True,
        )
    available_on, group = store.now(), params.get("transfer_group") or None
    if source := params.get("source_transaction") or None:
        available_on, group = _draw_on(store, source, amount, currency, group)
    elif amount > money.sums(store, "").get(currency, {}).get("available", 0):
        raise Fault(
            "You have insufficient available funds in your Stripe account.",
            code="balance_insufficient",
            keep=True,
        )
    transfer_id, arrival = random_id("tr"), random_id("py")
    entry = money.record(
        store,
        "",
        kind="transfer",
        amount=-amount,
        currency=currency,
        source=transfer_id,
        available_on=available_on,
    )
    money.record(
        store,
        account["id"],
        kind="payment",
        amount=amount,
        currency=currency,
        source=arrival,
        available_on=available_on,
    )
    made = store.save(
        {
            "id": transfer_id,
            "object": "transfer",
            "amount": amount,
            "amount_reversed": 0,
            "balance_transaction": entry["id"],
            "created": store.now(),
            "currency": currency,
            "description": params.get("description") or None,
            "destination": account["id"],
            "destination_payment": arrival,
            "livemode": False,
            "metadata": forms.metadata(params),
            "reversals": {
                "object": "list",
                "data": [],
                "has_more": False,
                "url": f"/v1/transfers/{transfer_id}/reversals",
            },
            "reversed": False,
            "source_transaction": source,
            "source_type": "card",
            "transfer_group": group,
        }
    )
    emit(store, "transfer.created", made)
    return made


def _draw_on(
    store: Store, charge_id: str, amount: int, currency: str, group: str | None
) -> tuple[int, str | None]:
    """Return when the charge's money is available, and its group; never more than the charge in all."""
    charge = store.get(charge_id, "charge")
    if charge is None:
        raise missing("charge", charge_id, "source_transaction")
    if charge["currency"] != currency:
        raise Fault(
            "The currency of source_transaction's balance transaction does not match the transfer's.",
            param="currency",
        )
    if group and group != charge["transfer_group"]:
        raise Fault(
            "The transfer_group must match the one of the source_transaction.", param="transfer_group"
        )
    drawn = sum(
        row["amount"] - row["amount_reversed"]
        for row in store.all("transfer")
        if row["source_transaction"] == charge_id
    )
    if drawn + amount > charge["amount"]:
        raise Fault(
            f"Transfers from this source_transaction exceed the source amount of {charge['amount']}.",
            code="balance_insufficient",
            keep=True,
        )
    entry = store.get(charge["balance_transaction"])
    assert entry is not None
    return max(entry["available_on"], store.now()), charge["transfer_group"]


def reverse(store: Store, transfer_id: str, params: dict[str, Any]) -> Thing:
    """POST /v1/transfers/:id/reversals"""
    made = store.get(transfer_id, "transfer")
    if made is None:
        raise missing("transfer", transfer_id)
    left = made["amount"] - made["amount_reversed"]
    amount = forms.amount(params, default=left)
    if amount > left:
        raise Fault(f"Reversal amount ({amount}) is greater than unreversed amount ({left})", param="amount")
    held = money.sums(store, made["destination"]).get(made["currency"], {"available": 0, "pending": 0})
    if amount > held["available"] + held["pending"]:
        raise Fault(
            "The destination account does not have enough funds.", code="balance_insufficient", keep=True
        )
    reversal_id = random_id("trr")
    for account, signed in (("", amount), (made["destination"], -amount)):
        entry = money.record(
            store,
            account,
            kind="transfer_refund" if not account else "payment_refund",
            amount=signed,
            currency=made["currency"],
            source=reversal_id,
            available_on=store.now(),
        )
    reversal = {
        "id": reversal_id,
        "object": "transfer_reversal",
        "amount": amount,
        "balance_transaction": entry["id"],
        "created": store.now(),
        "currency": made["currency"],
        "destination_payment_refund": None,
        "metadata": forms.metadata(params),
        "source_refund": None,
        "transfer": transfer_id,
    }
    store.save(reversal)
    made["amount_reversed"] += amount
    made["reversed"] = made["amount_reversed"] == made["amount"]
    made["reversals"]["data"] = [reversal, *made["reversals"]["data"]]
    store.save(made)
    emit(store, "transfer.reversed", made)
    return reversal


def payout(store: Store, account: str, params: dict[str, Any]) -> Thing:
    """POST /v1/payouts, on the account of the ``Stripe-Account`` header."""
    amount, currency = forms.amount(params), forms.currency(params)
    if amount > money.sums(store, account).get(currency, {}).get("available", 0):
        raise Fault(
            "You have insufficient funds in your Stripe account for this transfer.",
            code="balance_insufficient",
            keep=True,
        )
    payout_id, is_instant = random_id("po"), params.get("method") == "instant"
    entry = money.record(
        store,
        account,
        kind="payout",
        amount=-amount,
        currency=currency,
        source=payout_id,
        available_on=store.now(),
    )
    made = store.save(
        {
            "id": payout_id,
            "object": "payout",
            "amount": amount,
            "arrival_date": store.now() + (0 if is_instant else ARRIVAL),
            "automatic": False,
            "balance_transaction": entry["id"],
            "created": store.now(),
            "currency": currency,
            "description": params.get("description") or None,
            "destination": None,
            "failure_balance_transaction": None,
            "failure_code": None,
            "failure_message": None,
            "livemode": False,
            "metadata": forms.metadata(params),
            "method": "instant" if is_instant else "standard",
            "original_payout": None,
            "reconciliation_status": "not_applicable",
            "reversed_by": None,
            "source_type": "card",
            "statement_descriptor": None,
            "status": "in_transit",
            "type": "bank_account",
        },
        account,
    )
    emit(store, "payout.created", made, account)
    arrive(store)
    return store.get(payout_id) or made


def arrive(store: Store) -> None:
    """Let payouts whose time has come reach the bank."""
    accounts = ["", *(account["id"] for account in store.all("account"))]
    for account in accounts:
        for made in store.all("payout", account):
            if made["status"] == "in_transit" and made["arrival_date"] <= store.now():
                made["status"] = "paid"
                store.save(made, account)
                emit(store, "payout.paid", made, account)
