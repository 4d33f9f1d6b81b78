from django.db import migrations, models


class Migration(migrations.Migration):
    """Workers look again when they start, and every minute."""

    dependencies = [("revision", "0009_gathering_follows_recounts")]

    operations = [
        migrations.DeleteModel(name="MethodCheck"),
        migrations.CreateModel(
            name="MethodCheck",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "method",
                    models.CharField(
                        choices=[("classical", "classical"), ("unet", "unet")], max_length=10
                    ),
                ),
                (
                    "host",
                    models.CharField(help_text="The machine, as it calls itself.", max_length=255),
                ),
                (
                    "means",
                    models.TextField(help_text="What was looked at, as the setting names it."),
                ),
                (
                    "version",
                    models.TextField(help_text="Of what was looked at; another is looked at anew."),
                ),
                (
                    "problem",
                    models.TextField(blank=True, help_text="Why it cannot be used, as a sentence."),
                ),
                ("facts", models.JSONField(default=dict)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                (
                    "checked_at",
                    models.DateTimeField(
                        help_text="Null while nobody has seen its end.", null=True
                    ),
                ),
                (
                    "seen_at",
                    models.DateTimeField(
                        help_text="When a worker there last saw whether it changed."
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="methodcheck",
            constraint=models.UniqueConstraint(
                fields=("method", "host"), name="a_method_once_on_a_machine"
            ),
        ),
    ]
