"""Asking WeChat Pay: signed, with time limits, and its refusals in the port's words."""

import json
from collections.abc import Callable
from typing import Any

import requests
from wechatpayv3 import WeChatPay, WeChatPayType

from billing.payments.gateways.wechat.keys import Keys
from kernel.calls.errors import CallRefused, NoClearAnswer

TIMEOUT = (10, 20)  # seconds to connect, and to be answered
UNCLEAR = {
    "SYSTEM_ERROR",
    "FREQUENCY_LIMITED",
    "RATELIMIT_EXCEEDED",
    "SIGN_ERROR",
    "BANK_ERROR",
    "STATEMENT_CREATING",
}
"""Codes that say nothing about what was asked: ask again."""
MISSING = {"ORDER_NOT_EXIST", "ORDERNOTEXIST", "RESOURCE_NOT_EXISTS"}


def connect(keys: Keys, *, notify_url: str, base: str = "") -> WeChatPay:
    """Return a client for these keys; ``base`` is the stand-in's address, empty for WeChat Pay itself."""
    client = WeChatPay(
        wechatpay_type=WeChatPayType.NATIVE,
        mchid=keys.mchid,
        private_key=keys.private_key,
        cert_serial_no=keys.cert_serial,
        appid=keys.appid,
        apiv3_key=keys.api_v3_key,
        notify_url=notify_url,
        timeout=TIMEOUT,
        public_key=keys.public_key,
        public_key_id=keys.public_key_id,
    )
    if base:
        client._core._gate_way = base
    return client


def ask(call: Callable[..., tuple[int, Any]], **parameters: Any) -> dict[str, Any]:
    """Make a call of the client and return its answer. Raises NoClearAnswer or CallRefused."""
    try:
        status, text = call(**parameters)
    except requests.RequestException as error:
        raise NoClearAnswer(str(error), type(error).__name__) from error
    except Exception as error:  # an answer that WeChat did not sign is none
        raise NoClearAnswer(str(error), "signature") from error
    try:
        answer = json.loads(text) if text else {}
    except ValueError:
        answer = {}
    if status in range(200, 300):
        return answer if isinstance(answer, dict) else {}
    code, message = str(answer.get("code", status)), str(answer.get("message", "no answer"))
    kind = NoClearAnswer if status >= 500 or status in {401, 429} or code in UNCLEAR else CallRefused
    raise kind(message, code)


def look(call: Callable[..., tuple[int, Any]], **parameters: Any) -> dict[str, Any] | None:
    """Ask for something that may not exist; None if it does not."""
    try:
        return ask(call, **parameters)
    except CallRefused as error:
        if error.code in MISSING:
            return None
        raise
