"""What somebody means to buy."""

from django.db import models
from django.db.models import Q

from accounts.models import User
from kernel.models import Uuid7Model

MAX_QUANTITY = 999
"""Units of one variant in a cart."""
MAX_LINES = 100
"""Different variants in one order. A cart may hold more after a merge; nothing that was collected is lost."""


class Cart(Uuid7Model):
    """What somebody means to buy; belongs to a member, or to a device before sign-in."""

    user = models.OneToOneField(User, null=True, on_delete=models.CASCADE, related_name="cart")
    device = models.CharField(max_length=64, null=True, unique=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, device__isnull=True)
                | Q(user__isnull=True, device__isnull=False),
                name="cart_one_owner",
            )
        ]


class CartLine(Uuid7Model):
    """A variant and how many."""

    cart = models.ForeignKey(Cart, on_delete=models.CASCADE, related_name="lines")
    variant_id = models.UUIDField()
    quantity = models.PositiveIntegerField()
    seen_price = models.BigIntegerField(null=True, help_text="unit price that its owner has seen")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["cart", "variant_id"], name="cart_line_once"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0, quantity__lte=MAX_QUANTITY), name="cart_line_quantity"
            ),
        ]
