from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="inboxevent",
            name="given_up",
            field=models.TextField(blank=True, default="", help_text="why a person ended it unhandled"),
        ),
    ]
