import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0021_leases_were_put_aside"),
        ("exports", "0003_export_waits_since"),
    ]

    operations = [
        migrations.AddField(
            model_name="restoredplace",
            name="cutout",
            field=models.JSONField(
                help_text="Keys of the record; null where they are those of the campaign.",
                null=True,
            ),
        ),
        migrations.CreateModel(
            name="RestoredTimes",
            fields=[
                (
                    "campaign",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="restored_times",
                        serialize=False,
                        to="campaigns.campaign",
                    ),
                ),
                (
                    "categorized",
                    models.JSONField(
                        help_text="Begin, end and length: texts of the file, or null."
                    ),
                ),
            ],
        ),
    ]
