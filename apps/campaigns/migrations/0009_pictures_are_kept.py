from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0008_records_are_append_only")]

    operations = [
        migrations.AddField(
            model_name="examplepicture",
            name="removed_at",
            field=models.DateTimeField(help_text="Since when it is no longer shown.", null=True),
        ),
    ]
