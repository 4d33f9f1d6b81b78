from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("revision", "0005_checkpoints_are_looked_at")]

    operations = [
        migrations.AddField(
            model_name="revision",
            name="seen_depth",
            field=models.PositiveSmallIntegerField(
                help_text="Slices that it was ever shown with for drawing: it keeps as many.",
                null=True,
            ),
        ),
    ]
