from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="campaign",
            name="attempts",
            field=models.PositiveSmallIntegerField(
                default=0, help_text="How often the preparation was begun since it last moved on."
            ),
        ),
    ]
