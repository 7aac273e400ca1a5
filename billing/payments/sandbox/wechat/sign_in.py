"""The stand-in for WeChat's silent sign-in: a code for whoever holds the phone, an openid for the code."""

import re
import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, abort, redirect, request

from billing.payments.sandbox.store import Store

STATE = re.compile("[0-9A-Za-z]{1,128}")
OPENID = "oSandbox"
"""The one person who has the stand-in's phone."""
USED, UNKNOWN = 40163, 40029


def add_to(pages: Blueprint, store: Store, appid: Callable[[], str]) -> None:
    """Add both addresses to the stand-in's."""

    def sign_in() -> Any:
        query = request.args
        if (
            query["appid"] != appid()
            or query["scope"] != "snsapi_base"
            or not STATE.fullmatch(query["state"])
        ):
            abort(400)
        code = secrets.token_hex(16)
        with store.transaction():
            store.save({"id": f"code_{code}", "object": "wechat_code", "openid": OPENID})
        return redirect(f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}")

    def exchange() -> Any:
        with store.transaction():
            code_row = store.get(f"code_{request.args['code']}", "wechat_code")
            if code_row is None or not code_row["openid"]:
                return {"errcode": USED if code_row else UNKNOWN, "errmsg": "invalid code"}
            store.save(code_row | {"openid": ""})
        return {"openid": code_row["openid"], "scope": "snsapi_base", "expires_in": 7200, "access_token": "x"}

    pages.add_url_rule("/connect/oauth2/authorize", "sign_in", sign_in)
    pages.add_url_rule("/sns/oauth2/access_token", "exchange", exchange)
