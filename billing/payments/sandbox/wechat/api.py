"""A stand-in for WeChat Pay: checks the merchant's signatures, signs its own, encrypts its notices.

Orders, refunds and profit sharing live in the same store as Stripe's objects; notices go the same way.
"""

import base64
import gzip
import json
import re
import secrets
import time
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from flask import Blueprint, Response, abort, redirect, render_template, request

from billing.payments.gateways.wechat.keys import Keys
from billing.payments.sandbox.store import Store, Thing
from billing.payments.sandbox.wechat import bills, sign_in
from billing.payments.sandbox.wechat import keys as sandbox_keys

AUTHORIZATION = re.compile(r'(\w+)="([^"]*)"')
MAX_TOTAL = 10_000_000_00


class WeChatRefusal(Exception):
    """An answer other than 200, in WeChat's shape."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


class WeChat:
    """The stand-in of one sandbox."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self._folder = store, folder

    # Made when first needed: a key pair takes a while, and few shops are paid this way.
    @cached_property
    def keys(self) -> Keys:
        """The merchant's keys."""
        return sandbox_keys.ensure(self._folder)

    @cached_property
    def _own(self) -> RSAPrivateKey:
        return _load(sandbox_keys.provider_key(self._folder))

    @cached_property
    def _merchant(self) -> RSAPublicKey:
        return _load(self.keys.private_key).public_key()

    def sign(self, body: str, moment: int | None = None) -> dict[str, str]:
        """Return the headers with which WeChat signs an answer or a notice."""
        stamp, nonce = str(int(time.time()) if moment is None else moment), secrets.token_hex(16)
        signed = self._own.sign(f"{stamp}\n{nonce}\n{body}\n".encode(), PKCS1v15(), SHA256())
        return {
            "Wechatpay-Timestamp": stamp,
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Serial": self.keys.public_key_id,
            "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048",
            "Wechatpay-Signature": base64.b64encode(signed).decode(),
        }

    def notice(self, kind: str, resource: Thing) -> Thing:
        """Write a notice about a thing, encrypted, and have it delivered."""
        nonce, about = secrets.token_hex(6), kind.partition(".")[0].lower()
        plain = json.dumps({name: value for name, value in resource.items() if name not in {"id", "object"}})
        cipher = AESGCM(self.keys.api_v3_key.encode())
        hidden = cipher.encrypt(nonce.encode(), plain.encode(), about.encode())
        body: Thing = {
            "id": f"EV-{secrets.token_hex(12)}",
            "object": "wechat_notice",
            "create_time": _time(),
            "resource_type": "encrypt-resource",
            "event_type": kind,
            "summary": kind,
            "resource": {
                "original_type": about,
                "algorithm": "AEAD_AES_256_GCM",
                "ciphertext": base64.b64encode(hidden).decode(),
                "associated_data": about,
                "nonce": nonce,
            },
        }
        self.store.save(body)
        self.store.schedule(body["id"])
        return body

    def authorize(self) -> None:
        """Check the merchant's signature over method, path, time, nonce and body."""
        scheme, _space, rest = request.headers.get("Authorization", "").partition(" ")
        fields = dict(AUTHORIZATION.findall(rest))
        path = request.full_path if request.query_string else request.path
        body = request.get_data(as_text=True)
        try:
            signature = base64.b64decode(fields["signature"])
            text = f"{request.method}\n{path}\n{fields['timestamp']}\n{fields['nonce_str']}\n{body}\n"
            self._merchant.verify(signature, text.encode(), PKCS1v15(), SHA256())
            known = scheme == "WECHATPAY2-SHA256-RSA2048" and fields["mchid"] == self.keys.mchid
        except (KeyError, ValueError, InvalidSignature):
            known = False
        if not known:
            raise WeChatRefusal(401, "SIGN_ERROR", "the signature is wrong")

    # -- orders

    def place(self, kind: str, params: Thing) -> Thing:
        """POST /v3/pay/transactions/native or jsapi"""
        number, total = str(params["out_trade_no"]), params["amount"]["total"]
        if params["mchid"] != self.keys.mchid or params["appid"] != self.keys.appid:
            raise WeChatRefusal(400, "APPID_MCHID_NOT_MATCH", "appid and mchid do not belong together")
        if not isinstance(total, int) or not 0 < total <= MAX_TOTAL:
            raise WeChatRefusal(400, "PARAM_ERROR", "amount.total is out of range")
        payer = str((params.get("payer") or {}).get("openid", ""))
        if (kind == "jsapi") != payer.startswith("o"):
            raise WeChatRefusal(400, "PARAM_ERROR", "payer.openid is wrong")
        known = self.store.get(f"wechat_{number}", "wechat_order")
        content = {"kind": kind, "total": total, "description": params["description"], "payer": payer}
        if known is None:
            known = {
                "id": f"wechat_{number}",
                "object": "wechat_order",
                "created": self.store.now(),
                "content": content,
                "appid": self.keys.appid,
                "mchid": self.keys.mchid,
                "out_trade_no": number,
                "trade_type": kind.upper(),
                "trade_state": "NOTPAY",
                "trade_state_desc": "订单未支付",
                "amount": {"total": total, "payer_total": total, "currency": "CNY", "payer_currency": "CNY"},
                "profit_sharing": bool((params.get("settle_info") or {}).get("profit_sharing")),
            }
            self.store.save(known)
        elif known["content"] != content:
            raise WeChatRefusal(400, "INVALID_REQUEST", "this number belongs to another order")
        elif known["trade_state"] == "SUCCESS":
            raise WeChatRefusal(400, "ORDER_PAID", "the order is paid")
        elif known["trade_state"] == "CLOSED":
            raise WeChatRefusal(400, "ORDER_CLOSED", "the order is closed")
        return (
            {"code_url": f"weixin://wxpay/bizpayurl?pr={number}"}
            if kind == "native"
            else {"prepay_id": number}
        )

    def order(self, number: str) -> Thing:
        """Return an order, or the refusal that there is none."""
        order = self.store.get(f"wechat_{number}", "wechat_order")
        if order is None:
            raise WeChatRefusal(404, "ORDER_NOT_EXIST", "there is no such order")
        return order

    def close(self, number: str) -> Thing:
        """POST /v3/pay/transactions/out-trade-no/:number/close"""
        order = self.order(number)
        if order["trade_state"] not in {"NOTPAY", "CLOSED"}:
            raise WeChatRefusal(400, "ORDER_PAID", "the order is paid")
        self.store.save(order | {"trade_state": "CLOSED", "trade_state_desc": "订单已关闭"})
        return {}

    def pay(self, number: str) -> Thing:
        """The member confirms on the phone."""
        order = self.order(number)
        if order["trade_state"] == "NOTPAY":
            order |= {
                "trade_state": "SUCCESS",
                "trade_state_desc": "支付成功",
                "transaction_id": f"42000{secrets.randbelow(10**22):022}",
                "success_time": _time(),
                "paid": self.store.now(),
                "payer": {"openid": order["content"]["payer"] or sign_in.OPENID},
            }
            self.store.save(order)
            self.notice("TRANSACTION.SUCCESS", order)
        return order

    # -- refunds

    def refund(self, params: Thing) -> Thing:
        """POST /v3/refund/domestic/refunds"""
        order, number = self.order(str(params["out_trade_no"])), str(params["out_refund_no"])
        amount = params["amount"]
        if order["trade_state"] not in {"SUCCESS", "REFUND"} or amount["total"] != order["amount"]["total"]:
            raise WeChatRefusal(400, "INVALID_REQUEST", "the order is not paid, or its total is another")
        known = self.store.get(f"refund_{number}", "wechat_refund")
        if known:
            if known["amount"]["refund"] != amount["refund"]:
                raise WeChatRefusal(400, "INVALID_REQUEST", "this number belongs to another refund")
            return known
        earlier = self.store.where("wechat_refund", "out_trade_no", order["out_trade_no"])
        refunded = sum(row["amount"]["refund"] for row in earlier)
        if not isinstance(amount["refund"], int) or not 0 < amount["refund"] <= amount["total"] - refunded:
            raise WeChatRefusal(403, "NOT_ENOUGH", "that much cannot be refunded")
        refund: Thing = {
            "id": f"refund_{number}",
            "object": "wechat_refund",
            "created": self.store.now(),
            "refund_id": f"50000{secrets.randbelow(10**22):022}",
            "out_refund_no": number,
            "transaction_id": order["transaction_id"],
            "out_trade_no": order["out_trade_no"],
            "status": "SUCCESS",
            "amount": amount,
        }
        self.store.save(refund)
        self.store.save(order | {"trade_state": "REFUND", "trade_state_desc": "订单发生过退款"})
        self.notice("REFUND.SUCCESS", refund | {"refund_status": "SUCCESS"})
        return refund

    # -- profit sharing

    def share(self, params: Thing) -> Thing:
        """POST /v3/profitsharing/orders"""
        transaction, number = str(params["transaction_id"]), str(params["out_order_no"])
        orders = self.store.where("wechat_order", "transaction_id", transaction)
        if not orders or not orders[0]["profit_sharing"]:
            raise WeChatRefusal(400, "INVALID_REQUEST", "the order is not paid, or not to be shared")
        if known := self.store.get(f"share_{number}", "wechat_share"):
            return known
        for receiver in params["receivers"]:
            if self.store.get(f"receiver_{receiver['account']}") is None:
                raise WeChatRefusal(403, "RECEIVER_INVALID", "the receiver was not added")
        sharings = self.store.where("wechat_share", "transaction_id", transaction)
        shared = sum(row["amount"] for share in sharings for row in share["receivers"])
        amount = sum(receiver["amount"] for receiver in params["receivers"])
        # WeChat lets 30 percent be shared unless more was agreed; a market has agreed on all.
        if shared + amount > orders[0]["amount"]["total"]:
            raise WeChatRefusal(403, "NOT_ENOUGH", "more than was paid cannot be shared")
        sharing: Thing = {
            "id": f"share_{number}",
            "object": "wechat_share",
            "created": self.store.now(),
            "transaction_id": transaction,
            "out_order_no": number,
            "order_id": f"30084{secrets.randbelow(10**22):022}",
            "state": "FINISHED",
            "receivers": [
                {**receiver, "result": "SUCCESS", "create_time": _time(), "finish_time": _time()}
                for receiver in params["receivers"]
            ],
        }
        return self.store.save(sharing)

    def take_back(self, params: Thing) -> Thing:
        """POST /v3/profitsharing/return-orders"""
        share = self.found(f"share_{params['out_order_no']}")
        number = str(params["out_return_no"])
        if known := self.store.get(f"return_{share['out_order_no']}_{number}", "wechat_return"):
            return known
        earlier = self.store.where("wechat_return", "out_order_no", share["out_order_no"])
        left = share["receivers"][0]["amount"] - sum(row["amount"] for row in earlier)
        if not 0 < params["amount"] <= left:
            raise WeChatRefusal(403, "NOT_ENOUGH", "that much was not shared")
        return self.store.save(
            {
                "id": f"return_{share['out_order_no']}_{number}",
                "object": "wechat_return",
                "created": self.store.now(),
                "out_order_no": share["out_order_no"],
                "out_return_no": number,
                "return_mchid": params["return_mchid"],
                "amount": params["amount"],
                "result": "SUCCESS",
            }
        )

    # -- bills

    def bill(self, day: str) -> str:
        """Return the fund-flow bill of a day that is over."""
        try:
            bill_day = date.fromisoformat(day)
        except ValueError:
            raise WeChatRefusal(400, "PARAM_ERROR", "bill_date is no date") from None
        if bill_day >= bills.today(self.store):
            raise WeChatRefusal(400, "INVALID_REQUEST", "the day of a bill must be over")
        if not (content := bills.write(self.store, bill_day)):
            raise WeChatRefusal(400, "NO_STATEMENT_EXIST", "nothing moved on that day")
        return content

    def found(self, thing_id: str) -> Thing:
        """Return a thing, or the refusal that there is none."""
        thing = self.store.get(thing_id)
        if thing is None:
            raise WeChatRefusal(404, "RESOURCE_NOT_EXISTS", "there is no such thing")
        return thing

    def run(self, method: str, parts: list[str], params: Thing) -> Thing:
        """Answer one request."""
        match method, parts:
            case "POST", ["pay", "transactions", ("native" | "jsapi") as kind]:
                return self.place(kind, params)
            case "GET", ["pay", "transactions", "out-trade-no", number]:
                return self.order(number)
            case "POST", ["pay", "transactions", "out-trade-no", number, "close"]:
                return self.close(number)
            case "GET", ["bill", "fundflowbill"]:
                day = request.args["bill_date"]
                address = f"{request.host_url}v3/billdownload/file?token={day}"
                return bills.described(self.bill(day), address)
            case "POST", ["refund", "domestic", "refunds"]:
                return self.refund(params)
            case "GET", ["refund", "domestic", "refunds", number]:
                return self.found(f"refund_{number}")
            case "POST", ["profitsharing", "receivers", "add"]:
                kept = {"id": f"receiver_{params['account']}", "object": "wechat_receiver"}
                self.store.save(kept | {"type": params["type"], "account": params["account"]})
                return {"type": params["type"], "account": params["account"]}
            case "POST", ["profitsharing", "orders"]:
                return self.share(params)
            case "GET", ["profitsharing", "orders", number]:
                return self.found(f"share_{number}")
            case "POST", ["profitsharing", "return-orders"]:
                return self.take_back(params)
            case "GET", ["profitsharing", "return-orders", number]:
                return self.found(f"return_{request.args['out_order_no']}_{number}")
        raise WeChatRefusal(404, "NOT_FOUND", "there is no such address")


