import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models
from django.db.models import F, Q

import kernel.ids

KEY = {
    "db_default": models.Func(function="uuidv7", output_field=models.UUIDField()),
    "default": kernel.ids.new_id,
    "editable": False,
    "primary_key": True,
    "serialize": False,
}


class Migration(migrations.Migration):
    dependencies = [("shop", "0005_subsidies"), ("agents", "0005_as_written")]
    operations = [
        migrations.CreateModel(
            name="Campaign",
            fields=[
                ("id", models.UUIDField(**KEY)),
                ("name", models.CharField(max_length=120)),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("matrix_until", models.DateTimeField()),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "seller",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="campaigns",
                        to="agents.member",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(starts_at__lte=F("ends_at"), ends_at__lte=F("matrix_until")),
                        name="campaign_times",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CampaignGoods",
            fields=[
                ("id", models.UUIDField(**KEY)),
                ("variant_id", models.UUIDField()),
                ("allocation_id", models.UUIDField(help_text="see catalog.Allocation", unique=True)),
                ("price", models.BigIntegerField(null=True)),
                ("sell_off_price", models.BigIntegerField(null=True)),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="goods",
                        to="shop.campaign",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=(Q(price=None) | Q(price__gt=0))
                        & (Q(sell_off_price=None) | Q(sell_off_price__gt=0)),
                        name="campaign_goods_price",
                    )
                ],
            },
        ),
    ]
