from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("revision", "0006_what_was_shown_stays_shown")]

    operations = [
        migrations.AddField(
            model_name="addedsynapse",
            name="attempts",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="addedsynapse",
            name="problem",
            field=models.TextField(
                blank=True, default="", help_text="Why its neurons cannot be read."
            ),
        ),
        migrations.AddField(
            model_name="addedsynapse",
            name="retry_at",
            field=models.DateTimeField(
                help_text="When its neurons are read if nobody has until then.", null=True
            ),
        ),
        migrations.AddIndex(
            model_name="addedsynapse",
            index=models.Index(
                condition=models.Q(("retry_at__isnull", False)),
                fields=["retry_at"],
                name="added_to_read",
            ),
        ),
    ]
