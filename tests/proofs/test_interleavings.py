"""Refund, dispute, refund on the provider's own pages, out of stock and payout of one order, in every order.

Each is one or two moments: a refund is requested and leaves, a dispute is opened and decided. All
interleavings of these moments are walked; at the end of each, what the product says is held beside the
provider's own books. The suite walks those of one seeded beginning.
"""

import copy
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
from django.db import transaction

from billing.ledger.models import AccountKind, Entry
from billing.payments.disputes.models import Dispute
from billing.payments.gateway import DisputeStatus, forget_connections
from billing.payments.gateways.stripe import gateway as stripe_gateway
from billing.payments.models import Payment, Refund
from billing.payments.payments import sandbox_cards
from billing.payments.payments import services as payment_services
from billing.payments.refunds import services as payment_refund_services
from billing.payouts.accounts import services as payout_account_services
from billing.payouts.models import Payable, Payout
from billing.payouts.transfers import services as transfer_services
from billing.watch import sweeping as watch
from fulfilment.models import SupplierOrder
from fulfilment.orders import services as supplier_order_services
from kernel import clock
from kernel.errors import BanyanError
from kernel.events import outbox
from kernel.events.queues import INBOX, EventQueue
from kernel.ids import new_id
from kernel.models import Event
from kernel.tenancy import in_public, in_tenant
from tenants.agents.models import Earning
from tenants.shop.models import Order
from tenants.shop.orders import services as order_services
from tenants.shop.refunds import services as refund_services
from tenants.shop.refunds.models import OrderRefund
from tests.proofs.fake_gateway import FakeGateway
from tests.support.purchases import fill_cart, place
from tests.support.volume import volume
from tests.support.world import World

OWN, FOREIGN = 10_000, 4_000


@dataclass
class Story:
    """One order and all that can happen to it; ``provider`` is the truth that everything is held against."""

    world: World
    provider: FakeGateway
    order_id: Any
    decision: str
    refund_ids: list[Any] = field(default_factory=list)

    @property
    def payment(self) -> Payment:
        return Payment.objects.get(purpose="order", reference_id=self.order_id)

    @property
    def intent(self) -> str:
        return self.payment.external_id or ""

    def request(self) -> None:
        """The shop gives a part back; the money has not left yet."""
        with transaction.atomic():
            row = refund_services.request_refund(
                order_id=self.order_id, reason="", acting_user="test", idempotency_key="own", amount=OWN
            )
        self.refund_ids.append(row.payment_refund_id)

    def send(self) -> None:
        """What was requested leaves, if the provider takes it."""
        for refund_id in self.refund_ids:
            payment_refund_services.send_refund(refund_id=refund_id)

    def request_all(self) -> None:
        """The shop gives everything back that is left."""
        with transaction.atomic():
            row = refund_services.request_refund(
                order_id=self.order_id, reason="", acting_user="test", idempotency_key="all"
            )
        self.refund_ids.append(row.payment_refund_id)

    def refund_elsewhere(self) -> None:
        """Somebody gives a part back on the provider's own pages, which refuse what cannot be."""
        amount = min(FOREIGN, self.provider.refundable(self.intent))
        if amount and all(
            dispute.status == DisputeStatus.WON for dispute in self.provider.disputes_of(self.intent)
        ):
            move = self.provider.refund(
                intent_id=self.intent, amount=amount, currency="CNY", reference="", key="elsewhere"
            )
            self.report("refund.created", move.id)

    def dispute(self) -> None:
        """The bank takes the whole payment, whatever went back before."""
        if not self.provider.intents[self.intent].received:
            raise BanyanError("nothing was charged")
        self.report("charge.dispute.created", self.provider.dispute(self.intent))

    def decide(self) -> None:
        """The bank decides."""
        if not self.provider.disputes:
            raise BanyanError("nothing is disputed")
        (name,) = self.provider.disputes
        self.provider.decide(name, won=self.decision == "won")
        self.report("charge.dispute.closed", name)

    def run_out(self) -> None:
        """One supplier cannot send its goods."""
        part = SupplierOrder.objects.get(order_id=self.order_id, supplier__code="farm")
        supplier_order_services.report_out_of_stock(
            supplier_order_id=part.id,
            lines={line.id: line.waiting for line in part.lines.all() if line.waiting},
            acting_user="test",
        )

    def pay_out(self) -> None:
        """The other supplier sends its goods and is paid the same day."""
        part = SupplierOrder.objects.get(order_id=self.order_id, supplier__code="forge")
        supplier_order_services.ship(
            supplier_order_id=part.id, carrier="SF", tracking_number="SF1", acting_user="test"
        )
        relay()
        transfer_services.pay_due()

    def cancel(self) -> None:
        """The member gives the unpaid order up, and its payment is cancelled where that is still possible."""
        order_services.cancel_order(order_id=self.order_id, acting_user=self.world.carol)
        payment_services.cancel_payment(payment_id=self.payment.id)

    def charge(self) -> None:
        """The member pays on a page that was open all the time; nothing of it is reported yet."""
        self.provider.confirm_intent(self.intent, key="late")

    def hear(self) -> None:
        """The payment is reported."""
        self.report("payment_intent.succeeded", self.intent)

    def report(self, topic: str, object_id: str) -> None:
        """An event comes in."""
        Event.objects.create(
            queue="inbox",
            schema="public",
            source="stripe",
            external_id=str(new_id()),
            topic=topic,
            payload={"object_id": object_id},
        )
        hear_all()

    def rest(self) -> None:
        """Time goes by: what waits is due, again and again."""
        for _round in range(4):
            now = clock.now()
            for rows in (Payment, Refund, Payout):
                rows.objects.update(next_try_at=now)
            Event.objects.filter(handled_at=None).update(available_at=now)
            hear_all()
            relay()
            with in_public():
                payment_services.sweep_payments()
                payment_refund_services.sweep_refunds()
                transfer_services.pay_due()

    def holds(self) -> None:
        """What the product says is what the provider did."""
        payment, order = self.payment, Order.objects.get(id=self.order_id)
        refunded = self.provider.refunded(self.intent)
        lost = [row for row in self.provider.disputes.values() if row.status == DisputeStatus.LOST]
        back = min(payment.amount, refunded + sum(row.amount for row in lost))
        assert not Refund.objects.exclude(state__in=Refund.FINAL).exists(), "nothing is on its way"
        assert not Dispute.objects.filter(Dispute.UNFINISHED).exists()
        sent = Refund.objects.filter(state=Refund.State.SUCCEEDED)
        assert sum(row.amount for row in sent) == refunded, "each refund is here, once"
        assert payment.refunded == back
        for kind in (AccountKind.DISPUTED, AccountKind.FOREIGN_REFUND, AccountKind.UNAPPLIED_RECEIPT):
            assert held(kind) == 0, kind
        fees = sum(row.fee for row in self.provider.disputes.values())
        assert -held(AccountKind.PSP_CLEARING) == sum(row.amount for row in self.provider.lines) - fees
        assert set(Payable.objects.values_list("blocked_by", flat=True)) <= {""}
        assert all("dispute" not in earning.review_reasons for earning in Earning.objects.all())
        with in_public():
            assert watch.sweep(whole=True).differences == 0
        if order.paid_at:
            done = OrderRefund.objects.filter(order=order, state=OrderRefund.State.DONE)
            assert order.refunded == sum(row.amount for row in done) == back
            assert (order.state == Order.State.REFUNDED) == (back == order.total)
            if back == order.total:
                assert sum(row.left for row in Payable.objects.all()) == 0, "no supplier keeps anything"
                assert sum(earning.left for earning in Earning.objects.filter(payee__isnull=False)) == 0


