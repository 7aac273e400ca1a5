"""Connected accounts, their banks, and the pages on which payees complete them."""

import hashlib
from typing import Any

from billing.payments.sandbox.store import Store, Thing, random_id
from billing.payments.sandbox.stripe import forms
from billing.payments.sandbox.stripe.events import emit
from billing.payments.sandbox.stripe.faults import missing

CURRENCIES = {"CN": "cny", "HK": "hkd", "GB": "gbp", "JP": "jpy", "SG": "sgd", "US": "usd"}
DUE = ["external_account", "individual.verification.document"]
INCOMPLETE = "+incomplete@"
"""In a payee's address: the account starts without its data, as all do at Stripe."""


def create(store: Store, params: dict[str, Any]) -> Thing:
    """POST /v1/accounts: ready at once, as if the payee had completed everything, unless INCOMPLETE."""
    account_id, country = random_id("acct", 16), params.get("country") or "US"
    schedule = ((params.get("settings") or {}).get("payouts") or {}).get("schedule") or {}
    account: Thing = {
        "id": account_id,
        "object": "account",
        "business_profile": {"name": (params.get("business_profile") or {}).get("name"), "url": None},
        "business_type": params.get("business_type") or None,
        "capabilities": {"transfers": "inactive"},
        "charges_enabled": False,
        "country": country,
        "created": store.now(),
        "default_currency": CURRENCIES.get(country, "eur"),
        "details_submitted": False,
        "email": params.get("email") or None,
        "external_accounts": {
            "object": "list",
            "data": [],
            "has_more": False,
            "url": f"/v1/accounts/{account_id}/external_accounts",
        },
        "future_requirements": _requirements(),
        "metadata": forms.metadata(params),
        "payouts_enabled": False,
        "requirements": _requirements(),
        "settings": {
            "branding": {"icon": None, "logo": None, "primary_color": None, "secondary_color": None},
            "card_payments": {"statement_descriptor_prefix": None},
            "dashboard": {"display_name": None, "timezone": "Etc/UTC"},
            "payments": {"statement_descriptor": None},
            "payouts": {
                "debit_negative_balances": True,
                "schedule": {"delay_days": 2, "interval": schedule.get("interval") or "daily"},
            },
        },
        "tos_acceptance": {"date": store.now()},
        "type": params.get("type") or "express",
    }
    if INCOMPLETE in (account["email"] or ""):
        account["requirements"] |= {"currently_due": DUE, "disabled_reason": "requirements.past_due"}
    else:
        _complete(account)
    return _updated(store, account)


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


def _complete(account: Thing) -> None:
    account |= {
        "capabilities": {"transfers": "active"},
        "charges_enabled": True,
        "details_submitted": True,
        "payouts_enabled": True,
        "requirements": _requirements(),
    }
    if not account["external_accounts"]["data"]:
        account["external_accounts"]["data"] = [_bank(account, "")]


def _bank(account: Thing, number: str) -> Thing:
    """A bank account; the same ``number`` has the same fingerprint, none means one of its own."""
    digest = hashlib.sha256((number or account["id"]).encode()).hexdigest()
    return {
        "id": random_id("ba"),
        "object": "bank_account",
        "account": account["id"],
        "account_holder_name": account["business_profile"]["name"],
        "account_holder_type": "company",
        "account_type": None,
        "available_payout_methods": ["standard"],
        "bank_name": "STRIPE TEST BANK",
        "country": account["country"],
        "currency": account["default_currency"],
        "default_for_currency": True,
        "fingerprint": digest[:16],
        "last4": (number or "6789")[-4:],
        "metadata": {},
        "routing_number": "110000000",
        "status": "new",
    }


def _updated(store: Store, account: Thing) -> Thing:
    store.save(account)
    emit(store, "account.updated", account, account["id"])
    return account


def found(store: Store, account_id: str, param: str = "account") -> Thing:
    """Return an Account or the fault that there is none."""
    account = store.get(account_id, "account")
    if account is None:
        raise missing("account", account_id, param)
    return account


def disable(store: Store, account_id: str) -> Thing:
    """What happens when Stripe needs papers from a payee: nothing can be sent to them."""
    account = found(store, account_id)
    account |= {"payouts_enabled": False, "charges_enabled": False, "capabilities": {"transfers": "inactive"}}
    account["requirements"] |= {
        "currently_due": ["individual.verification.document"],
        "disabled_reason": "requirements.past_due",
    }
    return _updated(store, account)


def enable(store: Store, account_id: str) -> Thing:
    """The payee has given everything that was asked for, a bank account among it."""
    account = found(store, account_id)
    banks = account["external_accounts"]
    banks["data"] = [bank for bank in banks["data"] if bank["status"] != "errored"]
    _complete(account)
    return _updated(store, account)


def allow_instant(store: Store, account_id: str) -> Thing:
    """Let the account's bank take instant payouts."""
    account = found(store, account_id)
    for bank in account["external_accounts"]["data"]:
        bank["available_payout_methods"] = ["standard", "instant"]
    return _updated(store, account)


def set_bank(store: Store, account_id: str, number: str) -> Thing:
    """The payee names another bank account."""
    account = found(store, account_id)
    account["external_accounts"]["data"] = [_bank(account, number)]
    if account["requirements"]["currently_due"] == ["external_account"]:
        _complete(account)
    return _updated(store, account)


def bank_number(account: Thing) -> str:
    """Return the last four digits of the account's bank account; empty if it has none."""
    banks = account["external_accounts"]["data"]
    return str(banks[0]["last4"]) if banks else ""


def close_bank(store: Store, account_id: str) -> Thing:
    """A bank gave money back: Stripe pays nothing more to it and asks the payee for another."""
    account = found(store, account_id)
    for bank in account["external_accounts"]["data"]:
        bank["status"] = "errored"
    account["payouts_enabled"] = False
    account["requirements"] |= {"currently_due": ["external_account"], "past_due": ["external_account"]}
    return _updated(store, account)


def takes_instant(account: Thing) -> bool:
    """Say whether instant payouts reach the account's bank."""
    banks = account["external_accounts"]["data"]
    return any("instant" in bank["available_payout_methods"] for bank in banks)


def link(store: Store, params: dict[str, Any], base: str) -> Thing:
    """POST /v1/account_links"""
    account = found(store, forms.text(params, "account"))
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
