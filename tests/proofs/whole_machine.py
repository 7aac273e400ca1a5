"""What else moves money at the provider: banks that dispute, top-ups and deposits that come and go back."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction

from billing.ledger.models import AccountKind
from billing.payments.gateway import DisputeStatus, WebhookEvent
from billing.payments.payments import services as payment_services
from billing.payments.refunds import services as payment_refund_services
from billing.payments.webhooks import receive
from kernel.calls.errors import CallError
from kernel.errors import BanyanError
from kernel.events import inbox
from kernel.ids import new_id
from kernel.tenancy import in_tenant
from tenants.agents.deposits import services as deposit_services
from tests.proofs.machine import Machine

DEPOSIT = 5_000


@dataclass
class WholeMachine(Machine):
    """All of it. ``topped_up`` and ``deposited`` are what is still here."""

    topped_up: Counter[UUID] = field(default_factory=Counter)
    deposited: set[UUID] = field(default_factory=set)

    def acts(self) -> dict[Callable[[], None], int]:
        """Those of the shop, and these."""
        return super().acts() | {
            self.dispute: 4,
            self.decide: 3,
            self.refund_elsewhere: 4,
            self.top_up: 3,
            self.ask_back: 2,
            self.deposit: 3,
            self.return_deposit: 2,
        }

    def dispute(self) -> None:
        """A bank takes an order's payment back, once a charge, whatever went back of it or is on its way."""
        order_id = self._some_order()
        intent = self.intent_of(order_id)
        if self.provider.disputes_of(intent) or not self.provider.refundable(intent):
            raise BanyanError("nothing to dispute")
        self.report_event("charge.dispute.created", self.provider.dispute(intent))

    def decide(self) -> None:
        """A bank decides: the money is the shop's again, or gone like a refund."""
        names = [
            name
            for name, dispute in self.provider.disputes.items()
            if dispute.status not in {DisputeStatus.WON, DisputeStatus.LOST}
        ]
        if not names:
            raise BanyanError("nothing is disputed")
        name = self.random.choice(names)
        self.provider.decide(name, won=self.random.random() < 0.5)
        self.report_event("charge.dispute.closed", name)

    def refund_elsewhere(self) -> None:
        """Somebody gives a part back on the provider's own pages; now and then nothing of it is reported."""
        intent = self.intent_of(self._some_order())
        amount = min(self.random.randint(1, 8_000), self.provider.refundable(intent))
        if not amount:
            raise BanyanError("nothing is left")
        try:
            move = self.provider.refund(
                intent_id=intent, amount=amount, currency="CNY", reference="", key=f"e{self.step}"
            )
        except CallError as error:
            raise BanyanError("the provider would not, or did without saying so") from error
        if self.random.random() < 0.8:
            self.report_event("refund.created", move.id)

    def report_event(self, topic: str, name: str) -> None:
        """Events of a dispute come, now and then twice."""
        for _again in range(self.random.randint(1, 2)):
            receive("stripe", WebhookEvent(f"evt_{self.random.randrange(10**9)}", topic, name))
        inbox.handle_waiting()

    def top_up(self) -> None:
        """The shop tops up what its partners' orders would be paid from."""
        amount = self.random.randint(100, 50_000)
        with transaction.atomic(durable=True):
            payment = payment_services.open_payment(
                tenant=self.tenant,
                purpose="topup",
                reference_id=new_id(),
                amount=amount,
                currency="CNY",
                description="Prepaid",
            )
        self.topped_up[payment.id] = amount
        self.other_paid += amount
        self.pay(payment.id)

    def ask_back(self) -> None:
        """The shop asks for a part of a top-up, sometimes for more than is left of it."""
        if not self.topped_up:
            raise BanyanError("nothing was topped up yet")
        payment_id = self.random.choice([*self.topped_up][-20:])
        amount = self.random.randint(1, self.topped_up[payment_id] + 50)
        with transaction.atomic(durable=True):
            refund = payment_refund_services.request_refund(
                payment_id=payment_id,
                amount=amount,
                reason="machine",
                acting_user=self.people[0],
                idempotency_key=f"t{self.step}",
            )
        assert amount <= self.topped_up[payment_id], "more than is left was asked back"
        self.topped_up[payment_id] -= amount
        self.other_back += amount
        payment_refund_services.send_refund(refund_id=refund.id)

    def deposit(self) -> None:
        """Somebody leaves a deposit."""
        person = self.random.choice(self.people)
        with in_tenant(self.tenant):
            payment = deposit_services.open_deposit(user=person)
            assert person.pk not in self.deposited, "a second deposit was taken"
            self.deposited.add(person.pk)
            self.other_paid += DEPOSIT
            self.pay(payment.id)

    def return_deposit(self) -> None:
        """Somebody asks for the deposit back."""
        person = self.random.choice(self.people)
        with in_tenant(self.tenant):
            before = person.pk in self.deposited
            deposit_services.return_on_request(user=person)
        if before:
            self.deposited.remove(person.pk)
            self.other_back += DEPOSIT

    def agrees_at_the_provider(self) -> None:
        """What is disputed, topped up and deposited lies where it belongs."""
        super().agrees_at_the_provider()
        shop = ("tenant", self.tenant.id)
        withdrawn = sum(
            dispute.withdrawn
            for dispute in self.provider.disputes.values()
            if dispute.status not in {DisputeStatus.WON, DisputeStatus.LOST}
        )
        assert -self.held(AccountKind.DISPUTED, *shop) == withdrawn
        assert self.held(AccountKind.FOREIGN_REFUND, *shop) == 0
        assert self.held(AccountKind.TENANT_PREPAID, *shop) == self.topped_up.total()
        liabilities = [
            self.held(AccountKind.DEPOSIT_LIABILITY, "member", person.pk) for person in self.people
        ]
        assert sum(liabilities) == DEPOSIT * len(self.deposited)
