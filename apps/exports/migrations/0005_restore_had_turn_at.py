from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("exports", "0004_restored_cutouts_and_times")]

    operations = [
        migrations.AddField(
            model_name="restore",
            name="had_turn_at",
            field=models.DateTimeField(
                help_text="When something that lasts was last begun with it.", null=True
            ),
        ),
    ]
