from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("revision", "0012_second_looks"),
    ]

    operations = [
        migrations.AddField(
            model_name="secondlook",
            name="stands_since",
            field=models.DateTimeField(
                help_text="When the first of those was asked for that nobody came to before it.",
                null=True,
            ),
        ),
    ]
