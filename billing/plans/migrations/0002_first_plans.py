"""The plan of shops that nobody bills, which everything falls back to, and three to choose from."""

from django.db import migrations

from kernel.ids import new_id

# code, Chinese, English, price, fee (basis points), trial days, members, orders, domains, API calls
PLANS = [
    ("agreement", "按约定", "By agreement", 0, 100, 0, None, None, None, None),
    ("start", "起步版", "Start", 29_900, 200, 14, 500, 300, 1, 10_000),
    ("grow", "成长版", "Grow", 99_900, 100, 14, 5_000, 3_000, 3, 200_000),
    ("scale", "规模版", "Scale", 299_900, 50, 14, 50_000, 30_000, 10, 5_000_000),
]


def add(apps, _schema_editor):
    """Write the plans down; the central team may change them later."""
    plan = apps.get_model("plans", "Plan")
    for place, (code, chinese, english, price, fee, trial, *limits) in enumerate(PLANS):
        members, orders, domains, calls = limits
        plan.objects.create(
            id=new_id(),
            code=code,
            name={"zh-hans": chinese, "en": english},
            price=price,
            fee_bp=fee,
            trial_days=trial,
            members=members,
            orders=orders,
            domains=domains,
            api_calls=calls,
            position=place,
            is_offered=price > 0,
        )


class Migration(migrations.Migration):
    dependencies = [("plans", "0001_initial")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
