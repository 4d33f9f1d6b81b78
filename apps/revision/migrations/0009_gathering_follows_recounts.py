from django.db import migrations, models


class Migration(migrations.Migration):
    """What is remembered of earlier gatherings is something else: each campaign is gathered once
    more."""

    dependencies = [
        ("proofreading", "0008_recounts"),
        ("revision", "0008_what_was_withdrawn_is_not_selected"),
    ]

    operations = [
        migrations.AlterField(
            model_name="revisionsettings",
            name="gathered",
            field=models.CharField(
                blank=True,
                help_text="Who decided what was disputed when instances were last gathered.",
                max_length=200,
            ),
        ),
    ]
