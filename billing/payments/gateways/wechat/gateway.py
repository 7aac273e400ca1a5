"""WeChat Pay (API v3): native and in-app orders, refunds, and profit sharing to receivers.

https://pay.weixin.qq.com/doc/v3/merchant/4012791856 ff. WeChat knows no idempotency keys: it knows our own
numbers for ever, and the same number with the same content is the same order, refund or share. So numbers are
made of our references, keys are not needed, and nothing has to be looked up before it is asked again.
"""

import json
import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NoReturn
from uuid import UUID

from django.conf import settings
from wechatpayv3 import WeChatPayType

from billing.payments.gateway import (
    BalanceMove,
    Intent,
    IntentStatus,
    Move,
    PayeeBalance,
    PaymentPage,
    PayoutMethod,
    ProviderAccount,
    ProviderDispute,
    WebhookEvent,
    WrongSignature,
)
from billing.payments.gateways.wechat import answers, bills, client, merchant
from billing.payments.gateways.wechat.currencies import CURRENCY
from billing.payments.gateways.wechat.keys import Keys
from kernel.calls.errors import CallRefused, only_looking

BILLS_KEPT = timedelta(days=90)
BILL_HOUR = 10
SIGNATURE_TOLERANCE = 300  # seconds
TOPICS = {
    "TRANSACTION.": ("payment_intent.succeeded", "out_trade_no"),
    "REFUND.": ("refund.updated", "out_refund_no"),
}
MAY_BE_SHARED: dict[str, Any] = {"settle_info": {"profit_sharing": True}}
"""Without it the whole amount of an order is ours at once, and nothing of it can go to receivers."""


def connect() -> "WeChatGateway":
    """Return the gateway for these keys, or for the sandbox's stand-in."""
    return WeChatGateway(
        merchant.keys(), notify_url=settings.WECHAT_NOTIFY_URL, base=settings.STRIPE_API_BASE
    )


