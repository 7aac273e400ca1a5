"""After-sales: what a member wants of a supplier about goods that were bought, word by word.

A case belongs to one supplier order. Its thread is append-only: what was said stays said.
Amounts are minor units of the order's currency.
"""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from catalog.models import Supplier
from fulfilment.orders.models import SupplierOrder
from kernel.models import Uuid7Model


class Case(Uuid7Model):
    """One wish of one member, and whose turn it is."""

    class Wish(models.TextChoices):
        QUESTION = "question", _("A question")
        REFUND = "refund", _("Money back")
        RETURN = "return", _("Send back for money")
        EXCHANGE = "exchange", _("Exchange")

    class State(models.TextChoices):
        SUPPLIER = "supplier", _("The supplier's turn")
        MEMBER = "member", _("The member's turn")
        TENANT = "tenant", _("The shop decides")
        CENTRAL = "central", _("The central team decides")
        TO_RETURN = "to_return", _("To be sent back")
        RETURNING = "returning", _("On the way back")
        TO_REPLACE = "to_replace", _("A replacement is to be sent")
        REFUNDING = "refunding", _("The money is on its way")
        CLOSED = "closed", _("Closed")

    class Outcome(models.TextChoices):
        OPEN = "", ""
        ANSWERED = "answered", _("Answered")
        REFUNDED = "refunded", _("Refunded")
        EXCHANGED = "exchanged", _("Exchanged")
        REFUSED = "refused", _("Refused")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    number = models.CharField(max_length=48, unique=True)
    schema = models.CharField(max_length=63, help_text="schema of the tenant that sold")
    tenant_id = models.UUIDField()
    order_id = models.UUIDField(help_text="the tenant's order")
    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="cases")
    supplier_order = models.ForeignKey(SupplierOrder, on_delete=models.PROTECT, related_name="cases")
    member_id = models.UUIDField(help_text="the tenant's user")
    member_name = models.CharField(max_length=120, help_text="as the supplier may call them")
    wish = models.CharField(max_length=8, choices=Wish)
    units = models.JSONField(default=dict, help_text="line id -> units that it is about")
    amount = models.BigIntegerField(null=True, help_text="agreed refund; empty: what the units cost")
    state = models.CharField(max_length=10, choices=State, default=State.SUPPLIER)
    outcome = models.CharField(max_length=9, choices=Outcome, blank=True, default=Outcome.OPEN)
    offered = models.CharField(max_length=8, blank=True, default="", help_text="what was answered last")
    return_to = models.JSONField(default=dict, help_text="where returned goods go")
    return_parcel = models.JSONField(default=dict, help_text="carrier and number of the member's parcel")
    replacement = models.JSONField(default=dict, help_text="carrier and number of the supplier's parcel")
    step = models.PositiveIntegerField(
        default=0, help_text="counts moves: an old deadline names another step"
    )
    due_at = models.DateTimeField(null=True, help_text="when the next one is asked instead")
    opened_at = models.DateTimeField(db_default=Now())
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["supplier_order"], condition=~Q(state="closed"), name="case_one_open"
            ),
            models.CheckConstraint(
                condition=Q(state="closed", closed_at__isnull=False) & ~Q(outcome="")
                | ~Q(state="closed") & Q(closed_at__isnull=True, outcome=""),
                name="case_closed_with_outcome",
            ),
            models.CheckConstraint(condition=Q(amount=None) | Q(amount__gt=0), name="case_amount_positive"),
        ]
        indexes = [
            models.Index(fields=["supplier", "state", "due_at"], name="case_by_supplier"),
            models.Index(fields=["tenant_id", "state", "due_at"], name="case_by_tenant"),
            models.Index(fields=["order_id"], name="case_by_order"),
        ]

    def __str__(self) -> str:
        return self.number


class CaseMessage(Uuid7Model):
    """One entry of a case's thread: what somebody said, or what happened. Append-only."""

    class Side(models.TextChoices):
        MEMBER = "member", _("Member")
        SUPPLIER = "supplier", _("Supplier")
        TENANT = "tenant", _("Shop")
        CENTRAL = "central", _("Central team")
        CLOCK = "clock", ""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="messages")
    side = models.CharField(max_length=8, choices=Side)
    name = models.CharField(max_length=120)
    event = models.CharField(max_length=20, blank=True, default="", help_text="what moved; empty: only said")
    text = models.TextField(blank=True, default="")
    details = models.JSONField(default=dict)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["id"]


class CasePicture(Uuid7Model):
    """A picture in a thread, kept where no public address leads. Append-only."""

    message = models.ForeignKey(CaseMessage, on_delete=models.PROTECT, related_name="pictures")
    path = models.CharField(max_length=200, help_text='name in the storage "papers"')

    class Meta:
        ordering = ["id"]
