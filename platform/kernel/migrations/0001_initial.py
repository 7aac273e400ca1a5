from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models
from django.db.models import Q
from django.db.models.functions import Now

import kernel.database.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        # In "public", where every tenant's search path finds it; search_text needs it.
        migrations.RunSQL(sql="CREATE EXTENSION IF NOT EXISTS unaccent WITH SCHEMA public", reverse_sql=""),
        migrations.CreateModel(
            name="HanCharacter",
            fields=[
                ("character", models.CharField(max_length=1, primary_key=True, serialize=False)),
                ("simplified", models.CharField(max_length=1)),
                ("readings", ArrayField(models.CharField(max_length=8))),
            ],
        ),
        migrations.CreateModel(
            name="PinyinSyllable",
            fields=[("syllable", models.CharField(max_length=8, primary_key=True, serialize=False))],
        ),
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("schema", models.CharField(max_length=63)),
                ("actor_id", models.UUIDField(null=True)),
                ("actor_label", models.CharField(max_length=200)),
                ("action", models.CharField(max_length=80)),
                ("object_type", models.CharField(max_length=80)),
                ("object_id", models.CharField(max_length=80)),
                ("object_label", models.CharField(default="", max_length=200)),
                ("changes", models.JSONField(default=dict)),
                ("reason", models.TextField(default="")),
                ("at", models.DateTimeField(db_default=Now())),
            ],
            options={
                "indexes": [
                    models.Index(fields=["schema", "-at"], name="audit_by_schema"),
                    models.Index(
                        condition=Q(object_type="accounts.user"), fields=["object_id"], name="audit_of_people"
                    ),
                ]
            },
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("queue", models.CharField(db_default="outbox", default="outbox", max_length=6)),
                ("source", models.CharField(db_default="", default="", max_length=20)),
                ("external_id", models.CharField(max_length=80, null=True)),
                ("topic", models.CharField(max_length=80)),
                ("schema", models.CharField(max_length=63)),
                ("payload", models.JSONField()),
                ("created_at", models.DateTimeField(db_default=Now())),
                ("available_at", models.DateTimeField(db_default=Now())),
                ("handled_at", models.DateTimeField(null=True)),
                ("attempts", models.PositiveSmallIntegerField(db_default=0, default=0)),
                ("last_error", models.TextField(db_default="", default="")),
                ("done", ArrayField(models.CharField(max_length=200), db_default=[], default=list)),
                ("given_up", models.TextField(db_default="", default="")),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=Q(handled_at=None), fields=["queue", "available_at"], name="event_waiting"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=Q(queue="inbox"),
                        fields=("source", "external_id"),
                        name="event_received_once",
                    ),
                    models.CheckConstraint(
                        condition=Q(external_id=None, queue__in=["outbox", "mail"])
                        | Q(queue="inbox") & ~Q(external_id=None),
                        name="event_of_one_queue",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="WaitingMail",
            fields=[
                ("id", kernel.database.fields.IdField()),
                ("subject", models.TextField()),
                ("body", models.TextField()),
                ("sender", models.TextField()),
                ("to", ArrayField(models.TextField())),
                ("cc", ArrayField(models.TextField(), default=list)),
                ("bcc", ArrayField(models.TextField(), default=list)),
                ("reply_to", ArrayField(models.TextField(), default=list)),
                ("alternatives", models.JSONField(default=list)),
                ("headers", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField(db_default=Now())),
            ],
        ),
    ]