class WeChatGateway:
    """billing.payments.gateway.Gateway over WeChat Pay, or over its stand-in at ``base``."""

    name = "wechat"
    payment_page, app_agent = PaymentPage.CODE, "MicroMessenger"
    payee_countries: frozenset[str] = frozenset()

    def __init__(self, keys: Keys, *, notify_url: str, base: str = "") -> None:
        self._client = client.connect(keys, notify_url=notify_url, base=base)
        self._appid, self._public_key_id = keys.appid, keys.public_key_id

    # -- being paid

    def opens_in_app(self) -> bool:
        """It takes the secret of the app."""
        return bool(settings.PAYMENT_SANDBOX or settings.WECHAT_APP_SECRET)

    def test_page(self, intent_id: str) -> str:
        """The sandbox shows what the member's phone would."""
        return f"{settings.STRIPE_API_BASE}/wechat/pay/{intent_id}" if settings.PAYMENT_SANDBOX else ""

    def create_intent(
        self,
        *,
        amount: int,
        currency: str,
        group: str,
        reference: str,
        description: str,
        key: str,
        payer: str = "",
    ) -> Intent:
        """Place a native order, or with ``payer`` (an openid) one that is paid inside WeChat (JSAPI).

        ``client_secret`` is the text of the QR code, or the signed parameters for the page inside WeChat.
        """
        if currency != CURRENCY:
            raise CallRefused(f"WeChat Pay takes {CURRENCY} only, not {currency}", "currency")
        number = answers.number(reference)
        answer = client.ask(
            self._client.pay,
            description=description[:120] or reference,
            out_trade_no=number,
            amount={"total": amount, "currency": CURRENCY},
            payer={"openid": payer} if payer else None,
            pay_type=WeChatPayType.JSAPI if payer else WeChatPayType.NATIVE,
            **MAY_BE_SHARED,
        )
        return Intent(
            id=number,
            status=IntentStatus.WAITING,
            amount=amount,
            received=0,
            currency=CURRENCY,
            client_secret=self._in_app(answer["prepay_id"]) if payer else str(answer["code_url"]),
            reference=reference,
        )

    def _in_app(self, prepay_id: str) -> str:
        stamp, nonce, package = str(int(time.time())), UUID(int=time.time_ns()).hex, f"prepay_id={prepay_id}"
        signed = self._client.sign([self._appid, stamp, nonce, package])
        return json.dumps(
            {
                "appId": self._appid,
                "timeStamp": stamp,
                "nonceStr": nonce,
                "package": package,
                "signType": "RSA",
                "paySign": signed,
            }
        )

    def confirm_intent(self, intent_id: str, *, method: str, return_url: str, key: str) -> Intent:
        """Refused: members confirm in WeChat, nobody does it for them."""
        _refuse("a WeChat payment is confirmed by the member in WeChat")

    def cancel_intent(self, intent_id: str, *, key: str) -> Intent:
        """Close the order; refused by WeChat once it was paid."""
        client.ask(self._client.close, out_trade_no=intent_id)
        return self.fetch_intent(intent_id)

    def fetch_intent(self, intent_id: str) -> Intent:
        """Query by our number."""
        return answers.intent(client.ask(self._client.query, out_trade_no=intent_id))

    def find_intent(self, reference: str) -> Intent | None:
        """Query by the number made of the reference."""
        order = client.look(self._client.query, out_trade_no=answers.number(reference))
        return answers.intent(order) if order else None

    def refund(self, *, intent_id: str, amount: int, currency: str, reference: str, key: str) -> Move:
        """Refund part or all of an order."""
        with only_looking():
            total = self.fetch_intent(intent_id).amount
        return answers.refund(
            client.ask(
                self._client.refund,
                out_refund_no=answers.number(reference),
                out_trade_no=intent_id,
                amount={"refund": amount, "total": total, "currency": CURRENCY},
            )
        )

    def fetch_refund(self, refund_id: str) -> Move:
        """Query by our number."""
        return answers.refund(client.ask(self._client.query_refund, out_refund_no=refund_id))

    def find_refund(self, *, intent_id: str, reference: str) -> Move | None:
        """Query by the number made of the reference."""
        refund = client.look(self._client.query_refund, out_refund_no=answers.number(reference))
        return answers.refund(refund) if refund else None

    # -- profit sharing

    def create_account(
        self, *, country: str, email: str, name: str, reference: str, key: str
    ) -> ProviderAccount:
        """Refused: a receiver is a merchant or person that WeChat knows already."""
        _refuse("a receiver at WeChat Pay is entered by its merchant number or openid")

    def find_account(self, reference: str, *, since: datetime) -> ProviderAccount | None:
        """Return None: none is ever opened."""
        return None

    def fetch_account(self, account_id: str) -> ProviderAccount:
        """Say that a receiver can be paid: WeChat says no more; a transfer shows whether it is so."""
        return ProviderAccount(account_id, payouts_enabled=False, can_be_paid=True)

    def onboarding_link(self, account_id: str, *, refresh_url: str, return_url: str) -> str:
        """Refused: there is no such page."""
        _refuse("receivers of WeChat Pay enter nothing")

    def transfer(
        self,
        *,
        amount: int,
        currency: str,
        destination: str,
        group: str,
        source: str,
        reference: str,
        key: str,
    ) -> Move:
        """Share a paid order's money (``source``: its transaction) with a receiver, added on the way."""
        if currency != CURRENCY or not source:
            raise CallRefused("WeChat Pay shares the money of one payment in CNY", "unsupported")
        kind, _colon, account = destination.rpartition(":")
        receiver = {"type": kind or "MERCHANT_ID", "account": account}
        client.ask(
            self._client.profitsharing_add_receiver,
            account_type=receiver["type"],
            account=account,
            relation_type="SUPPLIER",
        )
        return answers.share(
            client.ask(
                self._client.profitsharing_order,
                transaction_id=source,
                out_order_no=answers.number(reference),
                receivers=[receiver | {"amount": amount, "description": reference}],
                unfreeze_unsplit=False,
            )
        )

    def fetch_transfer(self, transfer_id: str) -> Move:
        """Query by transaction and our number."""
        transaction, _colon, number = transfer_id.partition(":")
        query = self._client.profitsharing_order_query
        return answers.share(client.ask(query, transaction_id=transaction, out_order_no=number))

    def find_transfer(self, *, group: str, destination: str, reference: str) -> Move | None:
        """Return None: asking again with the same number cannot share twice."""
        return None

    def reverse_transfer(
        self, transfer_id: str, *, amount: int, currency: str, reference: str, key: str
    ) -> Move:
        """Ask a receiver's share back; refused if it is not a merchant, or has not that much."""
        transaction, _colon, number = transfer_id.partition(":")
        share = client.ask(
            self._client.profitsharing_order_query, transaction_id=transaction, out_order_no=number
        )
        return answers.returned(
            client.ask(
                self._client.profitsharing_return,
                out_order_no=number,
                out_return_no=answers.number(reference),
                return_mchid=share["receivers"][0]["account"],
                amount=amount,
                description=reference,
            )
        )

    def find_reversal(self, transfer_id: str, *, reference: str) -> Move | None:
        """Query by our numbers."""
        reversal = client.look(
            self._client.profitsharing_return_query,
            out_order_no=transfer_id.partition(":")[2],
            out_return_no=answers.number(reference),
        )
        return answers.returned(reversal) if reversal else None

    # -- what WeChat Pay does by itself, or not at all

    def available(self, currency: str) -> int:
        """Refused: WeChat does not show it."""
        _refuse("WeChat Pay does not show our balance")

    def payee_balance(self, account: str, currency: str) -> PayeeBalance | None:
        """Return None: what was shared is in the receiver's hands already."""
        return None

    def payout(
        self, *, account: str, amount: int, currency: str, method: PayoutMethod, reference: str, key: str
    ) -> Move:
        """Refused: what was shared is in the receiver's hands already."""
        _refuse("WeChat Pay pays receivers when it shares")

    def fetch_payout(self, account: str, payout_id: str) -> Move:
        """Refused: there are none."""
        _refuse("WeChat Pay pays receivers when it shares")

    def find_payout(self, *, account: str, reference: str) -> Move | None:
        """Return None: there are none."""
        return None

    def charge_is_available(self, charge_id: str) -> bool:
        """Return True: a paid order can be shared."""
        return True

    def balance_transactions(
        self, since: datetime, until: datetime, *, account: str = ""
    ) -> Iterator[BalanceMove]:
        """Read the fund-flow bills of the window's days, each checked against the hash that WeChat signed.

        Whole days by China's clock, up to the last one whose bill is there; none older than BILLS_KEPT.
        """
        if account:
            _refuse("WeChat Pay shows no balance but our own")
        day = max(since, until - BILLS_KEPT).astimezone(bills.CHINA).date()
        last = self.complete_until(until).astimezone(bills.CHINA).date()
        while day < last:
            yield from bills.flows(self._client, day)
            day += timedelta(days=1)

    def complete_until(self, moment: datetime) -> datetime:
        """Return the end of the last day that has its bill: it comes at ten in the morning of the next."""
        there = moment.astimezone(bills.CHINA)
        today = there.replace(hour=0, minute=0, second=0, microsecond=0)
        return today if there.hour >= BILL_HOUR else today - timedelta(days=1)

    def fetch_dispute(self, external_id: str) -> ProviderDispute:
        """Refused: WeChat knows complaints, which are answered in its own console."""
        _refuse("complaints are answered in WeChat Pay's console")

    def submit_evidence(self, external_id: str, *, evidence: Mapping[str, str], key: str) -> ProviderDispute:
        """Refused, as above."""
        _refuse("complaints are answered in WeChat Pay's console")

    def accept_dispute(self, external_id: str, *, key: str) -> ProviderDispute:
        """Refused, as above."""
        _refuse("complaints are answered in WeChat Pay's console")

    # -- events

    def verify_webhook(self, body: bytes, headers: Mapping[str, str]) -> WebhookEvent:
        """Check the signature over time, nonce and body with WeChat's key, then decrypt (AES-256-GCM)."""
        try:
            # The library does not look at the time: an old notice could be sent again for ever.
            age = abs(time.time() - int(headers.get("Wechatpay-Timestamp", "0")))
            if age > SIGNATURE_TOLERANCE:
                raise WrongSignature("the notice is too old")
            if headers.get("Wechatpay-Serial") != self._public_key_id:
                # For another key the library would ask WeChat for certificates, whenever a stranger wants it.
                raise WrongSignature("it is signed with a key that is not known")
            notice = self._client.callback(headers, body.decode())
            if not notice:
                raise WrongSignature("the signature or the key is wrong")
            kind = str(notice["event_type"])
            topic, field = next(
                topic_and_field for prefix, topic_and_field in TOPICS.items() if kind.startswith(prefix)
            )
            return WebhookEvent(id=str(notice["id"]), topic=topic, object_id=str(notice["resource"][field]))
        except WrongSignature:
            raise
        except StopIteration:
            raise WrongSignature("this kind of notice is not ours") from None
        except Exception as error:  # the library raises what its parts raise, and bare Exceptions
            raise WrongSignature(f"{type(error).__name__}: {error}") from error


def _refuse(reason: str) -> NoReturn:
    raise CallRefused(reason, "unsupported")
