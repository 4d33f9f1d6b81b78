from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cave_sync", "0008_missing_rows")]

    operations = [
        migrations.AddField(
            model_name="syncrun",
            name="compared_to",
            field=models.BigIntegerField(
                db_default=0, default=0, help_text="The last row that was compared."
            ),
        ),
        migrations.AlterField(
            model_name="outboxrow",
            name="doubted_at",
            field=models.DateTimeField(
                help_text="When it was sent and nobody knows whether an older call follows.",
                null=True,
            ),
        ),
    ]
