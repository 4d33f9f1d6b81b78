"""Datasets may have a fourth volume, the neuropil."""

from django.db import migrations, models

_KINDS = [
    ("image", "Image"),
    ("cleft", "Cleft"),
    ("neuron", "Neuron"),
    ("neuropil", "Neuropil"),
]


class Migration(migrations.Migration):
    dependencies = [("datasets", "0005_narrow_indexes")]

    operations = [
        migrations.RemoveConstraint(model_name="volume", name="volume_kind_is_known"),
        migrations.AlterField(
            model_name="volume",
            name="kind",
            field=models.CharField(choices=_KINDS, max_length=10),
        ),
        migrations.AddConstraint(
            model_name="volume",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", [kind for kind, _ in _KINDS])),
                name="volume_kind_is_known",
            ),
        ),
    ]
