"""A share's life: what each line gave to it, when it becomes payable, and what keeps it from that."""

import django.contrib.postgres.fields
from django.db import migrations, models
from django.db.models import F, Q

STATES = [
    ("pending", "Pending"),
    ("held", "Held"),
    ("payable", "Payable"),
    ("reversed", "Reversed"),
    ("refused", "Refused"),
]


class Migration(migrations.Migration):
    dependencies = [("agents", "0003_circle_facts")]
    operations = [
        migrations.AddField(
            "share",
            "portions",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(),
                default=list,
                size=None,
                help_text="what each line of the order gave to it; they sum to the amount",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            "share", "held_until", models.DateTimeField(null=True, help_text="payable from then on")
        ),
        migrations.AddField(
            "share", "payable_at", models.DateTimeField(null=True, help_text="when it became payable")
        ),
        migrations.AddField(
            "share",
            "blocked_by",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=60),
                default=list,
                size=None,
                help_text="reasons for which it waits for a person",
            ),
        ),
        migrations.AlterField(
            "share", "state", models.CharField(choices=STATES, default="pending", max_length=8)
        ),
        migrations.RemoveConstraint("share", "share_taken_back_bounded"),
        migrations.AddConstraint(
            "share",
            models.CheckConstraint(
                condition=Q(kind="margin") | Q(taken_back__gte=0, taken_back__lte=F("amount")),
                name="share_taken_back_bounded",
            ),
        ),
        migrations.AddConstraint(
            "share",
            models.CheckConstraint(
                condition=Q(state__in=["pending", "held", "reversed", "refused"], payable_at__isnull=True)
                | Q(state__in=["payable", "reversed"], payable_at__isnull=False, held_until__isnull=False),
                name="share_payable_at",
            ),
        ),
        migrations.AddConstraint(
            "share",
            models.CheckConstraint(
                condition=~Q(state="held") | Q(held_until__isnull=False), name="share_held_until"
            ),
        ),
        migrations.AddConstraint(
            "share",
            models.CheckConstraint(
                condition=Q(blocked_by=[]) | Q(state__in=["pending", "held"]), name="share_blocked_waits"
            ),
        ),
    ]
