from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("exports", "0002_restores")]

    operations = [
        migrations.AddField(
            model_name="export",
            name="waits_since",
            field=models.DateTimeField(
                help_text="Since when something that it reads does not answer.", null=True
            ),
        ),
    ]
