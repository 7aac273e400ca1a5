"""Parts of a payable are taken back by refunds, and disputes keep one from being paid out."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("payouts", "0003_guards")]
    operations = [
        migrations.AddField(
            "payable",
            "cancelled",
            models.BigIntegerField(
                default=0, help_text="refunded before it was paid out, and taken off the amount"
            ),
        ),
        migrations.AddField(
            "payable",
            "blocked_by",
            models.CharField(
                max_length=60,
                blank=True,
                default="",
                help_text="why it is not paid out: a dispute, for instance",
            ),
        ),
        migrations.RemoveConstraint("payable", "payable_positive"),
        migrations.AddConstraint(
            "payable",
            models.CheckConstraint(condition=Q(amount__gt=0, cancelled__gte=0), name="payable_positive"),
        ),
    ]
