from django.db import migrations, models
from django.db.models import Q
from django.db.models.functions import Now

import kernel.database.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = [("catalog", "0002_rules")]

    operations = [
        migrations.CreateModel(
            name="Charter",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("tenant_id", models.UUIDField(unique=True)),
                ("panel_size", models.PositiveSmallIntegerField(default=3)),
                ("panel_points", models.PositiveSmallIntegerField(default=60)),
                ("jury_size", models.PositiveSmallIntegerField(default=3)),
                ("jury_points", models.PositiveSmallIntegerField(default=60)),
                ("want_percent", models.PositiveSmallIntegerField(default=50)),
                ("complaints", models.PositiveSmallIntegerField(default=10)),
                ("reason", models.CharField(max_length=500)),
                ("adopted_by", models.CharField(max_length=200)),
                ("adopted_at", models.DateTimeField(db_default=Now())),
                ("adopted_in", models.BigIntegerField(default=0)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(
                            complaints__gte=1,
                            jury_points__gte=50,
                            jury_size__gte=3,
                            panel_points__gte=50,
                            panel_size__gte=3,
                            want_percent__gte=50,
                        ),
                        name="charter_means_something",
                    )
                ]
            },
        ),
        migrations.CreateModel(
            name="Proposal",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("tenant_id", models.UUIDField()),
                ("state", models.CharField(default="open", max_length=10)),
                ("selling_point", models.CharField(max_length=80)),
                ("point_key", models.CharField(max_length=80)),
                ("exclusive_months", models.PositiveSmallIntegerField(default=12)),
                ("price", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("maker", models.CharField(max_length=200)),
                ("maker_number", models.CharField(max_length=60)),
                ("licences", models.JSONField(default=list)),
                ("other_sales", models.TextField(blank=True, default="")),
                ("by_supplier", models.BooleanField()),
                ("proposed_by", models.CharField(max_length=200)),
                ("proposed_at", models.DateTimeField(db_default=Now())),
                ("note", models.CharField(blank=True, default="", max_length=500)),
                ("product", models.ForeignKey("catalog.product", models.PROTECT, related_name="proposals")),
            ],
        ),
        migrations.CreateModel(
            name="Evidence",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("channel", models.CharField(max_length=80)),
                ("url", models.CharField(max_length=1000)),
                ("price", models.BigIntegerField()),
                ("seen_on", models.DateField()),
                (
                    "screenshot",
                    models.FileField(blank=True, default="", upload_to="selection/evidence/%Y/%m"),
                ),
                (
                    "proposal",
                    models.ForeignKey("selection.proposal", models.CASCADE, related_name="evidence"),
                ),
            ],
            options={"ordering": ["price", "id"]},
        ),
        migrations.CreateModel(
            name="Recheck",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("price", models.BigIntegerField()),
                ("checked_by", models.CharField(max_length=200)),
                ("checked_at", models.DateTimeField(db_default=Now())),
                (
                    "evidence",
                    models.ForeignKey("selection.evidence", models.PROTECT, related_name="rechecks"),
                ),
            ],
            options={"ordering": ["-checked_at"]},
        ),
        migrations.CreateModel(
            name="Round",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("number", models.PositiveIntegerField(unique=True)),
                ("kind", models.CharField(default="selection", max_length=10)),
                ("tenant_id", models.UUIDField()),
                ("currency", models.CharField(max_length=3)),
                ("panel_size", models.PositiveSmallIntegerField(default=50)),
                ("panel_points", models.PositiveSmallIntegerField(default=70)),
                ("panel_hours", models.PositiveIntegerField(default=336)),
                ("jury_size", models.PositiveSmallIntegerField(default=200)),
                ("jury_points", models.PositiveSmallIntegerField(default=70)),
                ("jury_hours", models.PositiveIntegerField(default=504)),
                ("want_percent", models.PositiveSmallIntegerField(default=60)),
                ("quorum_percent", models.PositiveSmallIntegerField(default=60)),
                ("volunteers_percent", models.PositiveSmallIntegerField(default=30)),
                ("opened_by", models.CharField(max_length=200)),
                ("opened_at", models.DateTimeField(db_default=Now())),
                ("opened_in", models.BigIntegerField(default=0)),
                ("seed", models.CharField(blank=True, default="", max_length=64)),
            ],
            options={
                "ordering": ["-number"],
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(
                            jury_hours__gte=1, jury_size__gte=3, panel_hours__gte=1, panel_size__gte=3
                        ),
                        name="round_enough_people",
                    ),
                    models.CheckConstraint(
                        condition=Q(
                            ("panel_points__gte", 50),
                            ("panel_points__lte", 100),
                            ("jury_points__gte", 50),
                            ("jury_points__lte", 100),
                            ("want_percent__gte", 50),
                            ("want_percent__lte", 100),
                            ("quorum_percent__gte", 50),
                            ("quorum_percent__lte", 100),
                            ("volunteers_percent__lte", 100),
                        ),
                        name="round_thresholds_mean_something",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Closing",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("gate", models.CharField(max_length=5)),
                ("at", models.DateTimeField(db_default=Now())),
                ("closed_in", models.BigIntegerField(default=0)),
                ("seed", models.CharField(blank=True, default="", max_length=64)),
                (
                    "round",
                    models.ForeignKey(
                        "selection.round", models.PROTECT, db_index=False, related_name="closings"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RoundEntry",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("title", models.JSONField()),
                ("position", models.PositiveSmallIntegerField()),
                ("product", models.ForeignKey("catalog.product", models.PROTECT, related_name="entries")),
                (
                    "proposal",
                    models.ForeignKey(
                        "selection.proposal", models.PROTECT, null=True, related_name="entries"
                    ),
                ),
                ("round", models.ForeignKey("selection.round", models.PROTECT, related_name="entries")),
            ],
            options={"ordering": ["position"]},
        ),
        migrations.CreateModel(
            name="Result",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("gate", models.CharField(max_length=5)),
                ("seats", models.PositiveIntegerField(default=0)),
                ("votes", models.PositiveIntegerField(default=0)),
                ("points", models.PositiveIntegerField(default=0)),
                ("points_needed", models.PositiveIntegerField(default=0)),
                ("wants", models.PositiveIntegerField(default=0)),
                ("wants_needed", models.PositiveIntegerField(default=0)),
                ("votes_needed", models.PositiveIntegerField(default=0)),
                ("passed", models.BooleanField(default=False)),
                (
                    "entry",
                    models.ForeignKey(
                        "selection.roundentry", models.PROTECT, db_index=False, related_name="results"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Ruling",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("tenant_id", models.UUIDField()),
                ("number", models.PositiveIntegerField(default=0)),
                ("kind", models.CharField(max_length=10)),
                ("reason", models.CharField(blank=True, default="", max_length=500)),
                ("ruled_by", models.CharField(blank=True, default="", max_length=200)),
                ("penalty", models.BigIntegerField(null=True)),
                ("at", models.DateTimeField(db_default=Now())),
                (
                    "entry",
                    models.ForeignKey(
                        "selection.roundentry", models.PROTECT, null=True, related_name="rulings"
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        "catalog.product", models.PROTECT, db_index=False, related_name="rulings"
                    ),
                ),
                (
                    "proposal",
                    models.ForeignKey(
                        "selection.proposal", models.PROTECT, null=True, related_name="rulings"
                    ),
                ),
            ],
            options={"ordering": ["product", "number"]},
        ),
        migrations.CreateModel(
            name="Seat",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("gate", models.CharField(max_length=5)),
                ("tenant_id", models.UUIDField()),
                ("user_id", models.UUIDField()),
                ("name", models.CharField(max_length=120)),
                ("person", models.CharField(max_length=64)),
                ("origin", models.CharField(max_length=10)),
                ("rank", models.PositiveIntegerField()),
                ("completed_sales", models.BigIntegerField(default=0)),
                (
                    "round",
                    models.ForeignKey(
                        "selection.round", models.PROTECT, db_index=False, related_name="seats"
                    ),
                ),
            ],
            options={"ordering": ["gate", "rank"]},
        ),
        migrations.CreateModel(
            name="Sample",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("state", models.CharField(default="invited", max_length=10)),
                ("ship_to", models.JSONField(default=dict)),
                ("requested_at", models.DateTimeField(null=True)),
                ("shipped_at", models.DateTimeField(null=True)),
                ("received_at", models.DateTimeField(null=True)),
                ("scored_at", models.DateTimeField(null=True)),
                (
                    "entry",
                    models.ForeignKey(
                        "selection.roundentry", models.PROTECT, db_index=False, related_name="samples"
                    ),
                ),
                ("seat", models.ForeignKey("selection.seat", models.PROTECT, related_name="samples")),
            ],
        ),
        migrations.CreateModel(
            name="Volunteer",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("tenant_id", models.UUIDField()),
                ("user_id", models.UUIDField()),
                ("name", models.CharField(max_length=120)),
                ("person", models.CharField(max_length=64)),
                ("at", models.DateTimeField(db_default=Now())),
                (
                    "round",
                    models.ForeignKey(
                        "selection.round", models.PROTECT, db_index=False, related_name="volunteers"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Vote",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("score", models.PositiveSmallIntegerField()),
                ("would_buy", models.BooleanField(null=True)),
                ("comment", models.CharField(blank=True, default="", max_length=500)),
                ("at", models.DateTimeField(db_default=Now())),
                ("entry", models.ForeignKey("selection.roundentry", models.PROTECT, related_name="votes")),
                ("sample", models.OneToOneField("selection.sample", models.PROTECT, related_name="vote")),
                ("seat", models.ForeignKey("selection.seat", models.PROTECT, related_name="votes")),
            ],
        ),
        migrations.CreateModel(
            name="CharterProduct",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                (
                    "charter",
                    models.ForeignKey(
                        "selection.charter", models.PROTECT, db_index=False, related_name="products"
                    ),
                ),
                ("product", models.ForeignKey("catalog.product", models.PROTECT, related_name="+")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("charter", "product"), name="charter_product_once")
                ]
            },
        ),
        migrations.CreateModel(
            name="Claim",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("tenant_id", models.UUIDField()),
                ("point_key", models.CharField(max_length=80)),
                ("selling_point", models.CharField(max_length=80)),
                ("since", models.DateTimeField(db_default=Now())),
                ("until", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("ended_by", models.CharField(blank=True, default="", max_length=10)),
                ("reason", models.CharField(blank=True, default="", max_length=300)),
                ("product", models.ForeignKey("catalog.product", models.PROTECT, related_name="claims")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=Q(ended_at=None), fields=("tenant_id", "point_key"), name="claim_one_owner"
                    ),
                    models.CheckConstraint(
                        condition=Q(ended_at__isnull=True, ended_by="")
                        | Q(ended_at__isnull=False) & ~Q(ended_by=""),
                        name="claim_end_has_cause",
                    ),
                ]
            },
        ),
        migrations.CreateModel(
            name="Complaint",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("tenant_id", models.UUIDField()),
                ("user_id", models.UUIDField()),
                ("order_id", models.UUIDField()),
                ("kind", models.CharField(max_length=12)),
                ("text", models.CharField(max_length=1000)),
                ("at", models.DateTimeField(db_default=Now())),
                (
                    "product",
                    models.ForeignKey(
                        "catalog.product", models.PROTECT, db_index=False, related_name="complaints"
                    ),
                ),
            ],
            options={
                "ordering": ["-at"],
                "constraints": [
                    models.UniqueConstraint(fields=("product", "tenant_id", "user_id"), name="complaint_once")
                ],
            },
        ),
        migrations.AddIndex(
            model_name="proposal", index=models.Index(fields=["tenant_id", "state"], name="proposal_queue")
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.CheckConstraint(condition=Q(price__gt=0), name="proposal_price_positive"),
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.CheckConstraint(
                condition=Q(exclusive_months__gte=1, exclusive_months__lte=36),
                name="proposal_exclusive_months",
            ),
        ),
        migrations.AddConstraint(
            model_name="evidence",
            constraint=models.CheckConstraint(condition=Q(price__gt=0), name="evidence_price_positive"),
        ),
        migrations.AddConstraint(
            model_name="closing",
            constraint=models.UniqueConstraint(fields=("round", "gate"), name="closing_once"),
        ),
        migrations.AddConstraint(
            model_name="roundentry",
            constraint=models.UniqueConstraint(fields=("round", "product"), name="entry_once"),
        ),
        migrations.AddConstraint(
            model_name="result",
            constraint=models.UniqueConstraint(fields=("entry", "gate"), name="result_once"),
        ),
        migrations.AddConstraint(
            model_name="ruling",
            constraint=models.UniqueConstraint(fields=("product", "number"), name="ruling_number"),
        ),
        migrations.AddConstraint(
            model_name="ruling",
            constraint=models.UniqueConstraint(
                condition=Q(kind__in=["passed", "refused"]), fields=("entry",), name="ruling_one_an_entry"
            ),
        ),
        migrations.AddIndex(
            model_name="seat", index=models.Index(fields=["tenant_id", "user_id"], name="seat_by_member")
        ),
        migrations.AddConstraint(
            model_name="seat",
            constraint=models.UniqueConstraint(fields=("round", "person"), name="seat_one_a_person"),
        ),
        migrations.AddConstraint(
            model_name="seat",
            constraint=models.UniqueConstraint(
                fields=("round", "tenant_id", "user_id"), name="seat_one_a_member"
            ),
        ),
        migrations.AddIndex(
            model_name="sample",
            index=models.Index(condition=Q(state="shipped"), fields=["shipped_at"], name="sample_on_its_way"),
        ),
        migrations.AddConstraint(
            model_name="sample",
            constraint=models.UniqueConstraint(fields=("entry", "seat"), name="sample_once"),
        ),
        migrations.AddConstraint(
            model_name="volunteer",
            constraint=models.UniqueConstraint(fields=("round", "person"), name="volunteer_once"),
        ),
        migrations.AddConstraint(
            model_name="vote", constraint=models.UniqueConstraint(fields=("entry", "seat"), name="vote_once")
        ),
        migrations.AddConstraint(
            model_name="vote",
            constraint=models.CheckConstraint(condition=Q(score__lte=100), name="vote_score_bounded"),
        ),
    ]
