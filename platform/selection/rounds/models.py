"""A round: who judges what, by when, and what came of it. Points run from 0 to 100."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from catalog.models import Product
from kernel.models import Uuid7Model
from selection.proposals.models import Proposal


class Gate(models.TextChoices):
    """The two gates, in their order."""

    PANEL = "panel"
    JURY = "jury"


class Round(Uuid7Model):
    """Settings of one round, fixed at the moment it opens. Append-only.

    A gate is passed by at least ``…_points`` on average, counted without rounding, and at least
    ``quorum_percent`` of its people having scored; the jury's also by ``want_percent`` who would buy it.
    """

    class Kind(models.TextChoices):
        SELECTION = "selection"
        REVIEW = "review"

    number = models.PositiveIntegerField(unique=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.SELECTION)
    tenant_id = models.UUIDField(help_text="the shop whose people judge, or NO_ONE for the whole network")
    currency = models.CharField(max_length=3)
    panel_size = models.PositiveSmallIntegerField(default=50)
    panel_points = models.PositiveSmallIntegerField(default=70)
    panel_hours = models.PositiveIntegerField(default=14 * 24)
    jury_size = models.PositiveSmallIntegerField(default=200)
    jury_points = models.PositiveSmallIntegerField(default=70)
    jury_hours = models.PositiveIntegerField(default=21 * 24)
    want_percent = models.PositiveSmallIntegerField(default=60)
    quorum_percent = models.PositiveSmallIntegerField(default=60)
    volunteers_percent = models.PositiveSmallIntegerField(default=30)
    opened_by = models.CharField(max_length=200)
    # The database sets these three, whatever is sent.
    opened_at = models.DateTimeField(db_default=Now())
    opened_in = models.BigIntegerField(default=0, help_text="the transaction that may fill it")
    seed = models.CharField(
        max_length=64, blank=True, default="", help_text="of the jury's draw, for a review"
    )

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.CheckConstraint(
                condition=Q(panel_size__gte=3, jury_size__gte=3, panel_hours__gte=1, jury_hours__gte=1),
                name="round_enough_people",
            ),
            # A round that everything passes would be a way around both gates.
            models.CheckConstraint(
                condition=Q(panel_points__gte=50, panel_points__lte=100)
                & Q(jury_points__gte=50, jury_points__lte=100)
                & Q(want_percent__gte=50, want_percent__lte=100)
                & Q(quorum_percent__gte=50, quorum_percent__lte=100)
                & Q(volunteers_percent__lte=100),
                name="round_thresholds_mean_something",
            ),
        ]

    def __str__(self) -> str:
        return f"№ {self.number}"


class RoundEntry(Uuid7Model):
    """One product of a round. Written with the round, append-only."""

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="entries")
    proposal = models.ForeignKey(Proposal, null=True, on_delete=models.PROTECT, related_name="entries")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="entries")
    title = models.JSONField(help_text="the product's title when the round opened")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["round", "product"], name="entry_once")]


class Seat(Uuid7Model):
    """A person who judges in a round: of the panel, frozen when it opened, or of the jury. Append-only.

    ``person`` is the SHA-256 of the address in lower case, so that one person has one seat in all shops.
    """

    class Origin(models.TextChoices):
        RANKED = "ranked"
        DRAWN = "drawn"
        VOLUNTEER = "volunteer"

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="seats", db_index=False)
    gate = models.CharField(max_length=5, choices=Gate)
    tenant_id = models.UUIDField()
    user_id = models.UUIDField()
    name = models.CharField(max_length=120)
    person = models.CharField(max_length=64)
    origin = models.CharField(max_length=10, choices=Origin)
    rank = models.PositiveIntegerField(help_text="place by completed sales, or in the draw")
    completed_sales = models.BigIntegerField(default=0, help_text="frozen when the round opened, minor units")

    class Meta:
        ordering = ["gate", "rank"]
        constraints = [
            models.UniqueConstraint(fields=["round", "person"], name="seat_one_a_person"),
            models.UniqueConstraint(fields=["round", "tenant_id", "user_id"], name="seat_one_a_member"),
        ]
        indexes = [models.Index(fields=["tenant_id", "user_id"], name="seat_by_member")]

    def __str__(self) -> str:
        return self.name


class Volunteer(Uuid7Model):
    """Somebody who would like to sit in the jury of a round; the draw decides."""

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="volunteers", db_index=False)
    tenant_id = models.UUIDField()
    user_id = models.UUIDField()
    name = models.CharField(max_length=120)
    person = models.CharField(max_length=64)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["round", "person"], name="volunteer_once")]


class Vote(Uuid7Model):
    """What one person thinks of one entry. Written by the database's ``selection_vote`` alone; append-only.

    Secret until its gate has closed: for any role but the tables' owner the database hides it, too.
    """

    sample = models.OneToOneField("selection.Sample", on_delete=models.PROTECT, related_name="vote")
    entry = models.ForeignKey(RoundEntry, on_delete=models.PROTECT, related_name="votes")
    seat = models.ForeignKey(Seat, on_delete=models.PROTECT, related_name="votes")
    score = models.PositiveSmallIntegerField()
    would_buy = models.BooleanField(null=True, help_text="asked of the jury")
    comment = models.CharField(max_length=500, blank=True, default="")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry", "seat"], name="vote_once"),
            models.CheckConstraint(condition=Q(score__lte=100), name="vote_score_bounded"),
        ]


class Closing(Uuid7Model):
    """A gate has closed. Append-only; writing it counts the votes and decides, inside the database."""

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="closings", db_index=False)
    gate = models.CharField(max_length=5, choices=Gate)
    at = models.DateTimeField(db_default=Now())
    closed_in = models.BigIntegerField(default=0, help_text="the transaction that may seat the jury")
    seed = models.CharField(
        max_length=64, blank=True, default="", help_text="of the jury's draw, made by the database"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["round", "gate"], name="closing_once")]


class Result(Uuid7Model):
    """What a gate said about an entry; every number is worked out by the database. Append-only."""

    entry = models.ForeignKey(RoundEntry, on_delete=models.PROTECT, related_name="results", db_index=False)
    gate = models.CharField(max_length=5, choices=Gate)
    seats = models.PositiveIntegerField(default=0)
    votes = models.PositiveIntegerField(default=0)
    points = models.PositiveIntegerField(default=0, help_text="sum of all scores")
    points_needed = models.PositiveIntegerField(default=0)
    wants = models.PositiveIntegerField(default=0)
    wants_needed = models.PositiveIntegerField(default=0)
    votes_needed = models.PositiveIntegerField(default=0)
    passed = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entry", "gate"], name="result_once")]
