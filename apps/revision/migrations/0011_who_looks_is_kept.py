from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("revision", "0010_each_machine_is_looked_at")]

    operations = [
        migrations.AddField(
            model_name="methodcheck",
            name="worker",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Which worker there was the last to look.",
                max_length=64,
            ),
        ),
    ]
