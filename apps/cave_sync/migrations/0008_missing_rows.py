from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cave_sync", "0007_voxels_of_cave")]

    operations = [
        migrations.AddField(
            model_name="delivery",
            name="missing",
            field=models.PositiveIntegerField(
                db_default=0,
                default=0,
                help_text="Rows that were sent and that CAVE did not have when it was asked last.",
            ),
        ),
        migrations.AddField(
            model_name="delivery",
            name="mends",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="What is missing in CAVE is sent again, as a manager has said.",
            ),
        ),
        migrations.AddField(
            model_name="syncrun",
            name="compared",
            field=models.JSONField(
                null=True,
                help_text="Where CAVE was compared with what was sent: how many rows were lacking "
                "how.",
            ),
        ),
    ]
