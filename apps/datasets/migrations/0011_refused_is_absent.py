from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("datasets", "0010_own_columns"),
    ]

    operations = [
        migrations.AddField(
            model_name="volume",
            name="refused_is_absent",
            field=models.BooleanField(
                default=False,
                help_text="Of a sparse volume: a chunk that its server refuses (status 403) is one that is not stored, as in buckets that may not be listed. Otherwise it is an error.",
            ),
        ),
        migrations.AddConstraint(
            model_name="volume",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("refused_is_absent", False), ("is_sparse", True), _connector="OR"
                ),
                name="what_is_refused_is_absent_of_sparse_volumes",
            ),
        ),
    ]
