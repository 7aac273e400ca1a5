"""The directory in which suppliers and members find each other, and the fair at which they meet.

A card is shown only while its owner keeps it open, and its contact only to those who have agreed with its
owner to exchange contacts.
"""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from catalog.models import Supplier
from kernel.models import Uuid7Model


class DirectoryCard(Uuid7Model):
    """How a supplier, or a member of some shop, shows themselves to the other side."""

    supplier = models.OneToOneField(Supplier, null=True, on_delete=models.PROTECT, related_name="card")
    schema = models.CharField(max_length=63, blank=True, default="", help_text="a member's shop")
    member_id = models.UUIDField(null=True, help_text="the shop's user")
    name = models.CharField(max_length=80)
    about = models.CharField(max_length=500, blank=True, default="")
    contact = models.CharField(max_length=120, help_text="shown to whom one has agreed to know")
    is_open = models.BooleanField(default=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-updated_at"]
        constraints = [
            models.UniqueConstraint(fields=["schema", "member_id"], name="directory_card_once_a_member"),
            models.CheckConstraint(
                condition=Q(supplier__isnull=False, member_id__isnull=True, schema="")
                | Q(supplier__isnull=True, member_id__isnull=False) & ~Q(schema=""),
                name="directory_card_one_owner",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_supplier(self) -> bool:
        """True for a supplier's card."""
        return self.supplier_id is not None


class ContactRequest(Uuid7Model):
    """A request to exchange contacts with the other side: agreed, both contacts are shown, else none."""

    class State(models.TextChoices):
        REQUESTED = "requested"
        AGREED = "agreed"
        DECLINED = "declined"

    sender = models.ForeignKey(DirectoryCard, on_delete=models.CASCADE, related_name="sent_requests")
    recipient = models.ForeignKey(DirectoryCard, on_delete=models.CASCADE, related_name="received_requests")
    note = models.CharField(max_length=300, blank=True, default="")
    state = models.CharField(max_length=9, choices=State, default=State.REQUESTED)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["sender", "recipient"], name="contact_request_once"),
            models.CheckConstraint(condition=~Q(sender=F("recipient")), name="contact_request_of_two"),
        ]


class Fair(Uuid7Model):
    """A day on which suppliers and members meet, once a month as a rule."""

    # {"zh-hans": …, "en": …}
    title = models.JSONField(_("title"))
    about = models.JSONField(_("about it"), default=dict, blank=True)
    # an address, or the link of an online meeting
    place = models.CharField(_("venue"), max_length=300)
    starts_at = models.DateTimeField(_("begins"))
    ends_at = models.DateTimeField(_("ends"))
    is_published = models.BooleanField(_("announced"), default=False)

    class Meta:
        verbose_name = _("fair")
        verbose_name_plural = _("fairs")
        ordering = ["starts_at"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="fair_ends_after_start")
        ]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d}"


class FairGuest(Uuid7Model):
    """Somebody who comes to a fair; suppliers say what they bring."""

    fair = models.ForeignKey(Fair, on_delete=models.CASCADE, related_name="guests")
    card = models.ForeignKey(DirectoryCard, on_delete=models.CASCADE, related_name="fairs")
    brings = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["fair", "card"], name="fair_guest_once")]