def blueprint(wechat: WeChat, wake: Any) -> Blueprint:
    """Return the stand-in's addresses, and the page that is the member's phone."""
    pages = Blueprint("wechat", __name__)

    def api(path: str) -> Response:
        fault, packed = "", None
        try:
            wechat.authorize()
            with wechat.store.transaction():
                if request.method == "POST":
                    fault = wechat.store.take_fault(f"/v3/{path}")
            if fault == "before":
                return Response("<html>Bad Gateway</html>", 502, content_type="text/html")
            if path == "billdownload/file":
                packed = gzip.compress(wechat.bill(request.args.get("token", "")).encode())
            with wechat.store.transaction():
                answer = (
                    {}
                    if packed is not None
                    else wechat.run(request.method, path.split("/"), request.get_json(silent=True) or {})
                )
        except WeChatRefusal as error:
            text = json.dumps({"code": error.code, "message": str(error)})
            return Response(text, error.status, content_type="application/json")
        wake()
        if packed is not None:
            return Response(packed, content_type="application/x-gzip")
        if fault:
            return Response("<html>Bad Gateway</html>", 502, content_type="text/html")
        text = json.dumps(
            {name: value for name, value in answer.items() if name not in {"id", "object", "content"}}
        )
        status, body = (200, text) if answer else (204, "")
        return Response(body, status, headers=wechat.sign(body), content_type="application/json")

    def phone(number: str) -> Any:
        order = wechat.store.get(f"wechat_{number}", "wechat_order") or abort(404)
        if request.method == "POST":
            with wechat.store.transaction():
                wechat.pay(number)
            wake()
            back = request.form.get("back", "")
            return (
                redirect(back)
                if back
                else render_template("wechat.html", order=wechat.order(number), back="")
            )
        return render_template("wechat.html", order=order, back=request.args.get("back", ""))

    sign_in.add_to(pages, wechat.store, lambda: wechat.keys.appid)
    pages.add_url_rule("/v3/<path:path>", "api", api, methods=["GET", "POST"])
    pages.add_url_rule("/wechat/pay/<number>", "phone", phone, methods=["GET", "POST"])
    return pages


def _load(pem: str) -> RSAPrivateKey:
    key = load_pem_private_key(pem.encode(), password=None)
    assert isinstance(key, RSAPrivateKey)
    return key


def _time() -> str:
    return datetime.now(UTC).astimezone(bills.CHINA).isoformat(timespec="seconds")
