"""Who brought whom, under which rules, and who earned what. Lives in the tenant's schema.

Amounts are minor units. A member's key is the key of their user: one person, one id.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from kernel.models import Uuid7Model
from kernel.text import pick


class Member(models.Model):
    """A person in the circle: whose fan they are, what roles they hold, and why."""

    class BoundBy(models.TextChoices):
        LINK = "link", _("a link")
        CODE = "code", _("a code")
        POSTER = "poster", _("a poster")
        OPERATOR = "operator", _("an operator")
        TRANSFER = "transfer", _("a circle transfer")

    class DepositState(models.TextChoices):
        NONE = "none"
        OPEN = "open"
        HELD = "held"
        RETURNING = "returning"
        RETURNED = "returned"

    user = models.OneToOneField(
        User, primary_key=True, on_delete=models.CASCADE, related_name="member", verbose_name=_("person")
    )
    referral_code = models.CharField(_("referral code"), max_length=12, unique=True)
    bound_to = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="fans",
        verbose_name=_("brought by"),
    )
    bound_at = models.DateTimeField(_("bound since"), null=True, blank=True)
    bound_until = models.DateTimeField(null=True, blank=True, help_text="empty: for good")
    bound_by = models.CharField(_("bound through"), max_length=8, choices=BoundBy, blank=True, default="")
    roles = ArrayField(models.CharField(max_length=40), default=list, blank=True, verbose_name=_("roles"))
    role_facts = models.JSONField(
        default=dict, blank=True, help_text='role -> {"at": ISO time, "why": {"zh-hans": …, "en": …}}'
    )
    role_losses = models.JSONField(
        default=dict, blank=True, help_text="roles lost at a review, in the shape of role_facts"
    )
    consents = ArrayField(
        models.CharField(max_length=8),
        default=list,
        blank=True,
        help_text="what whoever brought this member may take along: name, email, phone, transfer",
    )
    consented_at = models.DateTimeField(null=True, blank=True)
    transfer_offer = models.JSONField(
        default=dict, blank=True, help_text='{"host", "at"}: where the circle may follow'
    )
    first_order_id = models.UUIDField(null=True, blank=True, help_text="the order that counts as the first")
    company_name = models.CharField(_("company"), max_length=200, blank=True, default="")
    # registration number
    company_number = models.CharField(_("registration number"), max_length=40, blank=True, default="")
    joined_at = models.DateTimeField(_("joined"), db_default=Now())
    deposit_state = models.CharField(max_length=9, choices=DepositState, default=DepositState.NONE)
    deposit_id = models.UUIDField(null=True, unique=True, help_text="what its payment refers to")
    deposit_payment_id = models.UUIDField(null=True)
    deposit_amount = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = [
            models.CheckConstraint(
                condition=Q(deposit_state="none")
                | Q(deposit_id__isnull=False, deposit_payment_id__isnull=False, deposit_amount__gt=0),
                name="member_deposit_complete",
            ),
            models.CheckConstraint(condition=~Q(bound_to=F("user")), name="member_not_bound_to_self"),
            models.CheckConstraint(
                condition=Q(consents=[]) | Q(consented_at__isnull=False), name="member_consented_at"
            ),
            models.CheckConstraint(
                condition=Q(bound_to__isnull=True, bound_at__isnull=True)
                | Q(bound_to__isnull=False, bound_at__isnull=False),
                name="member_bound_at",
            ),
        ]

    def __str__(self) -> str:
        return self.referral_code

    @property
    def is_company(self) -> bool:
        """True if a registered company stands behind this member."""
        return bool(self.company_number)


class RulesVersion(models.Model):
    """One version of the agent rules. Append-only: the database refuses to change or delete a row."""

    number = models.PositiveIntegerField(primary_key=True)
    document = models.JSONField(help_text="the document as parsed; amounts and percents are decimal text")
    source = models.TextField(help_text="the document as written, with its comments")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the parsed document")
    findings = models.JSONField(default=list, help_text="what the linter said when it was switched on")
    signed_off = models.JSONField(default=list, help_text='[{"finding", "by", "reason", "at"}]')
    effective_from = models.DateTimeField(db_default=Now())
    activated_by = models.UUIDField(null=True)
    activated_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(number__gt=0), name="rules_version_from_one")]

    def __str__(self) -> str:
        return str(self.number)


class Sale(models.Model):
    """The fact of one paid order, as far as the circle is concerned. Keyed by the order's id."""

    order_id = models.UUIDField(primary_key=True)
    order_number = models.CharField(max_length=24)
    currency = models.CharField(max_length=3)
    buyer = models.ForeignKey(Member, null=True, on_delete=models.PROTECT, related_name="purchases")
    sharer = models.ForeignKey(Member, null=True, on_delete=models.PROTECT, related_name="sales")
    paid = models.BigIntegerField(help_text="goods paid, without freight")
    refunded = models.BigIntegerField(default=0)
    rules_version = models.PositiveIntegerField()
    facts = models.JSONField(
        default=dict,
        help_text='what limits had given before: {"today": {member: amount}, "month": amount}',
    )
    suspicions = models.JSONField(
        default=list, help_text='[{"member", "kind", "action"}]: earnings that look like one\'s own'
    )
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(paid__gte=0, refunded__gte=0, refunded__lte=F("paid")), name="sale_refund_bounded"
            )
        ]
        indexes = [models.Index(fields=["sharer", "-at"], name="sale_by_sharer")]

    def __str__(self) -> str:
        return self.order_number


