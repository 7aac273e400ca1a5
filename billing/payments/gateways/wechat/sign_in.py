"""Who is in front of a page inside WeChat: its silent sign-in, which yields nothing but an id (openid).

https://developers.weixin.qq.com/doc/service/guide/h5/auth.html. WeChat sends people back to hosts that
were entered with the app only, so it is done on the platform's host for all shops.
"""

from typing import Any
from urllib.parse import urlencode

import requests
from django.conf import settings

from billing.payments.gateways.wechat import client, merchant
from kernel.calls.errors import CallRefused, NoClearAnswer

SIGN_IN, EXCHANGE = "https://open.weixin.qq.com", "https://api.weixin.qq.com"
BUSY = -1
"""WeChat's code for: ask again."""


def address(*, back: str, state: str) -> str:
    """Return where WeChat finds out who it is; it goes on to ``back`` with a code and ``state``.

    ``state``: letters and digits, at most 128.
    """
    parameters = {
        "appid": _app(),
        "redirect_uri": back,
        "response_type": "code",
        "scope": "snsapi_base",
        "state": state,
    }
    base = settings.STRIPE_API_BASE or SIGN_IN
    return f"{base}/connect/oauth2/authorize?{urlencode(parameters)}#wechat_redirect"


def openid(code: str) -> str:
    """Return the id behind a code, which works once and for five minutes.

    Raises CallRefused for a code that is wrong, used or too old, NoClearAnswer without an answer.
    """
    parameters = {
        "appid": _app(),
        "secret": settings.WECHAT_APP_SECRET,
        "code": code,
        "grant_type": "authorization_code",
    }
    try:
        answer = requests.get(
            f"{settings.STRIPE_API_BASE or EXCHANGE}/sns/oauth2/access_token",
            params=parameters,
            timeout=client.TIMEOUT,
        )
        answer.raise_for_status()
        identity: dict[str, Any] = answer.json()
    except requests.RequestException as error:
        # Not its text: that would carry the secret into logs.
        raise NoClearAnswer("WeChat's sign-in does not answer", type(error).__name__) from None
    if fault := identity.get("errcode"):
        kind = NoClearAnswer if fault == BUSY else CallRefused
        raise kind(str(identity.get("errmsg", "")), str(fault))
    return str(identity["openid"])


def _app() -> str:
    return merchant.keys().appid
