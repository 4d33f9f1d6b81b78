import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("datasets", "0011_refused_is_absent")]

    operations = [
        migrations.AddField(
            model_name="synapsetable",
            name="withdrawn",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(),
                default=list,
                help_text="Source ids of what people added and took back: nothing selects them.",
                size=None,
            ),
        ),
    ]