def held(kind: AccountKind) -> int:
    return sum(Entry.objects.filter(account__kind=kind).values_list("amount", flat=True))


def hear_all() -> None:
    for event_id, topic in INBOX.unhandled().order_by("id").values_list("id", "topic"):
        INBOX.handle(event_id, topic)


def relay() -> None:
    while outbox.relay():
        pass


def walk(
    story: Story, threads: list[list[str]], before: tuple[str, ...], random: Random | None
) -> Iterator[tuple[str, ...]]:
    """Walk every interleaving of ``threads`` from here on; with ``random`` chance picks the first three."""
    open_threads = [number for number, thread in enumerate(threads) if thread]
    if not open_threads:
        story.rest()
        try:
            story.holds()
        except AssertionError as error:
            raise AssertionError(f"{' > '.join(before)} ({story.decision}): {error}") from error
        yield before
        return
    if random and len(before) < 3:
        open_threads = [random.choice(open_threads)]
    for number in open_threads:
        moment, *others = threads[number]
        savepoint = transaction.savepoint_create()
        kept = (copy.deepcopy(story.provider.__dict__), list(story.refund_ids))
        act: Callable[[], None] = getattr(story, moment)
        with suppress(BanyanError):  # a refusal is an answer
            act()
        yield from walk(story, [*threads[:number], others, *threads[number + 1 :]], (*before, moment), random)
        transaction.savepoint_rollback(savepoint)
        story.provider.__dict__, story.refund_ids = kept


@pytest.fixture
def story(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Story]:
    """A tea of the farm and a lamp of the forge for 330.00, placed and known to the provider."""
    provider = FakeGateway(1, 0)
    monkeypatch.setattr(EventQueue, "wake", lambda _self: None)
    monkeypatch.setattr(stripe_gateway, "connect", lambda: provider)
    forget_connections()
    for supplier in (world.farm, world.forge):
        payout_account_services.open_account(
            owner=payout_account_services.supplier_owner(supplier), country="CN"
        )
    with in_tenant(world.tenant):
        order = place(world, fill_cart(world))
        yield Story(world, provider, order.id, "")
    forget_connections()


PAID: dict[str, list[list[str]]] = {
    "a part": [["request", "send"], ["dispute", "decide"], ["refund_elsewhere"], ["pay_out"]],
    "all": [["request_all", "send"], ["dispute", "decide"], ["run_out"], ["pay_out"]],
    "both": [["request", "request_all", "send"], ["dispute", "decide"], ["refund_elsewhere"]],
}
COUNTS = {"a part": 180, "all": 180, "both": 60}


@pytest.mark.volume
@pytest.mark.parametrize("decision", ["won", "lost"])
@pytest.mark.parametrize("name", PAID)
def test_whatever_comes_first_every_cent_goes_back_once(story: Story, name: str, decision: str) -> None:
    story.decision = decision
    sandbox_cards.confirm_with_test_card(payment_id=story.payment.id, card="success")
    random = volume(Random(f"{name} {decision}"), None)
    ways = len(list(walk(story, PAID[name], (), random)))
    assert ways == COUNTS[name] or random


UNPAID = [["cancel"], ["charge", "hear"], ["refund_elsewhere"], ["dispute", "decide"]]


@pytest.mark.volume
@pytest.mark.parametrize("decision", ["won", "lost"])
def test_what_is_paid_too_late_goes_back_once(story: Story, decision: str) -> None:
    story.decision = decision
    payment_services.start(payment_id=story.payment.id)
    random = volume(Random(decision), None)
    assert list(walk(story, UNPAID, (), random))