class Origin(Uuid7Model):
    """A room, a note or a group through which sales come, and whose it is. A link names it by ``code``."""

    class Kind(models.TextChoices):
        ROOM = "room", _("live room")
        NOTE = "note", _("note")
        GROUP = "group", _("group")

    code = models.CharField(max_length=12, unique=True)
    kind = models.CharField(max_length=5, choices=Kind)
    owner = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="origins")
    title = models.CharField(max_length=120)
    is_open = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.title


class DeviceSeen(Uuid7Model):
    """A member signed in or bought on a device; two members on one device may be one person."""

    device = models.CharField(max_length=43)
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="devices")
    last_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["device", "member"], name="device_seen_once")]


class Task(Uuid7Model):
    """Something a shop asks of its members, such as a training; completed tasks count towards roles."""

    name = models.JSONField(help_text='{"zh-hans": …, "en": …}')
    about = models.JSONField(default=dict, blank=True)
    is_open = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return pick(self.name)


class TaskDone(Uuid7Model):
    """A member says that a task is done, and an operator confirms it. Once for each member and task."""

    class State(models.TextChoices):
        REPORTED = "reported"
        CONFIRMED = "confirmed"
        REFUSED = "refused"

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="done")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="tasks")
    state = models.CharField(max_length=9, choices=State, default=State.REPORTED)
    note = models.CharField(max_length=300, blank=True, default="")
    reported_at = models.DateTimeField(db_default=Now())
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "member"], name="task_done_once"),
            models.CheckConstraint(
                condition=Q(state="reported", decided_at__isnull=True)
                | Q(state__in=["confirmed", "refused"], decided_at__isnull=False),
                name="task_decided_at",
            ),
        ]
        indexes = [models.Index(fields=["reported_at"], condition=Q(state="reported"), name="task_to_decide")]

    def __str__(self) -> str:
        return f"{self.task}: {self.state}"


class Earning(Uuid7Model):
    """What one payee gets of a sale, and why. Only the tenant's margin may be negative.

    An earning is pending when the order is paid, held from its receipt until the days of the rules are over,
    then payable. It ends reversed when all of it was taken back, or refused when a person found it wrong:
    then the shop keeps it. The tenant's margin stays pending, for it is the shop's at once.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("pending until receipt")
        HELD = "held", _("waits its days after receipt")
        PAYABLE = "payable", _("can be withdrawn")
        REVERSED = "reversed", _("taken back")
        REFUSED = "refused", _("refused, stays with the shop")

    sale = models.ForeignKey(Sale, on_delete=models.PROTECT, related_name="earnings")
    position = models.PositiveSmallIntegerField()
    payee = models.ForeignKey(
        Member,
        null=True,
        on_delete=models.PROTECT,
        related_name="earnings",
        help_text="empty: the tenant itself",
    )
    payee_kind = models.CharField(max_length=8)
    kind = models.CharField(max_length=12)
    earn_id = models.CharField(max_length=40)
    level = models.PositiveSmallIntegerField(default=0)
    amount = models.BigIntegerField()
    portions = ArrayField(
        models.BigIntegerField(), help_text="what each line of the order gave to it; they sum to the amount"
    )
    clawed_back = models.BigIntegerField(default=0)
    why = models.JSONField()
    state = models.CharField(max_length=8, choices=State, default=State.PENDING)
    payable_at = models.DateTimeField(null=True, help_text="payable from then on")
    released_at = models.DateTimeField(null=True, help_text="when it became payable")
    review_reasons = ArrayField(
        models.CharField(max_length=60), default=list, help_text="reasons for which it waits for a person"
    )

    class Meta:
        ordering = ["sale", "position"]
        constraints = [
            models.UniqueConstraint(fields=["sale", "position"], name="earning_position"),
            models.CheckConstraint(condition=Q(level__lte=2), name="earning_two_levels_at_most"),
            models.CheckConstraint(
                condition=Q(payee_kind="tenant", kind="margin", payee__isnull=True)
                | Q(payee_kind__in=["member", "company"], payee__isnull=False, amount__gt=0),
                name="earning_payee",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["commission", "margin"]) | Q(kind="service_fee", payee_kind="company"),
                name="earning_service_fee_to_company",
            ),
            models.CheckConstraint(
                # A margin may pass through any sign while lines with a gain and with a loss go back.
                condition=Q(kind="margin") | Q(clawed_back__gte=0, clawed_back__lte=F("amount")),
                name="earning_clawed_back_bounded",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["pending", "held", "reversed", "refused"], released_at__isnull=True)
                | Q(state__in=["payable", "reversed"], released_at__isnull=False, payable_at__isnull=False),
                name="earning_released_at",
            ),
            models.CheckConstraint(
                condition=~Q(state="held") | Q(payable_at__isnull=False), name="earning_payable_at"
            ),
            models.CheckConstraint(
                condition=Q(review_reasons=[]) | Q(state__in=["pending", "held"]),
                name="earning_under_review_waits",
            ),
            models.CheckConstraint(
                condition=~Q(state="reversed") | Q(clawed_back=F("amount")), name="earning_reversed_is_whole"
            ),
        ]
        indexes = [models.Index(fields=["payee", "-id"], name="earning_by_payee")]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"

    @property
    def left(self) -> int:
        """What has not been taken back, minor units."""
        return self.amount - self.clawed_back
