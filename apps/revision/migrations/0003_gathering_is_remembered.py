from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("revision", "0002_what_is_drawn_stays")]

    operations = [
        migrations.AddField(
            model_name="revisionsettings",
            name="gathered",
            field=models.CharField(
                blank=True,
                default="",
                help_text="What was settled and discarded when instances were last gathered, as a mark.",
                max_length=200,
            ),
            preserve_default=False,
        ),
    ]
