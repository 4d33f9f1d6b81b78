from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0018_neurons_count_their_items"),
    ]

    operations = [
        migrations.AddField(
            model_name="campaignneuron",
            name="tries",
            field=models.PositiveSmallIntegerField(
                default=0,
                help_text="Times that walking it was begun and nothing was heard of it again.",
            ),
        ),
    ]
