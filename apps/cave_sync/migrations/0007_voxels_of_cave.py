from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cave_sync", "0006_changed_are_opened_again")]

    operations = [
        migrations.AddField(
            model_name="delivery",
            name="resolution_from_cave",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="The size of a voxel is read from CAVE when it is tried.",
            ),
        ),
    ]
